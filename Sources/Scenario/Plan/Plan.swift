public import Primitives

/// Everything that a run will do, drawn from one seed before the first packet: a pure function of scenario
/// and seed.
public struct Plan: Codable, Equatable, Sendable {
    /// The seed that every draw of the plan, and of the run, descends from.
    public var seed: UInt64
    /// The scenario's title.
    public var title: String
    /// The deployment that is tested.
    public var target: Target
    /// Which of LiveKit's signalling modes participants use.
    public var signalling: SignallingMode
    /// How participants get accounts, and who makes rooms.
    public var signIn: SignIn
    /// The hosts that may be contacted besides loopback.
    public var allow: AllowList
    /// What is looked at beside the run.
    public var observation: Observation
    /// The phases in order, without gaps.
    public var phases: [PlannedPhase]
    /// Every room; always complete, also in a shard, so that `rooms[participant.room]` holds.
    public var rooms: [PlannedRoom]
    /// The participants by ascending index; in a shard only its own, under their global indexes.
    public var participants: [PlannedParticipant]
    /// The access networks; empty when the scenario names none.
    public var networks: [AccessNetwork]
    /// The promises that the run is judged by.
    public var thresholds: [Threshold]
    /// How closely receivers look at what they receive.
    public var depth: ProbeDepth
    /// How media is sent.
    public var media: MediaOptions
    /// How long the run lasts.
    public var duration: Interval
    /// The part of the whole plan that this is; nil when it is the whole.
    public var shard: Shard?

    /// Puts a plan together; `Planner` does so from a scenario.
    public init(
        seed: UInt64, title: String, target: Target, signalling: SignallingMode = .auto,
        signIn: SignIn = SignIn(), allow: AllowList = AllowList(), observation: Observation = Observation(),
        phases: [PlannedPhase],
        rooms: [PlannedRoom], participants: [PlannedParticipant], networks: [AccessNetwork] = [],
        thresholds: [Threshold] = [],
        depth: ProbeDepth = .verify, media: MediaOptions = MediaOptions(), duration: Interval,
        shard: Shard? = nil
    ) {
        self.seed = seed
        self.title = title
        self.target = target
        self.signalling = signalling
        self.signIn = signIn
        self.allow = allow
        self.observation = observation
        self.phases = phases
        self.rooms = rooms
        self.participants = participants
        self.networks = networks
        self.thresholds = thresholds
        self.depth = depth
        self.media = media
        self.duration = duration
        self.shard = shard
    }

    /// The phase with the given name.
    public func phase(named name: String) -> PlannedPhase? { phases.first { $0.name == name } }

    /// The network between `participant` and the deployment; nil when the scenario names none.
    public func network(of participant: PlannedParticipant) -> AccessNetwork? {
        participant.network.map { networks[$0] }
    }

    /// The participants' cohorts in order of first appearance.
    public var cohorts: [String] {
        var known: Set<String> = []
        return participants.compactMap { known.insert($0.cohort).inserted ? $0.cohort : nil }
    }
}

/// A length of the run in which one thing happens.
public struct PlannedPhase: Codable, Equatable, Sendable {
    /// What a phase is for.
    public enum Kind: String, Codable, Hashable, Sendable {
        /// Participants join.
        case arrive
        /// Nobody comes or goes.
        case hold
        /// Participants leave.
        case leave
    }

    /// The name that thresholds and reports use.
    public var name: String
    /// What the phase is for.
    public var kind: Kind
    /// From when until when, since the start of the run.
    public var span: TimeSpan

    /// Makes a phase.
    public init(
        name: String, kind: Kind, span: TimeSpan
    ) {
        self.name = name
        self.kind = kind
        self.span = span
    }

    /// When the phase starts.
    public var start: Interval { span.start }
    /// When the phase ends.
    public var end: Interval { span.end }
}

/// One meeting.
public struct PlannedRoom: Codable, Equatable, Sendable {
    /// The position in `Plan.rooms`.
    public var index: Int
    /// The name of the room group of the scenario.
    public var group: String
    /// The room's name in Visio's own form, `abc-defg-hij`.
    public var slug: String
    /// How many participants are planned for this room, over all shards.
    public var size: Int
    /// Everybody who takes part in the room's conversation, over all shards.
    public var speakers: [Speaker]
    /// How the room comes to be.
    public var making: RoomMaking
    /// Who may enter without the lobby; nil for the deployment's own choice.
    public var access: RoomAccess?

    /// Makes a room.
    public init(
        index: Int, group: String, slug: String, size: Int, speakers: [Speaker] = [],
        making: RoomMaking = .none,
        access: RoomAccess? = nil
    ) {
        self.index = index
        self.group = group
        self.slug = slug
        self.size = size
        self.speakers = speakers
        self.making = making
        self.access = access
    }
}

/// One synthetic participant.
public struct PlannedParticipant: Codable, Equatable, Sendable {
    /// The number of the participant in the whole plan.
    public var index: Int
    /// The position of the participant's room in `Plan.rooms`.
    public var room: Int
    /// The role of the scenario that the participant plays.
    public var role: String
    /// The group under which the participant is counted in results; at present the role.
    public var cohort: String
    /// The name that the others see.
    public var name: String
    /// From the intended join to the intended leave, since the start of the run.
    public var presence: TimeSpan
    /// What the microphone does.
    public var microphone: Microphone
    /// What the camera sends.
    public var camera: Camera
    /// How the participant's page shows the others.
    public var layout: Layout
    /// As whom the participant comes.
    public var login: Login
    /// Which of the accounts it has, from 0; nil for guests.
    ///
    /// Accounts of one room are in a row.
    public var account: Int?
    /// What the participant does besides talking and showing itself.
    public var behaviour: Behaviour
    /// When the microphone is muted for a while, since the start of the run, in order and apart.
    public var mutes: [TimeSpan]
    /// The position in `Plan.networks`; nil when the scenario names none.
    public var network: Int?
    /// What becomes of its connection, in order.
    public var changes: [PlannedChange]
    /// The browser whose page this is.
    public var browser = Browser.chrome
    /// When the screen is shared, since the start of the run, in order and apart.
    public var screens: [TimeSpan] = []
    /// How the page is used.
    public var page = PageUse()

    /// Makes a participant.
    public init(
        index: Int, room: Int, role: String, cohort: String, name: String, presence: TimeSpan,
        microphone: Microphone = .off, camera: Camera = .off, layout: Layout = .grid,
        login: Login = .guest, account: Int? = nil, behaviour: Behaviour = Behaviour(),
        mutes: [TimeSpan] = [], network: Int? = nil, changes: [PlannedChange] = []
    ) {
        self.index = index
        self.room = room
        self.role = role
        self.cohort = cohort
        self.name = name
        self.presence = presence
        self.microphone = microphone
        self.camera = camera
        self.layout = layout
        self.login = login
        self.account = account
        self.behaviour = behaviour
        self.mutes = mutes
        self.network = network
        self.changes = changes
    }

    /// When the participant means to join: every join duration counts from here.
    public var arrival: Interval { presence.start }
    /// When the participant means to leave.
    public var departure: Interval { presence.end }
}

/// One part of a plan that is run by several generators.
public struct Shard: Codable, Hashable, Sendable {
    /// Which part, from 1.
    public var number: Int
    /// How many parts there are.
    public var count: Int

    /// Makes part `number` of `count`.
    public init(number: Int, of count: Int) {
        precondition(count >= 1 && (1...count).contains(number), "a shard is one of 1...count")
        self.number = number
        self.count = count
    }

    /// Reads `i/n`; nil unless 1 <= i <= n.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]), number >= 1,
            number <= count
        else { return nil }
        self.init(number: number, of: count)
    }
}

/// A half-open length of time, start included and end excluded, since the start of the run.
public struct TimeSpan: Codable, Hashable, Sendable {
    /// The first moment.
    public var start: Interval
    /// The first moment after it.
    public var end: Interval

    /// Makes a span; an end before the start counts as the start.
    public init(start: Interval, end: Interval) {
        self.start = start
        self.end = max(start, end)
    }

    /// How long the span is.
    public var length: Interval { end - start }

    /// Whether `moment` lies in the span.
    public func contains(_ moment: Interval) -> Bool { start <= moment && moment < end }
}
