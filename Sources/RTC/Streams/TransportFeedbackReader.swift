public import Primitives
public import WireFormats

/// What a transport-wide feedback says about one packet of ours.
public struct TransportPacketResult: Sendable, Hashable {
    /// The packet's transport-wide number.
    public var sequenceNumber: UInt16
    /// The packet's length in bytes.
    public var byteCount: Int
    /// When it was sent.
    public var sentAt: Instant
    /// When it arrived, by the receiver's clock, which has nothing to do with ours; nil if it did not.
    public var arrivedAt: Instant?
    /// The probe cluster it was sent in; 0 for none.
    public var probe: UInt16 = 0
    /// How much longer its way took than the shortest of late; nil if it did not arrive.
    public var queueingDelay: Interval?

    /// Describes a packet's fate.
    public init(
        sequenceNumber: UInt16, byteCount: Int, sentAt: Instant, arrivedAt: Instant? = nil, probe: UInt16 = 0,
        queueingDelay: Interval? = nil
    ) {
        self.sequenceNumber = sequenceNumber
        self.byteCount = byteCount
        self.sentAt = sentAt
        self.arrivedAt = arrivedAt
        self.probe = probe
        self.queueingDelay = queueingDelay
    }

    /// Whether it arrived.
    public var isAcknowledged: Bool { arrivedAt != nil }
}

/// What transport-wide feedback has told so far.
public struct TransportFeedbackStatistics: Sendable, Hashable {
    /// Packets sent with a transport-wide number.
    public internal(set) var sentCount = 0
    /// Packets that arrived.
    public internal(set) var acknowledgedCount = 0
    /// Bytes of packets that arrived.
    public internal(set) var acknowledgedByteCount = 0
    /// Packets that were reported missing and not reported as arrived later.
    public internal(set) var lostCount = 0
    /// Statuses of packets that were never sent or are forgotten.
    public internal(set) var unknownCount = 0
    /// Feedback messages read.
    public internal(set) var feedbackCount = 0
    /// Feedback messages that must have been lost, by the gaps in their count.
    public internal(set) var missedFeedbackCount = 0
    /// How much longer than the shortest way of late the packets of the last feedback took, as a smoothed mean.
    public internal(set) var queueingDelay: Interval?

    /// Makes statistics without packets.
    public init() {}
}

/// The sender's side of transport-wide congestion control: numbers packets and learns which arrived and how fast
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
///
/// The two clocks are unrelated, so only differences of delay mean anything: every delay is given above the minimum of
/// the last ten to twenty seconds, which also follows clock drift.
public struct TransportFeedbackReader: Sendable {
    private enum State: UInt8 { case none, sent, lost, acknowledged }

    private struct Entry {
        var sentAt = Instant.zero
        var byteCount: UInt16 = 0
        var sequenceNumber: UInt16 = 0
        var probe: UInt16 = 0
        var state = State.none
    }

    /// Packets that are remembered until feedback about them comes.
    private static let capacity = 2048
    /// How long one minimum of the one-way delay is used before the next takes over.
    private static let minimumPeriod: Interval = .seconds(10)

    /// What was learnt so far.
    public private(set) var statistics = TransportFeedbackStatistics()
    /// The number of the next packet.
    public private(set) var nextSequenceNumber: UInt16 = 1

    /// Sent packets, each at its number modulo the capacity.
    private var entries: ContiguousArray<Entry>
    /// The reference time of the newest feedback without wrapping, in units of 64 ms.
    private var reference: Int64?
    /// The count of the last feedback.
    private var lastFeedbackCount: UInt8?
    /// The smallest difference of the clocks' readings in the current and the previous period, in nanoseconds.
    private var minima: (current: Int64, previous: Int64) = (.max, .max)
    /// When the current period began.
    private var periodStart: Instant?

    /// Starts without packets.
    public init() { entries = ContiguousArray(repeating: Entry(), count: Self.capacity) }

    /// Numbers and notes a packet that is sent now.
    ///
    /// - Parameter probe: The probe cluster it is sent in; 0 for none.
    /// - Returns: The packet's transport-wide number.
    public mutating func recordSent(byteCount: Int, probe: UInt16 = 0, now: Instant) -> UInt16 {
        let number = nextSequenceNumber
        nextSequenceNumber &+= 1
        entries[Int(number) & (Self.capacity - 1)] = Entry(
            sentAt: now, byteCount: UInt16(clamping: byteCount), sequenceNumber: number, probe: probe,
            state: .sent)
        statistics.sentCount += 1
        return number
    }

    /// Takes a feedback message.
    ///
    /// - Parameters:
    ///   - header: The message's fixed part, as `reader` yielded it.
    ///   - reader: The reader of the datagram that holds it.
    ///   - visit: Is called once for every packet of ours whose fate the message decides.
    public mutating func receive(
        _ header: TransportFeedbackHeader, in reader: borrowing RTCPReader, now: Instant,
        visit: (TransportPacketResult) -> Void = { _ in }
    ) {
        statistics.feedbackCount += 1
        if let last = lastFeedbackCount {
            let missed = header.feedbackCount &- last &- 1
            // A count that goes back is a reordered message, not 250 lost ones.
            if missed < 128 { statistics.missedFeedbackCount += Int(missed) }
        }
        lastFeedbackCount = header.feedbackCount
        let shift = unwrapReference(header.referenceTime) - Int64(header.referenceTime)
        beginPeriodIfDue(now)
        var statuses = reader.transportStatuses(header)
        while let status = statuses.next() {
            let ticks = status.arrival.map { $0 + shift * TransportFeedbackHeader.ticksPerReference }
            if let result = settle(status.sequenceNumber, ticks) { visit(result) }
        }
    }

    private mutating func settle(_ number: UInt16, _ ticks: Int64?) -> TransportPacketResult? {
        let place = Int(number) & (Self.capacity - 1)
        let entry = entries[place]
        guard entry.state != .none, entry.sequenceNumber == number else {
            statistics.unknownCount += 1
            return nil
        }
        var result = TransportPacketResult(
            sequenceNumber: number, byteCount: Int(entry.byteCount), sentAt: entry.sentAt,
            probe: entry.probe)
        guard let ticks else {
            guard entry.state == .sent else { return nil }
            entries[place].state = .lost
            statistics.lostCount += 1
            return result
        }
        guard entry.state != .acknowledged else { return nil }
        if entry.state == .lost { statistics.lostCount -= 1 }
        entries[place].state = .acknowledged
        statistics.acknowledgedCount += 1
        statistics.acknowledgedByteCount += result.byteCount
        let delay = queueingDelay(arrival: ticks, sentAt: entry.sentAt)
        statistics.queueingDelay = statistics.queueingDelay.map { $0 + (delay - $0) / 16 } ?? delay
        result.queueingDelay = delay
        result.arrivedAt = Instant(nanoseconds: ticks &* TransportFeedbackHeader.tick.nanoseconds)
        return result
    }

    private mutating func queueingDelay(arrival ticks: Int64, sentAt: Instant) -> Interval {
        let difference = ticks &* TransportFeedbackHeader.tick.nanoseconds &- sentAt.nanoseconds
        minima.current = min(minima.current, difference)
        return Interval(nanoseconds: difference &- min(minima.current, minima.previous))
    }

    private mutating func beginPeriodIfDue(_ now: Instant) {
        guard let start = periodStart else {
            periodStart = now
            return
        }
        guard now - start >= Self.minimumPeriod else { return }
        minima = (.max, minima.current)
        periodStart = now
    }

    private mutating func unwrapReference(_ referenceTime: Int32) -> Int64 {
        guard let last = reference else {
            reference = Int64(referenceTime)
            return Int64(referenceTime)
        }
        let step = (Int32(truncatingIfNeeded: Int64(referenceTime) &- last) << 8) >> 8
        let extended = last + Int64(step)
        reference = extended
        return extended
    }
}
