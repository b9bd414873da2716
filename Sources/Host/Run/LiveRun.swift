import Connections
import Cryptography
import Dispatch
import EmbeddedVisio
import Foundation
import LoadGen
public import Media
import Primitives
import Probe
import RTC
import Reactor
public import Results
public import Scenario
import Visio

/// One run on the wall clock: shards on reactor threads, carriers on network loops, samples into the run file.
public final class LiveRun {
    /// What the person at the terminal wants to know while it goes.
    public struct Progress: Sendable {
        /// Seconds since the run started.
        public var elapsed: Double
        /// The name of the phase.
        public var phase: String
        /// Participants planned to be in.
        public var planned = 0
        /// Participants on their way in.
        public var connecting = 0
        /// Participants with media up.
        public var connected = 0
        /// Participants that failed so far.
        public var failed = 0
        /// Media received in the last second, in bit/s.
        public var receivedBitrate = 0.0
        /// Media sent in the last second, in bit/s.
        public var sentBitrate = 0.0
        /// Share of packets lost for good in the last second.
        public var loss = 0.0
        /// Mean MOS of the last second; nil without sound.
        public var opinion: Double?
        /// CPU share of the generator's threads.
        public var load = 0.0
        /// Worst lateness of a tick in the last second, in milliseconds.
        public var lateness = 0.0
    }

    private let plan: Plan
    private let clips: ClipLibrary
    private let writer: RunWriter
    private let folder: String
    private let samples = SampleQueue()
    private let pulse = DispatchSemaphore(value: 0)
    private let interruption = InterruptionFlag()
    private var threads: [ReactorThread<ShardWork>] = []
    private var carrier: ClientCarrier?
    private var server: EmbeddedServer?
    private var observer: ServerObserver?

    /// Participants get this long after the plan's end to say goodbye.
    private static let grace = 5.0

    /// Prepares a run; nothing is contacted yet.
    ///
    /// - Parameters:
    ///   - plan: What to run, already cut to this machine's share.
    ///   - clips: What to send.
    ///   - writer: Where samples go.
    ///   - folder: Where the scenario lies: files that it names are looked for there.
    public init(plan: Plan, clips: ClipLibrary, writer: RunWriter, folder: String = "") {
        self.plan = plan
        self.clips = clips
        self.writer = writer
        self.folder = folder
    }

    /// Asks a run to end early and cleanly; may be called from any thread.
    public var interrupt: @Sendable () -> Void {
        let flag = interruption
        let pulse = pulse
        return {
            flag.set()
            pulse.signal()
        }
    }

    /// Tells whether a plan's target is known, allowed, and has its secrets; nothing is contacted but name servers.
    public static func check(_ plan: Plan) throws(HostError) {
        _ = try RunTarget(plan: plan)
        try ServerObserver.check(plan)
    }

    /// Runs the plan to its end and returns whether it was interrupted; blocks.
    ///
    /// - Parameter onProgress: Called about once a second.
    public func run(onProgress: (Progress) -> Void) throws -> Bool {
        defer { tearDown() }
        let target = try RunTarget(plan: plan)
        var entrance = target.entrance
        var material = try SignInMaterial(plan, folder: folder)
        if case .embedded(let options) = plan.target {
            var serverOptions = EmbeddedServer.Options(
                credentials: RunTarget.embeddedCredentials(seed: plan.seed))
            serverOptions.behaviour = .init(options)
            serverOptions.isICELite = options.isICELite
            serverOptions.seed = plan.seed
            let meet = MeetOptions(plan)
            serverOptions.meet = meet
            material = SignInMaterial(
                accounts: meet.accounts, application: meet.application, applicationOwner: meet.steward?.email)
            let server = try EmbeddedServer(serverOptions)
            self.server = server
            entrance = .meet(baseURL: server.url)
        }
        guard let entrance else { throw HostError.notAllowed("the scenario has no target") }
        if let shortage = material.shortage(for: plan) { throw HostError.unusableSecrets(shortage) }
        var prepared = PreparedRooms()
        if case .meet(let baseURL) = entrance {
            prepared = try RoomMaker.make(
                plan, baseURL: baseURL, material: material, allow: target.allow,
                isInterrupted: { interruption.isSet })
        }
        let observer = try ServerObserver(plan: plan, allow: target.allow, embedded: server?.url)
        self.observer = observer
        try writer.write(pages: observer.pages.map { ($0.name, $0.url, $0.interval) })
        observer.begin()
        let clock = try startShards(
            entrance: entrance, target: target, material: material, prepared: prepared)
        observer.start(clock)
        return try follow(clock: clock, onProgress: onProgress)
    }

    private func startShards(
        entrance: ShardEnvironment.Entrance, target: RunTarget, material: SignInMaterial,
        prepared: PreparedRooms
    ) throws -> MonotonicClock {
        let mailboxes = Inlet<(participant: Int, event: CarrierEvent)>()
        let carrier: ClientCarrier
        do {
            carrier = try ClientCarrier(allow: target.allow) { mailboxes.put(($0, $1)) }
        } catch {
            throw HostError.carrier(String(describing: error))
        }
        self.carrier = carrier
        let commands = Inlet<(participant: Int, command: CarrierCommand)>()
        commands.connect { carrier.submit($0.command, client: $0.participant) }
        let context: DTLSContext
        let tls: TLSContext
        do throws(DTLSError) {
            context = try DTLSContext()
            tls = try TLSContext(trusting: target.trust)
        } catch {
            throw HostError.cryptography(String(describing: error))
        }

        let mine = plan.participants.map(\.index)
        let count = Self.shardCount(participants: mine.count)
        var shardOf: [Int: Int] = [:]
        for (position, index) in mine.enumerated() { shardOf[index] = position % count }
        let ledger = SharedLedger()
        let clock = MonotonicClock()
        for number in 0..<count {
            let participants = mine.filter { shardOf[$0] == number }
            let plan = plan
            let clips = clips
            let allow = target.allow
            let direction = target.direction
            let trustsAnyCertificate = target.trustsAnyCertificate
            let samples = samples
            let thread = try ReactorThread(
                ReactorConfiguration(name: "visio-load-\(number)"), clock: clock
            ) {
                ShardWork(
                    plan: plan, participants: participants,
                    makeEnvironment: { sockets, streams in
                        streams.makeSecurity = { name in
                            tls.makeClient(name: name, acceptsAnyCertificate: trustsAnyCertificate(name))
                        }
                        var environment = ShardEnvironment(
                            entrance: entrance, wallClock: clock.wallClock, clips: clips, sockets: sockets,
                            streams: streams, direction: direction, permitsMedia: { allow.permits($0) },
                            makeHandshake: { _ in context.makeHandshake() })
                        environment.signIn = material
                        environment.prepared = prepared
                        environment.ledger = ledger
                        environment.triesSilentLogin = plan.signIn.isSilent
                        return environment
                    }, carrier: commands, samples: samples)
            }
            threads.append(thread)
        }
        let posts = threads.map(\.mailbox)
        let shards = shardOf
        mailboxes.connect { participant, event in
            guard let shard = shards[participant] else { return }
            posts[shard].post(.carrier(event, participant: participant))
        }
        return clock
    }

    /// One thread for every thousand participants, and never more than half of the cores.
    private static func shardCount(participants: Int) -> Int {
        let cores = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        return min(cores, max(1, participants / 1000))
    }

    private func follow(clock: MonotonicClock, onProgress: (Progress) -> Void) throws -> Bool {
        var meter = GeneratorMeter(threads: threads.count)
        var isCut = false
        let limit = plan.duration.seconds + Self.grace
        var latest: [CohortSecond] = []
        while true {
            _ = pulse.wait(timeout: .now() + .milliseconds(100))
            let elapsed = clock.now.seconds
            let (batch, finished) = samples.take()
            try writer.write(batch)
            if let seen = observer?.turn(now: clock.now, sessions: batch.sessions) { try writer.write(seen) }
            latest = batch.cohorts.isEmpty ? latest : batch.cohorts
            if let second = meter.measure(threads.map { $0.takeHealth() }, elapsed: elapsed) {
                try writer.write(second)
                onProgress(progress(latest, second, elapsed: elapsed))
            }
            if finished == threads.count { break }
            if !isCut, interruption.isSet || elapsed > limit {
                isCut = true
                for thread in threads { thread.mailbox.post(.cut) }
            }
        }
        if let seen = observer?.finish(now: clock.now) { try writer.write(seen) }
        return interruption.isSet
    }

    private func progress(_ seconds: [CohortSecond], _ generator: GeneratorSecond, elapsed: Double)
        -> Progress
    {
        let phase = plan.phases.last { $0.start.seconds <= elapsed }?.name ?? ""
        var progress = Progress(elapsed: elapsed, phase: phase)
        let newest = seconds.map(\.second).max()
        var sum = CohortSecond(second: newest ?? 0, cohort: 0)
        for second in seconds where second.second == newest { sum += second }
        progress.planned = sum.planned
        progress.connecting = sum.connecting
        progress.connected = sum.connected
        progress.failed = sum.failed
        progress.receivedBitrate = Double(sum.audio.packets.bytes + sum.video.packets.bytes) * 8
        progress.sentBitrate = Double(sum.sentBytes) * 8
        let expected = sum.audio.packets.expected + sum.video.packets.expected
        let lost = sum.audio.packets.lost + sum.video.packets.lost
        // Packets are given up later than they were due, so a second may lose more than it expected.
        progress.loss = expected == 0 ? 0 : min(1, Double(lost) / Double(expected))
        if sum.ratingCount > 0 {
            progress.opinion = EModel.wideband(mosOf: sum.ratingSum / Double(sum.ratingCount))
        }
        progress.load = generator.dataPlaneLoad
        progress.lateness = generator.worstTickLateness
        return progress
    }

    private func tearDown() {
        for thread in threads { thread.stop() }
        carrier?.shutdown()
        observer?.stop()
        server?.stop()
        threads = []
    }
}

/// Set once, from any thread.
private final class InterruptionFlag: Sendable {
    private let value = DispatchQueue(label: "visiobench.interruption")
    nonisolated(unsafe) private var flag = false

    func set() { value.sync { flag = true } }

    var isSet: Bool { value.sync { flag } }
}
