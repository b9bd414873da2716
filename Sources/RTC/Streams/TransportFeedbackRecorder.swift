public import Primitives
public import WireFormats

/// The receiver's side of transport-wide congestion control: notes when packets arrive and reports it every 100 ms
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
public struct TransportFeedbackRecorder: Sendable {
    /// Packets that are remembered until they are reported.
    private static let capacity = 2048
    /// Stands for a packet that has not arrived.
    private static let missing = Int64.min

    /// The longest time that an arrival waits for its report.
    public var interval: Interval = .milliseconds(100)
    /// The shortest time between two reports, when many packets ask for one early.
    public var minimumInterval: Interval = .milliseconds(50)
    /// How many arrivals ask for a report before `interval` is over.
    public var earlyReportCount = 100

    /// Extends the transport-wide numbers.
    private var unwrapper = SequenceUnwrapper()
    /// Arrivals in ticks of 250 µs, each at its number modulo the capacity.
    private var arrivals: ContiguousArray<Int64>
    /// The highest number so far.
    private var newest: Int64?
    /// The number at which the next report begins.
    private var base: Int64 = 0
    /// Arrivals that have not been reported.
    private var pendingCount = 0
    /// When the first of them came.
    private var firstPendingAt: Instant?
    /// When the last report was written.
    private var lastReportAt: Instant?
    /// Counts reports, modulo 256.
    private var feedbackCount: UInt8 = 0

    /// Starts without packets.
    public init() { arrivals = ContiguousArray(repeating: Self.missing, count: Self.capacity) }

    /// When the next report is due; nil while there is nothing to report.
    public var deadline: Instant? {
        guard let firstPendingAt else { return nil }
        let regular = firstPendingAt + interval
        guard pendingCount >= earlyReportCount else { return regular }
        return min(regular, (lastReportAt ?? firstPendingAt) + minimumInterval)
    }

    /// Notes the arrival of a packet.
    public mutating func receive(_ sequenceNumber: UInt16, now: Instant) {
        let extended = unwrapper.unwrap(sequenceNumber)
        guard let last = newest else {
            newest = extended
            base = extended
            return note(extended, now)
        }
        if extended > last {
            if extended - last >= Int64(Self.capacity) {
                for index in arrivals.indices { arrivals[index] = Self.missing }
                base = extended
            } else {
                for skipped in last + 1...extended { arrivals[place(of: skipped)] = Self.missing }
                base = max(base, extended - Int64(Self.capacity) + 1)
            }
            newest = extended
        } else {
            // An old number may belong to a place that a newer one has taken, and repetitions say nothing new.
            guard last - extended < Int64(Self.capacity), arrivals[place(of: extended)] == Self.missing else {
                return
            }
            base = min(base, extended)
        }
        note(extended, now)
    }

    /// Writes reports about everything that has arrived since the last one.
    ///
    /// - Returns: Whether nothing is left to report; if not, the rest needs another datagram.
    @discardableResult
    public mutating func write(into writer: inout RTCPWriter, _ sources: FeedbackSources, now: Instant)
        -> Bool
    {
        guard let newest, pendingCount > 0 else { return true }
        while base <= newest {
            skipLongOutage(upTo: newest)
            let start = base
            let written = writer.writeTransportFeedback(
                sources, baseSequence: UInt16(truncatingIfNeeded: start),
                statusCount: Int(newest - start + 1),
                feedbackCount: feedbackCount
            ) { index in
                let arrival = arrivals[place(of: start + Int64(index))]
                return arrival == Self.missing ? nil : arrival
            }
            guard written > 0 else { return false }
            base += Int64(written)
            feedbackCount &+= 1
        }
        pendingCount = 0
        firstPendingAt = nil
        lastReportAt = now
        return true
    }

    private mutating func note(_ extended: Int64, _ now: Instant) {
        let tick = TransportFeedbackHeader.tick.nanoseconds
        // Rounds down on both sides of zero.
        let time = now.nanoseconds
        arrivals[place(of: extended)] = (time - (time % tick + tick) % tick) / tick
        pendingCount += 1
        if firstPendingAt == nil { firstPendingAt = now }
    }

    /// A report must begin so close to an arrival that both fit into it.
    private mutating func skipLongOutage(upTo newest: Int64) {
        var first = base
        while first < newest, arrivals[place(of: first)] == Self.missing { first += 1 }
        if first - base >= Int64(RTCPWriter.maximumStatusCount / 2) { base = first }
    }

    private func place(of extended: Int64) -> Int { Int(truncatingIfNeeded: extended) & (Self.capacity - 1) }
}
