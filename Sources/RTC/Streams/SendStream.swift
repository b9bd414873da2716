public import Primitives
public import WireFormats

/// A packet that was sent and may have to be sent again: everything but its payload.
public struct SentPacket: Sendable, Hashable {
    /// What the caller uses to find the payload again.
    public var token: UInt64
    /// When the packet was first sent.
    public var sentAt: Instant
    /// When the packet was last sent.
    public var lastSentAt: Instant
    /// The packet's timestamp.
    public var timestamp: UInt32
    /// The packet's sequence number.
    public var sequenceNumber: UInt16
    /// The marker bit above the payload type, as in the second byte of the packet.
    private var markerAndPayloadType: UInt8
    /// How often the packet was sent again, above it whether that is under way; 255 marks an empty place.
    private var repetition: UInt8

    /// Makes an entry for a packet that is sent now.
    public init(
        token: UInt64, sequenceNumber: UInt16, timestamp: UInt32, marker: Bool, payloadType: UInt8,
        sentAt: Instant
    ) {
        self.token = token
        self.sentAt = sentAt
        lastSentAt = sentAt
        self.timestamp = timestamp
        self.sequenceNumber = sequenceNumber
        markerAndPayloadType = (marker ? 0x80 : 0) | payloadType & 0x7f
        repetition = 0
    }

    /// How often the packet was sent again.
    public internal(set) var resendCount: UInt8 {
        get { repetition & 0x7f }
        set { repetition = repetition & 0x80 | min(newValue, 0x7e) }
    }

    /// Whether the packet waits to be sent again.
    public internal(set) var isPending: Bool {
        get { repetition & 0x80 != 0 }
        set { repetition = newValue ? repetition | 0x80 : repetition & 0x7f }
    }

    /// The marker bit.
    public var marker: Bool { markerAndPayloadType & 0x80 != 0 }

    /// The payload type.
    public var payloadType: UInt8 { markerAndPayloadType & 0x7f }

    static var empty: SentPacket {
        var packet = SentPacket(
            token: 0, sequenceNumber: 0, timestamp: 0, marker: false, payloadType: 0, sentAt: .zero)
        packet.repetition = .max
        return packet
    }

    var isEmpty: Bool { repetition == .max }
}

/// What a sender has counted on one stream.
public struct SendStatistics: Sendable, Hashable {
    /// Packets sent, repetitions left out.
    public internal(set) var packetCount = 0
    /// Payload octets sent, repetitions left out.
    public internal(set) var payloadByteCount = 0
    /// Packets sent again.
    public internal(set) var resentPacketCount = 0
    /// Payload octets sent again.
    public internal(set) var resentPayloadByteCount = 0
    /// Packets sent only to fill the path, repetitions of others included.
    public internal(set) var paddingPacketCount = 0
    /// Octets of these, as payload or padding.
    public internal(set) var paddingByteCount = 0
    /// Packets that the receiver asked for, repetitions included.
    public internal(set) var requestedCount = 0
    /// Requests for packets that are no longer, or never were, in the history.
    public internal(set) var forgottenCount = 0
    /// Requests that came before an answer to the last one could have arrived, or too often.
    public internal(set) var ignoredCount = 0

    /// Makes statistics without packets.
    public init() {}
}

/// The sending end of one RTP stream: numbering, sender reports, and the history that retransmissions need.
///
/// The history keeps no payload: a token leads the caller back to it. All memory is taken at creation.
public final class SendStream {
    /// The longest time in which a second request for a packet is ignored.
    public static let longestHoldOff: Interval = .milliseconds(100)

    /// The stream's SSRC.
    public let ssrc: UInt32
    /// The SSRC of the stream's retransmissions; nil if they use the stream's own.
    public let retransmissionSSRC: UInt32?
    /// Units per second of the stream's timestamps.
    public let clockRate: UInt32
    /// How often one packet is sent again.
    public let maximumResendCount: Int

    /// What was counted so far.
    public private(set) var statistics = SendStatistics()
    /// The number of the next packet.
    public private(set) var nextSequenceNumber: UInt16
    /// The number of the next packet of the retransmission stream.
    public private(set) var nextRetransmissionSequenceNumber: UInt16
    /// The last report block about this stream and when it arrived.
    public private(set) var lastReport: (block: ReportBlock, arrivedAt: Instant)?
    /// A timestamp of the stream and the moment it stands for, out of which sender reports are computed.
    public private(set) var timestampReference: (timestamp: UInt32, at: Instant)?

    /// The last packets, each at its number modulo the capacity.
    private var history: ContiguousArray<SentPacket>

    /// Starts a stream without packets.
    ///
    /// - Parameters:
    ///   - historyCapacity: How many packets can be sent again; rounded up to a power of two.
    ///   - generator: Draws the first sequence numbers (RFC 3550 section 5.1); the upper half is left out so that the
    ///     first wrap is far away (RFC 3711 section 3.3.1).
    public init(
        ssrc: UInt32, retransmissionSSRC: UInt32?, clockRate: UInt32, historyCapacity: Int,
        maximumResendCount: Int = 10, generator: inout SeededGenerator
    ) {
        precondition(
            1...32_768 ~= historyCapacity, "sequence numbers must tell the packets of a history apart")
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.clockRate = clockRate
        self.maximumResendCount = min(maximumResendCount, 126)
        nextSequenceNumber = UInt16(truncatingIfNeeded: generator.next() % 0x7fff + 1)
        nextRetransmissionSequenceNumber = UInt16(truncatingIfNeeded: generator.next() % 0x7fff + 1)
        var capacity = 1
        while capacity < historyCapacity { capacity *= 2 }
        history = ContiguousArray(repeating: .empty, count: capacity)
    }

    /// Notes a packet that is sent.
    ///
    /// The packet's number is usually `nextSequenceNumber`; a forwarder may choose others, also out of order.
    public func recordSent(_ packet: SentPacket, payloadByteCount: Int) {
        history[place(of: packet.sequenceNumber)] = packet
        statistics.packetCount += 1
        statistics.payloadByteCount += payloadByteCount
        let lead = Int16(truncatingIfNeeded: Int(packet.sequenceNumber) - Int(nextSequenceNumber))
        if lead >= 0 || statistics.packetCount == 1 { nextSequenceNumber = packet.sequenceNumber &+ 1 }
        guard let reference = timestampReference else {
            timestampReference = (packet.timestamp, packet.sentAt)
            return
        }
        if Int32(bitPattern: packet.timestamp &- reference.timestamp) > 0 {
            timestampReference = (packet.timestamp, packet.sentAt)
        }
    }

    /// Says which moment a timestamp stands for, where that is better known than by the time of sending.
    public func setTimestampReference(_ timestamp: UInt32, at instant: Instant) {
        timestampReference = (timestamp, instant)
    }

    /// The packet that a receiver asks for; nil if it is forgotten or if the request came too early or too often.
    ///
    /// A request within one round trip of the last answer cannot know of that answer and is ignored.
    public func packet(requested sequenceNumber: UInt16, now: Instant, roundTripTime: Interval?)
        -> SentPacket?
    {
        statistics.requestedCount += 1
        let packet = history[place(of: sequenceNumber)]
        guard !packet.isEmpty, packet.sequenceNumber == sequenceNumber else {
            statistics.forgottenCount += 1
            return nil
        }
        let holdOff = min(roundTripTime ?? .milliseconds(20), Self.longestHoldOff)
        let isTooEarly = packet.resendCount > 0 && now - packet.lastSentAt < holdOff
        guard !isTooEarly, !packet.isPending, packet.resendCount < maximumResendCount else {
            statistics.ignoredCount += 1
            return nil
        }
        return packet
    }

    /// Notes that a packet of the history waits to be sent again, so that it is not queued a second time.
    func setPending(_ sequenceNumber: UInt16) {
        let place = place(of: sequenceNumber)
        guard !history[place].isEmpty, history[place].sequenceNumber == sequenceNumber else { return }
        history[place].isPending = true
    }

    /// The mean payload of the packets so far, in bytes.
    var meanPayloadByteCount: Int { statistics.payloadByteCount / max(1, statistics.packetCount) }

    /// The packet of the last few that is best sent again to fill the path: the newest of those sent least often.
    ///
    /// As libwebrtc chooses among its last 63 packets (`kMaxPaddingHistory`).
    public func paddingPacket() -> SentPacket? {
        var best: SentPacket?
        for age in 1...min(63, history.count) {
            let number = nextSequenceNumber &- UInt16(age)
            let packet = history[place(of: number)]
            guard !packet.isEmpty, packet.sequenceNumber == number else { break }
            guard !packet.isPending else { continue }
            if packet.resendCount < best?.resendCount ?? UInt8(clamping: maximumResendCount) { best = packet }
            if packet.resendCount == 0 { break }
        }
        return best
    }

    /// The latest timestamp; 0 before the first packet.
    public var lastTimestamp: UInt32 { timestampReference?.timestamp ?? 0 }

    /// Notes a packet on the retransmission stream that holds nothing.
    public func recordPadding(byteCount: Int) {
        nextRetransmissionSequenceNumber &+= 1
        statistics.paddingPacketCount += 1
        statistics.paddingByteCount += byteCount
    }

    /// Notes that a packet of the history is sent again.
    ///
    /// - Parameter isPadding: Whether only to fill the path.
    /// - Returns: The number that the packet has on the retransmission stream; its own number if there is none.
    public func recordResent(
        _ sequenceNumber: UInt16, payloadByteCount: Int, isPadding: Bool = false, now: Instant
    ) -> UInt16 {
        let place = place(of: sequenceNumber)
        if !history[place].isEmpty, history[place].sequenceNumber == sequenceNumber {
            history[place].resendCount += 1
            history[place].isPending = false
            history[place].lastSentAt = now
        }
        if isPadding {
            statistics.paddingPacketCount += 1
            statistics.paddingByteCount += payloadByteCount
        } else {
            statistics.resentPacketCount += 1
            statistics.resentPayloadByteCount += payloadByteCount
        }
        guard retransmissionSSRC != nil else { return sequenceNumber }
        defer { nextRetransmissionSequenceNumber &+= 1 }
        return nextRetransmissionSequenceNumber
    }

    /// The sender report for this moment; nil before the first packet (RFC 3550 section 6.4.1).
    public func makeSenderReport(now: Instant, wallClock: WallClockOrigin) -> SenderReport? {
        guard let reference = timestampReference, statistics.packetCount > 0 else { return nil }
        let elapsed = (now - reference.at).nanoseconds
        let seconds = elapsed / 1_000_000_000
        let rest = elapsed % 1_000_000_000
        let units = seconds * Int64(clockRate) + rest * Int64(clockRate) / 1_000_000_000
        return SenderReport(
            ssrc: ssrc, ntp: wallClock.ntpTimestamp(at: now),
            rtpTimestamp: reference.timestamp &+ UInt32(truncatingIfNeeded: units),
            packetCount: UInt32(truncatingIfNeeded: statistics.packetCount),
            octetCount: UInt32(truncatingIfNeeded: statistics.payloadByteCount))
    }

    /// Takes what the receiver reports about this stream.
    public func receive(_ block: ReportBlock, now: Instant) {
        guard block.ssrc == ssrc else { return }
        lastReport = (block, now)
    }

    /// Packets that were sent and that the last report does not cover.
    public var unreportedCount: Int {
        guard let lastReport else { return statistics.packetCount }
        let covered = UInt16(truncatingIfNeeded: lastReport.block.highestSequence)
        return max(0, Int(Int16(bitPattern: nextSequenceNumber &- 1 &- covered)))
    }

    private func place(of sequenceNumber: UInt16) -> Int { Int(sequenceNumber) & (history.count - 1) }
}
