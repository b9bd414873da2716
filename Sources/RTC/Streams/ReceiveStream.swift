public import Primitives
public import WireFormats

/// What became of a received packet.
public struct PacketArrival: Sendable, Hashable {
    /// How the packet relates to those before it.
    public enum Kind: Sendable, Hashable {
        /// The newest packet so far.
        case new
        /// A packet that others overtook, but not by more than the reorder tolerance.
        case reordered
        /// A packet that had counted as lost, or that a retransmission brought.
        case recovered
        /// A packet that was here before.
        case duplicate
        /// A packet that had been given up; it counts as lost although it is here.
        case tooLate
        /// A packet from long before the stream's first one, or too old to say whether it was here before.
        case outside
        /// A packet whose number is too far from the others to be believed.
        case implausible
    }

    /// The packet's sequence number without wrapping, comparable within one stream.
    public var extendedSequence: Int64
    /// How the packet relates to those before it.
    public var kind: Kind

    /// Whether the packet's content has not been seen yet.
    public var isUnique: Bool {
        switch kind {
        case .new, .reordered, .recovered, .tooLate: true
        case .duplicate, .outside, .implausible: false
        }
    }
}

/// What a receiver has counted on one stream.
public struct ReceiveStatistics: Sendable, Hashable {
    /// Packets that arrived on the stream's own SSRC, duplicates included.
    public internal(set) var packetCount = 0
    /// Packets that arrived on the retransmission stream.
    public internal(set) var repairPacketCount = 0
    /// Payload octets of the stream's own packets, without padding.
    public internal(set) var payloadByteCount = 0
    /// Payload octets of retransmissions.
    public internal(set) var repairPayloadByteCount = 0
    /// Packets that hold nothing but padding.
    public internal(set) var paddingPacketCount = 0
    /// Different packets that arrived, by whatever way, before they were given up.
    public internal(set) var uniqueCount = 0
    /// Different packets that arrived on the stream's own SSRC, those that had been given up included.
    public internal(set) var ownCount = 0
    /// Packets that arrived again, those that the replay protection stopped included.
    public internal(set) var duplicateCount = 0
    /// Packets of the stream's own SSRC that arrived after a later one.
    public internal(set) var reorderedCount = 0
    /// Packets that arrived after they had been given up.
    public internal(set) var tooLateCount = 0
    /// Packets from long before the first one, or too old to be told from duplicates.
    public internal(set) var outsideCount = 0
    /// Packets whose number was too far from the others.
    public internal(set) var implausibleCount = 0
    /// How often the source restarted its numbering.
    public internal(set) var restartCount = 0
    /// NACK messages written.
    public internal(set) var nackCount = 0
    /// Packets asked for, repetitions included.
    public internal(set) var requestedCount = 0
    /// What was lost and what became of it.
    public internal(set) var loss = LossAccount()

    /// Makes statistics without packets.
    public init() {}
}

/// What a sender says it has sent, beside what had arrived when it said so (RFC 3550 section 6.4.1).
public struct SenderAccount: Sendable, Hashable {
    /// Packets that the sender says it has sent, modulo 2^32.
    public var sentCount: UInt32
    /// Packets that the numbers say there were.
    public var expectedCount: Int
    /// Different packets that had arrived on the stream's own SSRC.
    public var ownCount: Int
    /// Retransmissions that had arrived.
    public var repairPacketCount: Int
    /// Packets that had been asked for again, repetitions included.
    public var requestedCount: Int
}

/// The receiving end of one RTP stream: order, loss and repair, jitter, and what its reports say.
///
/// Sans-IO: call `receive` for every packet, `tick` at `deadline`, and `writeRequests` when an RTCP datagram is made.
/// All memory is taken at creation.
public final class ReceiveStream {
    /// The stream's SSRC.
    public let ssrc: UInt32
    /// Units per second of the stream's timestamps.
    public let clockRate: UInt32

    /// What was counted so far.
    public private(set) var statistics = ReceiveStatistics()
    /// Interarrival jitter of the first packet of every frame, repairs left out.
    public private(set) var jitter: InterarrivalJitter
    /// What the last sender report said, beside what had arrived by then; nil before the first.
    public private(set) var senderAccount: SenderAccount?
    /// The last sender report and when it arrived.
    public private(set) var lastSenderReport: (report: SenderReport, arrivedAt: Instant)?
    /// When the last packet arrived on the stream's own SSRC.
    public private(set) var lastPacketAt: Instant?

    /// Extended numbers and duplicates.
    private var sequence = SequenceTracker()
    /// Missing packets.
    private var gaps: GapList
    /// The timestamp that last went into the jitter.
    private var jitterTimestamp: UInt32?
    /// Expected packets at the last report block.
    private var reportedExpected: Int64 = 0
    /// Received packets at the last report block.
    private var reportedReceived = 0

    /// Starts a stream without packets.
    public init(ssrc: UInt32, clockRate: UInt32, policy: RetransmissionPolicy) {
        self.ssrc = ssrc
        self.clockRate = clockRate
        jitter = InterarrivalJitter(clockRate: clockRate)
        gaps = GapList(policy: policy)
    }

    /// Packets that the source has sent as far as we can tell.
    public var expectedCount: Int { Int(sequence.expectedCount) }

    /// Packets that are missing and not given up.
    public var missingCount: Int { gaps.count }

    /// The highest extended sequence number; nil before the first packet.
    public var highestSequence: Int64? { sequence.highest }

    /// When `tick` or `writeRequests` has something to do; nil if no packet is missing.
    public var deadline: Instant? { gaps.deadline }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - header: The packet's header; for a retransmission the original one (`RTXPayload.originalHeader`).
    ///   - isRepair: Whether the packet came on the retransmission stream.
    ///   - now: When it arrived.
    public func receive(_ header: RTPHeader, isRepair: Bool = false, now: Instant) -> PacketArrival {
        count(header, isRepair, now)
        let (extended, position) = sequence.receive(header.sequenceNumber, canRestart: !isRepair)
        let kind = settle(extended, position, isRepair, now)
        let arrival = PacketArrival(extendedSequence: extended, kind: kind)
        if !isRepair, arrival.isUnique { statistics.ownCount += 1 }
        if kind == .new, !isRepair, header.timestamp != jitterTimestamp {
            jitterTimestamp = header.timestamp
            jitter.receive(timestamp: header.timestamp, arrival: now)
        }
        return arrival
    }

    /// Notes a copy of a packet that the replay protection stopped before it could get here.
    public func noteReplay() { statistics.duplicateCount += 1 }

    /// Takes a sender report of this stream.
    public func receive(_ report: SenderReport, now: Instant) {
        guard report.ssrc == ssrc else { return }
        lastSenderReport = (report, now)
        senderAccount = SenderAccount(
            sentCount: report.packetCount, expectedCount: expectedCount, ownCount: statistics.ownCount,
            repairPacketCount: statistics.repairPacketCount, requestedCount: statistics.requestedCount)
    }

    /// Counts losses and gives up packets; harmless when called early.
    public func tick(now: Instant) { gaps.tick(now: now, account: &statistics.loss) }

    /// Gives up whatever is missing, because the stream has ended.
    public func finish() { gaps.giveUp(below: .max, account: &statistics.loss) }

    /// Writes a NACK for the packets whose request is due.
    ///
    /// - Returns: How many packets were asked for.
    @discardableResult
    public func writeRequests(
        into writer: inout RTCPWriter, sender: UInt32, now: Instant, roundTripTime: Interval?
    ) -> Int {
        tick(now: now)
        let sources = FeedbackSources(sender: sender, media: ssrc)
        let count = gaps.writeRequests(into: &writer, sources, now: now, roundTripTime: roundTripTime)
        if count > 0 { statistics.nackCount += 1 }
        statistics.requestedCount += count
        return count
    }

    /// The report block for the next SR or RR, which starts a new interval; nil before the first packet.
    ///
    /// Loss is that of the primary stream, before repair (RFC 3550 appendix A.3): it tells the sender how the path is.
    public func makeReportBlock(now: Instant) -> ReportBlock? {
        guard let highest = sequence.highest else { return nil }
        let expected = sequence.expectedCount
        let received = statistics.packetCount - statistics.implausibleCount
        let expectedInterval = expected - reportedExpected
        let lostInterval = expectedInterval - Int64(received - reportedReceived)
        reportedExpected = expected
        reportedReceived = received
        let fraction =
            expectedInterval > 0 && lostInterval > 0 ? min(lostInterval * 256 / expectedInterval, 255) : 0
        let cumulative = min(max(expected - Int64(received), -0x80_0000), 0x7f_ffff)
        return ReportBlock(
            ssrc: ssrc, fractionLost: UInt8(clamping: fraction), cumulativeLost: Int32(clamping: cumulative),
            highestSequence: UInt32(truncatingIfNeeded: highest), jitter: jitter.integerUnits,
            lastSenderReport: lastSenderReport?.report.compactNTP ?? 0,
            delaySinceLastSenderReport: lastSenderReport.map { CompactTime.units(now - $0.arrivedAt) } ?? 0)
    }

    /// The sender's wall-clock time (NTP, UQ32.32) for a timestamp of the stream; nil before the first sender report.
    public func senderTime(of timestamp: UInt32) -> UInt64? {
        guard let report = lastSenderReport?.report, clockRate > 0 else { return nil }
        let difference = Int64(Int32(bitPattern: timestamp &- report.rtpTimestamp))
        return report.ntp &+ UInt64(bitPattern: (difference << 32) / Int64(clockRate))
    }

    private func count(_ header: RTPHeader, _ isRepair: Bool, _ now: Instant) {
        if isRepair {
            statistics.repairPacketCount += 1
            statistics.repairPayloadByteCount += header.payloadCount
            return
        }
        lastPacketAt = now
        statistics.packetCount += 1
        statistics.payloadByteCount += header.payloadCount
        if header.payloadCount == 0 { statistics.paddingPacketCount += 1 }
    }

    private func settle(
        _ extended: Int64, _ position: SequenceTracker.Position, _ isRepair: Bool, _ now: Instant
    ) -> PacketArrival.Kind {
        switch position {
        case .first(let isRestart):
            if isRestart {
                gaps.giveUp(below: .max, account: &statistics.loss)
                statistics.restartCount += 1
            }
            statistics.uniqueCount += 1
            return .new
        case .ahead(let skipped):
            gaps.open(extended - Int64(skipped)..<extended, now: now, account: &statistics.loss)
            statistics.uniqueCount += 1
            if isRepair {
                statistics.loss.lostBeforeRepair += 1
                statistics.loss.repaired += 1
            }
            return .new
        case .early(let missing):
            gaps.prepend(extended + 1..<extended + 1 + Int64(missing), now: now, account: &statistics.loss)
            statistics.reorderedCount += 1
            statistics.uniqueCount += 1
            return .reordered
        case .behind(isMarked: true):
            statistics.duplicateCount += 1
            return .duplicate
        case .behind(isMarked: false):
            return fill(extended, isRepair, now)
        case .outside:
            statistics.outsideCount += 1
            return .outside
        case .implausible:
            if !isRepair { statistics.implausibleCount += 1 }
            return .implausible
        }
    }

    private func fill(_ extended: Int64, _ isRepair: Bool, _ now: Instant) -> PacketArrival.Kind {
        if !isRepair { statistics.reorderedCount += 1 }
        // Decided by time alone: whether a tick happened to come in between must not matter.
        gaps.tick(now: now, account: &statistics.loss)
        guard let gap = gaps.close(extended) else {
            statistics.tooLateCount += 1
            return .tooLate
        }
        statistics.uniqueCount += 1
        if isRepair {
            if !gap.isCountedLost { statistics.loss.lostBeforeRepair += 1 }
            statistics.loss.repaired += 1
            return .recovered
        }
        guard gap.isCountedLost else { return .reordered }
        statistics.loss.lateRecovered += 1
        return .recovered
    }
}
