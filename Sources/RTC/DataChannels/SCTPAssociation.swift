public import Primitives
import WireFormats

/// One SCTP association over DTLS as a Sans-IO machine (RFC 9260, RFC 8261, RFC 3758, RFC 6525).
///
/// Both sides may start at once. After every call that takes `now`, the owner drains `pollTransmit` and
/// `nextEvent`, and calls `tick` no later than `deadline`. Packets have a fixed size, without
/// path MTU discovery. Not there on purpose: several addresses per end, authentication, and message interleaving;
/// none of them occurs in data channels with LiveKit.
public struct SCTPAssociation {
    /// The port of both ends (RFC 8841 section 5.1 leaves the choice free; everybody uses this one).
    public static let port: UInt16 = 5000
    /// Longest packet we compose.
    public static let maximumPacketSize = 1200
    /// Longest message we take in or send.
    public static let maximumMessageSize = 256 << 10
    /// How many bytes we can hold back, announced as a_rwnd.
    public static let receiverWindow = 1 << 20
    /// Messages are refused while more than this waits to be sent.
    public static let sendBufferSize = 4 << 20

    /// Where the association stands.
    public internal(set) var state = SCTPState.idle
    /// What has been counted.
    var counters = SCTPStatistics()

    /// The latest instant we were told.
    var now = Instant.zero
    /// Draws heartbeat jitter and tags of answers.
    var generator: SeededGenerator
    /// The tag that packets to us carry.
    let localTag: UInt32
    /// Number of our first DATA chunk.
    let initialTSN: UInt32
    /// The tag that packets to the peer carry; 0 while unknown.
    var peerTag: UInt32 = 0
    /// What must go out.
    var pending = Pending()
    /// The INIT to answer, with the tag the answer gives.
    var answer: SCTPCookie?
    /// The peer's state cookie while it has to be returned.
    var cookie: [UInt8] = []
    /// Which of the peer's TSNs have arrived.
    var tracker = TSNTracker(initialTSN: 1)
    /// Builds messages of the peer's chunks.
    var reassembler = Reassembler()
    /// Our data.
    var outbound: Outbound
    /// Stream resets.
    var resets: StreamResets
    /// Packets with data since the last SACK.
    var unacknowledgedPackets = 0
    /// How long to wait for answers.
    var timeout = RetransmissionTimeout()
    /// Failures in a row, by any timer.
    var failures = 0
    /// The timers.
    var timers = AssociationTimers()
    /// When the HEARTBEAT was sent that is not answered yet.
    var heartbeatSentAt: Instant?
    /// Information to return in a HEARTBEAT ACK.
    var heartbeatEcho: [UInt8] = []
    /// An unknown chunk to report, cut to a modest length.
    var unknownChunk: [UInt8] = []
    /// Why we abort.
    var abortReason = ""
    /// What the owner has not fetched yet.
    var events = RingQueue<SCTPEvent>()

    /// Control chunks that wait to be sent.
    struct Pending: OptionSet {
        var rawValue: UInt16 = 0

        static let initiate = Pending(rawValue: 1 << 0)
        static let cookieEcho = Pending(rawValue: 1 << 1)
        static let cookieAck = Pending(rawValue: 1 << 2)
        static let acknowledgement = Pending(rawValue: 1 << 3)
        static let forwardTSN = Pending(rawValue: 1 << 4)
        static let heartbeat = Pending(rawValue: 1 << 5)
        static let heartbeatAck = Pending(rawValue: 1 << 6)
        static let error = Pending(rawValue: 1 << 7)
        static let resetRequest = Pending(rawValue: 1 << 8)
        static let resetResponse = Pending(rawValue: 1 << 9)
        static let shutdown = Pending(rawValue: 1 << 10)
        static let shutdownAck = Pending(rawValue: 1 << 11)
        static let shutdownComplete = Pending(rawValue: 1 << 12)
        static let abort = Pending(rawValue: 1 << 13)
    }

    /// Makes an association whose tag and first TSN come from `generator`.
    public init(generator: SeededGenerator) {
        self.generator = generator
        // A tag must not be zero (RFC 9260 section 5.3.1).
        localTag = UInt32(truncatingIfNeeded: self.generator.next() >> 32) | 1
        initialTSN = UInt32(truncatingIfNeeded: self.generator.next() >> 32)
        outbound = Outbound(initialTSN: initialTSN)
        resets = StreamResets(firstRequest: initialTSN)
    }

    /// What has been counted.
    public var statistics: SCTPStatistics {
        var statistics = counters
        statistics.retransmissions += outbound.retransmissions
        statistics.fastRetransmits += outbound.fastRetransmits
        statistics.messagesAbandoned += outbound.abandonedMessages
        return statistics
    }

    /// When `tick` must be called at the latest; nil if nothing is awaited.
    public var deadline: Instant? { timers.earliest }

    /// The smoothed round-trip time; nil before the first measurement.
    public var roundTripTime: Interval? { timeout.smoothed }

    /// Bytes of messages that wait to be sent for the first time.
    public var bufferedBytes: Int { outbound.waitingBytes }

    /// Begins to connect; the peer may do the same at any time, before or after.
    public mutating func start(now: Instant) {
        self.now = now
        guard state == .idle else { return }
        state = .cookieWait
        pending.insert(.initiate)
        timers.arm(.handshake, at: now + Self.handshakeTimeout)
    }

    /// Takes over a message for sending; false if the association has ended or its send buffer is full.
    ///
    /// - Parameters:
    ///   - bytes: One byte at least, `maximumMessageSize` at most.
    ///   - maximumRetransmissions: After so many the message is given up; nil for never.
    ///   - lifetime: After so long the message is given up; nil for never.
    public mutating func send(
        _ bytes: [UInt8], protocolIdentifier: UInt32, stream: UInt16, isOrdered: Bool,
        maximumRetransmissions: UInt32? = nil, lifetime: Interval? = nil, now: Instant
    ) -> Bool {
        precondition(!bytes.isEmpty, "SCTP carries no empty messages")
        precondition(bytes.count <= Self.maximumMessageSize, "message too long")
        self.now = now
        switch state {
        case .idle, .cookieWait, .cookieEchoed, .established: break
        default: return false
        }
        guard outbound.waitingBytes + bytes.count <= Self.sendBufferSize else { return false }
        var limit = DeliveryLimit()
        if let maximumRetransmissions {
            limit.transmissions = maximumRetransmissions == .max ? .max : maximumRetransmissions + 1
        }
        if let lifetime { limit.expiry = now + lifetime }
        outbound.enqueue(
            bytes, protocolIdentifier: protocolIdentifier, stream: stream, isOrdered: isOrdered, limit: limit)
        counters.messagesSent += 1
        return true
    }

    /// The oldest event that has not been fetched.
    public mutating func nextEvent() -> SCTPEvent? { events.popFirst() }

    /// Ends the association at once, telling the peer.
    public mutating func abort(reason: String, now: Instant) {
        self.now = now
        guard !state.isFinal else { return }
        fail(reason)
    }

    /// Makes the association final and tells the peer if there is one.
    mutating func fail(_ reason: String, tellsPeer: Bool = true) {
        finish(.failed, event: .failed(reason: reason))
        abortReason = reason
        if tellsPeer, peerTag != 0 { pending = .abort }
    }

    /// Makes the association final.
    mutating func finish(_ final: SCTPState, event: SCTPEvent) {
        guard !state.isFinal else { return }
        state = final
        counters = statistics
        pending = []
        answer = nil
        timers.cancelAll()
        outbound = Outbound(initialTSN: initialTSN)
        reassembler = Reassembler()
        events.append(event)
    }
}
