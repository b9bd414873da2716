public import Primitives
public import Scenario
public import Visio

/// What an embedded Visio is told before it starts.
public struct EmbeddedConfiguration: Sendable {
    /// API key and secret that sign and check access tokens.
    public var credentials: AccessToken.Credentials
    /// Base URL of Meet and of LiveKit's signalling, such as `http://127.0.0.1:8080`.
    public var publicURL: String
    /// Where the wall clock stood when the run started.
    public var wallClock: WallClockOrigin
    /// The video codecs that may be published, by their lower-case names; one of them stands in for all others.
    public var videoCodecs = ["vp8", "vp9"]
    /// Whether the server is an ICE-lite agent.
    public var isICELite = false
    /// STUN and TURN servers of others that participants are told, as LiveKit's `rtc.turn_servers`.
    public var iceServers: [LiveKitICEServer] = []
    /// How Meet is set up.
    public var meet = MeetOptions()
    /// Whether every request is noted.
    public var keepsAccessLog = false
    /// The signal protocol that is announced; from 18 on data channels are agreed on without in-band opening.
    public var protocolVersion: Int32 = 17
    /// Known, deliberate behaviour: what calibration and tests build on.
    public var behaviour = Behaviour()

    /// Deliberate faults and limits of known size.
    public struct Behaviour: Sendable, Hashable {
        /// Added to every datagram the server sends to participants.
        public var addedDelay: Interval = .zero
        /// Share of forwarded media packets that is lost on the way to participants, 0...1.
        public var lossRate = 0.0
        /// Numbers, counted from 1 in every forwarded stream, of media packets that are lost on the way.
        public var lossNumbers: [UInt64] = []
        /// When and how long every camera stands still at the server; nil for never.
        public var frozenSender: FrozenSender?
        /// Most participants in all rooms together; further joins are refused, and 0 means no limit.
        public var maximumParticipants = 0
        /// Most participants in one room; further joins are refused, and 0 means no limit.
        public var maximumPerRoom = 0
        /// Most media packets forwarded per second; the rest is thrown away, and 0 means no limit.
        public var maximumForwardedPerSecond = 0
        /// When the media server falls silent for good, its signalling included; nil for never.
        public var silentFrom: Instant?
        /// Codecs, such as `vp9`, that nobody is thought to be able to receive.
        public var unusableCodecs: Set<String> = []
        /// Which of LiveKit's signalling modes are spoken; the path of any other answers 404.
        public var signalling = SignallingMode.auto
        /// When all WebSockets are cut, without a close frame and with media left alone.
        public var cuts: [Instant] = []
        /// When everybody is told to leave, and what to do next.
        public var leaves: [Farewell] = []
        /// When the media server dies and when it is back, having forgotten all sessions; nil for never.
        public var outage: TimeSpan?
        /// When no datagram passes in either direction while signalling goes on; nil for never.
        public var blackout: TimeSpan?
        /// When the WebSockets that are open stay open and nothing passes any more; nil for never.
        public var deafness: TimeSpan?

        /// The ways in that are offered; the host opens them.
        public var ways: [EmbeddedWay] = [.udp, .tcp]
        /// Whether UDP is announced and nothing passes over it.
        public var blocksUDP = false
        /// Whether participants are told to use relays alone.
        public var forcesRelay = false
        /// The code with which every relay is refused; nil for none.
        public var relayRefusal: Int?
        /// How long a nonce of the TURN server is good.
        public var relayNonceLifetime = Interval.seconds(3600)

        /// No deliberate fault.
        public init() {}

        /// What a scenario asks of the embedded deployment.
        public init(_ options: EmbeddedOptions) {
            addedDelay = options.delay
            switch options.loss {
            case .none: break
            case .rate(let partsPerMillion): lossRate = Double(partsPerMillion) / 1e6
            case .numbers(let numbers): lossNumbers = numbers.map { UInt64(clamping: $0) }
            }
            if let span = options.freeze {
                frozenSender = FrozenSender(
                    first: .zero + span.start, every: .seconds(1 << 30), duration: span.length)
            }
            maximumPerRoom = options.capacity ?? 0
            signalling = options.signalling
            cuts = options.cuts.map { .zero + $0 }
            leaves = options.leaves.map { Farewell(at: .zero + $0.at, action: $0.action) }
            outage = options.restart
            deafness = options.deaf
            blackout = options.blackout
            ways = options.ways
            blocksUDP = options.blocked == .udp
        }
    }

    /// A message to everybody that they shall leave.
    public struct Farewell: Sendable, Hashable {
        /// When it is sent.
        public var at: Instant
        /// What they shall do next.
        public var action: LeaveAction
        /// Why.
        public var reason: LiveKitDisconnectReason

        /// Describes one.
        public init(at: Instant, action: LeaveAction, reason: LiveKitDisconnectReason = .serverShutdown) {
            self.at = at
            self.action = action
            self.reason = reason
        }
    }

    /// A camera picture that stands still at known times.
    public struct FrozenSender: Sendable, Hashable {
        /// When the first freeze starts.
        public var first: Instant
        /// From one freeze to the next.
        public var every: Interval
        /// How long each lasts.
        public var duration: Interval

        /// Describes a repeating freeze.
        public init(first: Instant, every: Interval, duration: Interval) {
            self.first = first
            self.every = every
            self.duration = duration
        }

        /// How long the picture still stands still after `now`; nil when it moves.
        func remainder(at now: Instant) -> Interval? {
            guard now >= first, every > .zero else { return nil }
            let elapsed = (now - first).nanoseconds % every.nanoseconds
            return elapsed < duration.nanoseconds ? .nanoseconds(duration.nanoseconds - elapsed) : nil
        }
    }

    /// Configures a deployment without deliberate faults.
    public init(credentials: AccessToken.Credentials, publicURL: String, wallClock: WallClockOrigin) {
        self.credentials = credentials
        self.publicURL = publicURL
        self.wallClock = wallClock
    }
}
