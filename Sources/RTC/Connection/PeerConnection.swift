public import Primitives
import WireFormats

/// A Sans-IO WebRTC peer: one bundled transport with its media sections and data channels.
///
/// Composes `Negotiator`, `ICEAgent`, a `SecureHandshake`, `SRTPSession`, `DataChannelTransport` and the
/// streams behind the verbs every machine has: `receive`, `tick`, `deadline`. The run-loop contract stands in
/// the module's documentation: after every call drain `nextEvent` and `nextRetransmission`, send what is in
/// the outbox, and call `tick` at `deadline`. It owns no socket; many peers may share one, each told only
/// what is meant for it.
public final class PeerConnection {
    /// Which side of a LiveKit peer connection this is.
    public enum Role: Sendable {
        /// A participant.
        case client
        /// The server.
        case server
    }

    /// What a peer connection is told once.
    public struct Configuration: Sendable {
        /// Which side this is.
        public var role: Role
        /// Whether this side makes all offers, and controls ICE: the client's part, except on the connection by which
        /// a server only sends (LiveKit's subscriber connection).
        public var offers: Bool
        /// Where the run's time axis lies on the wall clock, for sender reports.
        public var wallClock: WallClockOrigin
        /// The canonical name of the sources a client sends; a server's tracks are named by their stream id.
        public var cname: String
        /// Whether our ICE agent only answers checks; for servers.
        public var isICELite = false
        /// The DTLS role an answering side takes when the offer leaves the choice; LiveKit's and libwebrtc's is
        /// client (`a=setup:active`).
        public var answeringDTLSRole: DTLSRole = .client
        /// The video codecs we offer or take, the preferred one first.
        public var videoCodecs: [Codec]
        /// The audio codecs we offer or take, the preferred one first.
        public var audioCodecs: [Codec] = [.opus, .red]
        /// Whether a server lists RED before Opus where a client sends audio, so that libwebrtc sends it.
        public var prefersRED = true
        /// How long an arrival waits for its transport-wide feedback.
        public var feedbackInterval: Interval = .milliseconds(100)
        /// Time between two receiver reports.
        public var receiverReportInterval: Interval = .seconds(1)
        /// Time between two sender reports of a stream that sends.
        public var senderReportInterval: Interval = .seconds(1)
        /// Least time between two requests for a key frame of one stream.
        public var keyFrameRequestInterval: Interval = .milliseconds(500)
        /// How the sender adapts to its path; nil lets everything leave at once, at whatever rate.
        public var congestion: CongestionSettings?
        /// Whether we number what we send for transport-wide feedback, where it is agreed.
        public var numbersPackets = true
        /// Whether we estimate what we can take, and say so (REMB), where that is agreed.
        public var estimatesReceivedBitrate = false

        /// A configuration with LiveKit's habits.
        public init(role: Role, wallClock: WallClockOrigin, cname: String) {
            self.role = role
            offers = role == .client
            self.wallClock = wallClock
            self.cname = cname
            videoCodecs = [.vp8, .vp9]
        }
    }

    /// What was told once.
    public let configuration: Configuration
    /// Remote streams seen so far; an index stays valid for the life of the connection.
    public internal(set) var receiveStreams: ContiguousArray<InboundStream> = []
    /// Streams we send; an index stays valid for the life of the connection.
    public internal(set) var sendStreams: ContiguousArray<OutboundStream> = []
    /// What was counted outside the streams.
    public internal(set) var statistics = PeerStatistics()

    /// DTLS, real or simulated.
    let handshake: any SecureHandshake
    /// The only source of chance.
    var generator: SeededGenerator
    /// What both sides agreed.
    var negotiator: Negotiator
    /// The path.
    var ice: ICEAgent
    /// Relays of TURN servers; the position is part of their number in the outbox.
    var relays: ContiguousArray<Relay> = []
    /// How many relays were asked for, each with chance of its own.
    var relaysAsked = 0
    /// TCP connections, of pairs and to TURN servers.
    var streams: [PeerStream] = []
    /// Questions to STUN servers what our address is.
    var reflexiveQueries: [ReflexiveQuery] = []
    /// What was tried in vain, for the message of a failure.
    public internal(set) var pathProblems: [String] = []
    /// When ways that are not used are given up.
    var releaseAt: Instant?
    /// SRTP, once DTLS has its keys.
    var srtp: SRTPSession?
    /// The data channels, once negotiated.
    var dataChannels: DataChannelTransport?

    /// How far the connection is, as the owner was told.
    var phase = Phase.new
    /// The path that the owner knows of.
    var knownPair: ICESelectedPair?
    /// Whether the owner was told that ICE failed, which a restart may heal.
    var hasReportedICEFailure = false
    /// Events that wait for the owner.
    var events = BoundedQueue<PeerEvent>(limit: 4096)
    /// Retransmissions that wait for the owner.
    var requests = BoundedQueue<Retransmission>(limit: 1024)
    /// When something that a call without outbox left behind is due.
    var flushAt: Instant?

    /// Streams by SSRC.
    var sources = SourceTable()
    /// SSRCs without a stream.
    var unassigned = UnassignedSources()
    /// Meaning of received payload types.
    var payloadTypes = PayloadTypeTable()
    /// Ids of received header extensions, of all sections together.
    var extensionMap = HeaderExtensionMap()
    /// The mids of the sections, in the form packets carry them.
    var mids: ContiguousArray<RTPIdentifier?> = []
    /// The remote rids of the sections, in the form packets carry them.
    var rids: ContiguousArray<[RTPIdentifier]> = []
    /// Arrivals for transport-wide feedback.
    var arrivals: TransportFeedbackRecorder?

    /// What we send in each section; nil where nothing.
    var outboundSections: ContiguousArray<OutboundSection?> = []
    /// The tracks of these, to notice that another one took a place.
    var outboundTracks: ContiguousArray<OutgoingTrack?> = []
    /// Our streams by SSRC.
    var ownSources = SourceTable()
    /// What transport-wide feedback says about our packets; nil until it is negotiated for something we send.
    var transportFeedback: TransportFeedbackReader?
    /// What adapts the sender to its path; nil if it does not adapt.
    let congestion: Congestion?
    /// What we can take; nil if we do not say it.
    var remoteEstimator: RemoteBitrateEstimator?
    /// What we said last that we can take, or will say next.
    var toldEstimate: Bitrate?

    /// Our SSRC as a sender of feedback.
    let feedbackSSRC: UInt32
    /// When what is to be told to the peer's senders is due.
    var feedbackTimes = FeedbackTimes()
    /// When the next sender reports are due; nil while nothing was sent since the last.
    var senderReportAt: Instant?
    /// Round-trip time out of RTCP.
    var roundTrip = RoundTripMeter()
    /// Reference times to be echoed.
    var echoes = ReferenceTimeEchoes()
    /// Where RTCP, and what passes between DTLS and SCTP, is composed.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 8)

    /// How far the connection is.
    enum Phase {
        /// Nothing was applied yet, or ICE looks for the first path.
        case new
        /// There is a path.
        case securing
        /// There is a path, and there are keys.
        case connected
        /// There are keys, but the path is silent.
        case disconnected
        /// It is over.
        case ended
    }

    /// Makes a peer that has neither sections nor candidates.
    ///
    /// - Parameters:
    ///   - handshake: A fresh handshake; its certificate's digest goes into our descriptions.
    ///   - generator: The only source of chance: credentials, SSRCs, first sequence numbers.
    public init(configuration: Configuration, handshake: any SecureHandshake, generator: SeededGenerator) {
        precondition(
            !configuration.isICELite || configuration.role == .server, "a client is a full ICE agent")
        self.configuration = configuration
        self.handshake = handshake
        congestion = configuration.congestion.map { Congestion(settings: $0) }
        remoteEstimator = configuration.estimatesReceivedBitrate ? RemoteBitrateEstimator() : nil
        self.generator = generator.fork("streams")
        var settings = Negotiator.Configuration(
            role: configuration.offers ? .offerer : .answerer, cname: configuration.cname)
        settings.side = configuration.role == .client ? .client : .server
        settings.audioCodecs = configuration.audioCodecs
        settings.videoCodecs = configuration.videoCodecs
        settings.prefersRED = configuration.prefersRED
        settings.answeringRole = configuration.answeringDTLSRole
        var negotiation = generator.fork("negotiation")
        negotiator = Negotiator(configuration: settings, generator: &negotiation)
        ice = ICEAgent(
            role: configuration.offers ? .controlling : .controlled, isLite: configuration.isICELite,
            generator: generator.fork("ice"))
        feedbackSSRC = UInt32(truncatingIfNeeded: self.generator.next()) | 1
    }

    deinit { scratch.deallocate() }

    /// What both sides agreed about each m-section so far.
    public var sections: [MediaSection] { negotiator.sections }

    /// The user name fragment by which a server finds the peer that a STUN request is for.
    public var localUsernameFragment: String { ice.localCredentials.ufrag }

    /// Our candidates, as our descriptions list them.
    public var localCandidates: [ICECandidate] { ice.localCandidates }

    /// How far ICE is.
    public var iceState: ICEState { ice.state }

    /// The path in use: our socket and the peer's address.
    public var selectedPair: ICESelectedPair? { ice.selectedPair }

    /// What the ICE agent counted.
    public var iceStatistics: ICEStatistics { ice.statistics }

    /// What SRTP counted; nil before there are keys.
    public var srtpStatistics: SRTPStatistics? { srtp?.statistics }

    /// What transport-wide feedback told about what we sent; nil if it was not negotiated.
    public var transportFeedbackStatistics: TransportFeedbackStatistics? { transportFeedback?.statistics }

    /// Whether media and data may flow.
    public var isConnected: Bool { phase == .connected }

    /// The smoothed round-trip time out of RTCP, or else the last one out of ICE.
    public var roundTripTime: Interval? { roundTrip.smoothed ?? ice.roundTripTime }

    /// When `tick` is due next; nil if only a call can change anything.
    public var deadline: Instant? {
        guard phase != .ended else { return nil }
        var deadline = earliest(earliest(ice.deadline, flushAt), pathDeadline)
        guard ice.selectedPair != nil else { return deadline }
        deadline = earliest(deadline, handshake.deadline)
        guard srtp != nil else { return deadline }
        deadline = earliest(deadline, dataChannels?.deadline)
        deadline = earliest(deadline, feedbackTimes.deadline)
        deadline = earliest(deadline, arrivals?.deadline)
        if phase == .connected { deadline = earliest(deadline, congestion?.deadline) }
        return earliest(deadline, senderReportAt)
    }

    /// The next event; nil when there is none.
    public func nextEvent() -> PeerEvent? { events.popFirst() ?? nextDataEvent() }

    /// The next packet that the peer missed and that can be sent again; nil when there is none.
    public func nextRetransmission() -> Retransmission? { requests.popFirst() }

    /// Queues an event.
    func emit(_ event: PeerEvent) {
        if !events.append(event) { statistics.droppedEventCount += 1 }
    }

    /// Makes the deadline come at once, so that the host calls `tick` with an outbox.
    func requestFlush(now: Instant) { flushAt = earliest(flushAt, now) }

    /// Ends the connection because something went wrong.
    func closedByPeer() {
        guard phase != .ended else { return }
        phase = .ended
        emit(.closedByPeer)
    }

    func fail(_ reason: String) {
        guard phase != .ended else { return }
        phase = .ended
        emit(.failed(reason))
    }
}
