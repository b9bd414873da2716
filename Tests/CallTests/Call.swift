import EmbeddedVisio
import LoadGen
import Media
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

/// One meeting in virtual time, described in a few words and run to its end.
struct Call {
    /// How many take part.
    var participants = 3
    /// What all of them do, in the words of a scenario.
    var role = "microphone: conversation, camera: vp8-simulcast"
    /// What the participants named by `guests` do.
    var guestRole = "microphone: muted"
    /// How many of the participants play the guest role.
    var guests = 0
    /// What is tested, in the words of a scenario.
    var target = "{embedded: {}}"
    /// The phases, in the words of a scenario.
    var phases = "[{arrive: {storm: 1s}}, {hold: 12s}, {leave: {over: 1s}}]"
    /// Who may enter the room without the lobby; the deployment's own choice unless given.
    var access: String?
    /// Further lines of the scenario.
    var more = ""
    /// Changes how Meet is set up.
    var meet: (inout MeetOptions) -> Void = { _ in }
    /// Where all draws come from.
    var seed: UInt64 = 7
    /// The network between participants and server.
    var network = SimulatedWorld.Network()
    /// What becomes of the network, and when.
    var networkChanges: [(at: Interval, to: SimulatedWorld.Network)] = []
    /// Deliberate faults of the server.
    var behaviour = EmbeddedConfiguration.Behaviour()
    /// Whether the server is an ICE-lite agent.
    var isICELite = false

    /// The plan of the call.
    func plan() throws -> Plan {
        let text = """
            scenario: Call
            target: \(target)
            rooms:
              - {name: room, participants: \(participants), mix: {guest: \(guests), member: rest}\(entrance)}
            roles:
              guest: {\(guestRole)}
              member: {\(role)}
            phases: \(phases)
            \(more)
            """
        switch ScenarioParser.parse(text: text, file: "call.yaml", overrides: []) {
        case .success(let scenario): return try Planner.plan(scenario, seed: seed)
        case .failure(let mistakes):
            for diagnostic in mistakes.diagnostics { Issue.record("\(diagnostic)") }
            throw mistakes
        }
    }

    private var entrance: String { access.map { ", access: \($0)" } ?? "" }

    /// Runs the whole call, and a little beyond what was planned.
    ///
    /// - Parameter adjusting: Changes the plan where the words of a scenario are not precise enough.
    func run(
        grace: Interval = .seconds(30), adjusting: (inout Plan) -> Void = { _ in }
    ) throws -> CallRecord {
        var plan = try plan()
        adjusting(&plan)
        let world = SimulatedWorld(
            plan: plan, clips: try SharedClips.get(), network: network, behaviour: behaviour,
            isICELite: isICELite, adjusting: meet)
        if let failure = world.preparationFailure { Issue.record("\(failure)") }
        for change in networkChanges {
            world.run(until: .zero + change.at)
            world.change(to: change.to)
        }
        let goesOn = world.run(until: .zero + plan.duration + grace)
        return CallRecord(plan: plan, world: world, endedByItself: !goesOn)
    }
}

/// Everything that was measured in a call.
struct CallRecord: Sendable {
    let plan: Plan
    var batch: SampleBatch
    /// What the server counted.
    let server: EmbeddedStatistics
    /// What the paths to the server did.
    let upward: [NetworkPathEmulator.Statistics]
    /// What the paths from the server did.
    let downward: [NetworkPathEmulator.Statistics]
    /// Hostile datagrams that were thrown in.
    let hostileCount: Int
    /// Most rounds of work in one instant.
    let mostRoundsPerInstant: Int
    /// Every request in order, as method and path.
    let accessLog: [String]
    /// Whether every participant came to an end by itself.
    let endedByItself: Bool

    /// Ends what is left of a world and takes everything out of it.
    init(plan: Plan, world: SimulatedWorld, endedByItself: Bool) {
        world.cut()
        world.shard.finish(now: world.now)
        self.plan = plan
        batch = world.shard.takeBatch()
        server = world.server.statistics
        accessLog = world.server.accessLog
        upward = world.upwardStatistics
        downward = world.downwardStatistics
        hostileCount = world.hostileCount
        mostRoundsPerInstant = world.mostRoundsPerInstant
        self.endedByItself = endedByItself
    }

    /// One outcome for each participant, by index.
    var outcomes: [ParticipantOutcome] { batch.outcomes.sorted { $0.participant < $1.participant } }

    /// Everything heard by everybody.
    var audio: AudioCounts { outcomes.reduce(into: AudioCounts()) { $0 += $1.audio } }

    /// Everything seen by everybody.
    var video: VideoCounts { outcomes.reduce(into: VideoCounts()) { $0 += $1.video } }

    /// Failures by participant.
    var failures: [Int: CallFailure] {
        outcomes.reduce(into: [:]) { failures, outcome in
            if case .failed(let failure) = outcome.end { failures[outcome.participant] = failure }
        }
    }

    /// What a participant did or noticed of a kind; all zero when nothing.
    func deeds(_ kind: Interaction, of participant: Int) throws -> InteractionOutcome {
        try outcome(of: participant).interactions.first { $0.kind == kind } ?? InteractionOutcome(kind)
    }

    /// What everybody noticed of a kind, in milliseconds: how many, on average, at worst.
    func noticed(_ kind: Interaction) -> (count: UInt64, mean: Double, worst: Double) {
        let rows = batch.participants.flatMap(\.interactions).filter { $0.kind == kind }
        let timed = rows.reduce(0) { $0 + $1.timed }
        let sum = rows.reduce(0) { $0 + $1.delaySumMicroseconds }
        return (
            rows.reduce(0) { $0 + $1.count }, timed == 0 ? 0 : Double(sum) / Double(timed) / 1000,
            Double(rows.map(\.worstMicroseconds).max() ?? 0) / 1000
        )
    }

    /// The outcome of a participant.
    func outcome(of participant: Int) throws -> ParticipantOutcome {
        try #require(batch.outcomes.first { $0.participant == participant })
    }
}

/// The small library, prepared once for all tests.
enum SharedClips {
    private static let library: Result<ClipLibrary, CodecError> = Result { () throws(CodecError) in
        try ClipLibrary.prepare(.small, cachedIn: nil).library
    }

    static func get() throws -> ClipLibrary { try library.get() }
}

extension JoinTimeline.Stage {
    /// What a guest goes through where nobody guards the door.
    static let ofGuests = allCases.filter { $0 != .login && $0 != .lobby }
}
