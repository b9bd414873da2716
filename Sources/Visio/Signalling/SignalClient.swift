public import Primitives

/// One participant's side of LiveKit's signalling, as a pure machine.
///
/// With a single peer connection ("v1") the client always offers: the first offer travels inside the join request,
/// later ones as messages, and the server only answers. A server that does not know that answers 404; then there are
/// two ("v0"): the client offers on the one it publishes by, the server on the one it sends by.
///
/// Give it the carrier's events and the time, then drain `nextCommand` and `nextEvent`. After `.left`, `.closed` or
/// `.failed` it is done; `start` begins a new session, `resume` tries to go on with the old one.
public struct SignalClient: Sendable {
    /// Which of LiveKit's two modes a client uses.
    public enum Mode: Hashable, Sendable, CaseIterable {
        /// A single peer connection, or two if the server answers 404 to that; what the SDKs do.
        case automatic
        /// A single peer connection and nothing else.
        case single
        /// Two peer connections from the start.
        case dual
    }

    /// What stays the same over all sessions.
    public struct Configuration: Sendable {
        /// Who we say we are; servers change their behaviour by it.
        public var profile: ClientProfile
        /// Which mode to use.
        public var mode = Mode.automatic
        /// Whether the server sends everything without being asked.
        public var autoSubscribe: Bool
        /// Whether new video starts in its lowest layer until a size is told.
        public var adaptiveStream: Bool
        /// How the token travels.
        public var tokenTransport: JoinEndpoint.TokenTransport
        /// Where the time axis lies on the wall clock; pings carry Unix time.
        public var wallClock: WallClockOrigin

        /// Makes the configuration of Meet's page: everything subscribed, sizes told.
        public init(wallClock: WallClockOrigin, profile: ClientProfile = .native) {
            self.profile = profile
            autoSubscribe = true
            adaptiveStream = true
            tokenTransport = .header
            self.wallClock = wallClock
        }
    }

    /// Where a session is.
    public enum State: Hashable, Sendable {
        /// Nothing was started.
        case idle
        /// The WebSocket is being opened.
        case opening
        /// The handshake failed, and the server is asked why.
        case validating
        /// The WebSocket is open, the first frame is awaited.
        case joining
        /// In the room.
        case joined
        /// We said good-bye and wait for the WebSocket to close.
        case leaving
        /// Over.
        case ended
    }

    /// Counts of what should not happen, and of frames.
    public struct Statistics: Hashable, Sendable {
        /// Frames sent.
        public var framesSent = 0
        /// Frames received.
        public var framesReceived = 0
        /// Frames that were no message.
        public var malformedFrames = 0
        /// Messages of a kind we do not know, or that have no place in this mode.
        public var ignoredMessages = 0
        /// Answers to offers that were replaced meanwhile.
        public var staleAnswers = 0
    }

    struct PendingPublish: Sendable {
        /// Our name of the track.
        var cid: String
        /// When its answer is overdue.
        var deadline: Instant
    }

    /// The latest offer and answer of a connection.
    struct Agreement: Sendable {
        /// The offer, whoever made it.
        var offer: LiveKitSessionDescription?
        /// Its answer.
        var answer: LiveKitSessionDescription?
    }

    struct PendingPing: Sendable {
        /// What the ping carried, in Unix milliseconds.
        var timestamp: Int64
        /// When it was sent.
        var sentAt: Instant
    }

    /// The signal protocol we speak; 18 would need pre-negotiated data channels.
    public static let protocolVersion: Int32 = 17
    /// Longest wait for the WebSocket, as LiveKit's browser client waits.
    public static let openTimeout = Interval.seconds(15)
    /// Longest wait for the first frame after that.
    public static let firstFrameTimeout = Interval.seconds(5)
    /// How often a server that cannot be reached is tried in all (Meet's `maxRetries`).
    public static let maximumOpenAttempts = 5
    /// Longest wait for the answer to an announced track.
    public static let publishTimeout = Interval.seconds(10)
    /// Longest wait for the closing handshake after our leave.
    public static let closeTimeout = Interval.seconds(2)

    /// What stays the same over all sessions.
    let configuration: Configuration
    /// The server's address, kept for `resume`.
    var server = ""
    /// The newest token; the server refreshes it.
    var token = ""
    /// Where the session is.
    public internal(set) var state = State.idle
    /// Whether this session goes on with an earlier one and has not heard of the server yet.
    var isResuming = false
    /// Whether this session has two peer connections.
    public internal(set) var isDual = false
    /// The number of the protocol that the server announced; 0 before it did.
    public internal(set) var serverProtocol: Int32 = 0
    /// The codecs that the server takes, such as `video/VP9`; empty before it said so.
    public internal(set) var publishCodecs: [String] = []
    /// What the WebSocket that is being opened asks for.
    var wishes = LiveKitJoinRequest()
    /// How often this WebSocket was tried.
    var openAttempts = 0
    /// Why it could not be opened, while the server is asked.
    var openFailure: SignalFailure?
    /// The descriptions that made the connection we receive by, as a resumed session tells them.
    var agreement = Agreement()
    /// The tracks that the server accepted, in their order.
    public internal(set) var publications: [LiveKitTrackPublishedResponse] = []
    /// Everybody in the room.
    public internal(set) var room = SignalRoom()
    /// Track sids by mid, as the latest answer maps them.
    public internal(set) var trackIDs: [String: String] = [:]
    /// Id of the latest offer; ids grow by one and start at 1.
    public internal(set) var latestOfferID: UInt32 = 0
    /// Time between ping and pong, nil before the first pong.
    public internal(set) var roundTripTime: Interval?
    /// Counts of what should not happen, and of frames.
    public internal(set) var statistics = Statistics()
    /// When the current state takes too long; nil in a room.
    var stateDeadline: Instant?
    /// The server's ping interval; nil when it wants no pings.
    var pingInterval: Interval?
    /// How long the server may be silent.
    var pingTimeout: Interval?
    /// When the next ping is due.
    var nextPing: Instant?
    /// Whether the WebSocket was closed in order but without a leave: livekit-client waits for its ping timeout then.
    var isSilenced = false
    /// When anything last arrived.
    var lastFrameAt = Instant.zero
    /// The latest ping, until its pong.
    var pendingPing: PendingPing?
    /// Announced tracks without an answer.
    var pendingPublishes: [PendingPublish] = []
    /// Requests that wait until the session stands.
    var heldRequests: [LiveKitSignalRequest] = []
    /// What the carrier shall do next.
    var commands: [CarrierCommand] = []
    /// What the owner has not seen yet.
    var events: [SignalEvent] = []

    /// Makes a client that has not started.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        var result = stateDeadline
        guard state == .joined else { return result }
        result = earliest(result, nextPing)
        if let pingTimeout { result = earliest(result, lastFrameAt + pingTimeout) }
        for publish in pendingPublishes { result = earliest(result, publish.deadline) }
        return result
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { commands.isEmpty ? nil : commands.removeFirst() }

    /// The next thing that happened.
    public mutating func nextEvent() -> SignalEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// The track that a section carries: by mid, else by the part of its msid that starts with `TR_`.
    ///
    /// Sections without either are placeholders, whatever their direction says.
    public func trackID(mid: String, msid: String?) -> String? {
        if let sid = trackIDs[mid] { return sid }
        let tokens = msid?.split { $0 == "|" || $0 == " " } ?? []
        return tokens.first { $0.hasPrefix("TR_") }.map(String.init)
    }
}
