public import Primitives

/// How a participant's call ended: one row per planned participant.
public struct ParticipantOutcome: Sendable {
    /// The ways a planned call can end.
    public enum End: Sendable, Hashable {
        /// Joined and left as planned.
        case left
        /// Joined and was still in when the run was cut short.
        case cut
        /// Was never started, because the run was cut short before.
        case neverStarted
        /// Was refused by a host in the lobby.
        case denied
        /// Was sent away by a host.
        case removed
        /// Failed, at a stage and for a cause.
        case failed(CallFailure)
    }

    /// The participant's index in the plan.
    public var participant: Int
    /// How it ended.
    public var end: End
    /// When it ended; nil if it never started.
    public var endedAt: Instant?
    /// The stages of the join.
    public var join: JoinTimeline
    /// Everything heard during the call.
    public var audio = AudioCounts()
    /// Everything seen during the call.
    public var video = VideoCounts()
    /// Media tracks of others that the participant was subscribed to and that should have sent.
    public var tracksExpected = 0
    /// Those of which media arrived.
    public var tracksReceived = 0
    /// Media packets sent, retransmissions included.
    public var sentPackets: UInt64 = 0
    /// Media bytes sent.
    public var sentBytes: UInt64 = 0
    /// Packets sent again on request.
    public var retransmissions: UInt64 = 0
    /// Requests for key frames this participant received.
    public var keyFrameRequests: UInt64 = 0
    /// Data messages of others received.
    public var dataMessages: UInt64 = 0
    /// What passed to and fro besides.
    public var exchange = ExchangeCounts()
    /// What the emulated access network did on the way up and on the way down; nil when none was emulated.
    public var emulated: (up: PathCounts, down: PathCounts)?
    /// How often Meet made the participant wait (429).
    public var throttled: UInt64 = 0
    /// How often a question to Meet failed that the page asks again.
    public var repeatedRequests: UInt64 = 0
    /// What the participant did and noticed, by kind in the order of `Interaction`, without those that are empty.
    public var interactions: [InteractionOutcome] = []
    /// Streams of which packets are missing.
    public var downlinks: [DownlinkAccount] = []
    /// Streams that were sent, by the server's reports.
    public var uplinks: [UplinkAccount] = []
    /// What our own sockets lost.
    public var sockets = SocketLosses()
    /// The way that received media took last; nil if none ever was found.
    public var path: PathTaken?
    /// Malformed datagrams and messages from the peer, by kind, sorted by kind.
    public var malformed: [(kind: String, count: UInt64)] = []

    /// Makes an outcome without counts.
    public init(participant: Int, end: End, endedAt: Instant?, join: JoinTimeline) {
        self.participant = participant
        self.end = end
        self.endedAt = endedAt
        self.join = join
    }
}

/// Why a participant's call failed: data for the results, not an error of the run.
public struct CallFailure: Sendable, Hashable {
    /// The part of the call that failed.
    public enum Stage: String, Sendable, Hashable, CaseIterable {
        /// The way over the identity provider.
        case login
        /// The lobby.
        case lobby
        /// Meet's REST exchange.
        case api
        /// Opening the signalling WebSocket.
        case webSocket = "websocket"
        /// LiveKit's signalling before media.
        case signalling
        /// Offer and answer.
        case negotiation
        /// Finding a path.
        case ice
        /// The DTLS handshake.
        case dtls
        /// A call that was up and broke.
        case call
    }

    /// Where it failed.
    public var stage: Stage
    /// What happened, in words a reader understands without the source.
    public var cause: String
    /// The HTTP or protocol code that came with it.
    public var code: Int?

    /// Describes a failure.
    public init(stage: Stage, cause: String, code: Int? = nil) {
        self.stage = stage
        self.cause = cause
        self.code = code
    }
}

/// The way between a participant and the media server.
public struct PathTaken: Sendable, Hashable {
    /// `udp`, `tcp`, `turn-udp`, `turn-tcp` or `turn-tls`.
    public var path: String
    /// Whether the media server's address is an IPv6 one.
    public var isIPv6: Bool

    /// Describes a way.
    public init(path: String, isIPv6: Bool) {
        self.path = path
        self.isIPv6 = isIPv6
    }

    /// The way in a word or two.
    public var text: String { isIPv6 ? "\(path) over IPv6" : path }
}
