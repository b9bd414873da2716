public import Primitives
public import WireFormats

/// The unit of RTCP's short times: 1/65536 s (RFC 3550 section 4).
enum CompactTime {
    /// An interval in units, rounded down; negative ones count as zero.
    static func units(_ interval: Interval) -> UInt32 {
        let nanoseconds = max(interval.nanoseconds, 0)
        let seconds = nanoseconds / 1_000_000_000
        let rest = nanoseconds % 1_000_000_000
        return UInt32(truncatingIfNeeded: seconds << 16 | (rest << 16) / 1_000_000_000)
    }

    /// The interval of a number of units.
    static func interval(_ units: UInt32) -> Interval {
        Interval(nanoseconds: (Int64(units) * 1_000_000_000) >> 16)
    }
}

/// Round-trip time out of the echoes that RTCP carries: LSR and DLSR in report blocks (RFC 3550 section 6.4.1), LRR and
/// DLRR in extended reports (RFC 3611 section 4.5).
public struct RoundTripMeter: Sendable, Hashable {
    /// Echoes that claim more than this are not believed.
    public static let longestCredible: Interval = .seconds(30)

    /// The last measurement.
    public private(set) var latest: Interval?
    /// The mean that forgets: seven parts old, one part new (RFC 6298 section 2).
    public private(set) var smoothed: Interval?
    /// The smallest measurement.
    public private(set) var minimum: Interval?
    /// How many measurements there were.
    public private(set) var count = 0

    /// Starts without a measurement.
    public init() {}

    /// Takes the echo of a sender report out of a report block.
    ///
    /// - Parameter compactNow: Compact NTP time of arrival, by the clock that stamped the sender report.
    /// - Returns: The round-trip time; nil if the block echoes nothing or nothing credible.
    @discardableResult
    public mutating func receive(_ block: ReportBlock, compactNow: UInt32) -> Interval? {
        receive(echo: block.lastSenderReport, delay: block.delaySinceLastSenderReport, compactNow: compactNow)
    }

    /// Takes the echo of a receiver reference time.
    ///
    /// - Parameter compactNow: Compact NTP time of arrival, by the clock that stamped the reference time.
    /// - Returns: The round-trip time; nil if there is no echo or no credible one.
    @discardableResult
    public mutating func receive(_ echo: DelaySinceLastReference, compactNow: UInt32) -> Interval? {
        receive(echo: echo.lastReference, delay: echo.delay, compactNow: compactNow)
    }

    private mutating func receive(echo: UInt32, delay: UInt32, compactNow: UInt32) -> Interval? {
        guard echo != 0 else { return nil }
        // Rounding on both sides can make a short trip look negative by a few units.
        let units = Int32(bitPattern: compactNow &- echo &- delay)
        guard units > -66 else { return nil }
        let trip = CompactTime.interval(UInt32(max(units, 0)))
        guard trip <= Self.longestCredible else { return nil }
        latest = trip
        minimum = min(minimum ?? trip, trip)
        smoothed = smoothed.map { $0 + (trip - $0) / 8 } ?? trip
        count += 1
        return trip
    }
}

/// Remembers receiver reference times so that they can be echoed (RFC 3611 section 4.5).
public struct ReferenceTimeEchoes: Sendable {
    /// How many receivers are remembered; the one heard least recently makes room.
    public static let capacity = 16

    private struct Entry {
        var ssrc: UInt32
        var compactReference: UInt32
        var arrivedAt: Instant
        var isAnswered: Bool
    }

    /// The receivers heard, in the order of their first report.
    private var entries: ContiguousArray<Entry> = []

    /// Starts without a reference time.
    public init() { entries.reserveCapacity(Self.capacity) }

    /// Takes the reference time that receiver `ssrc` sent.
    public mutating func receive(referenceTime ntp: UInt64, from ssrc: UInt32, now: Instant) {
        let entry = Entry(
            ssrc: ssrc, compactReference: UInt32(truncatingIfNeeded: ntp >> 16), arrivedAt: now,
            isAnswered: false)
        if let index = entries.firstIndex(where: { $0.ssrc == ssrc }) {
            entries[index] = entry
        } else if entries.count < Self.capacity {
            entries.append(entry)
        } else if let oldest = entries.indices.min(by: { entries[$0].arrivedAt < entries[$1].arrivedAt }) {
            entries[oldest] = entry
        }
    }

    /// Whether a reference time waits for its echo.
    public var isAnswerDue: Bool { entries.contains { !$0.isAnswered } }

    /// Writes an extended report with the echoes that are due; each reference time is echoed once.
    ///
    /// - Returns: How many were written; what finds no room stays due.
    @discardableResult
    public mutating func write(into writer: inout RTCPWriter, sender: UInt32, now: Instant) -> Int {
        guard isAnswerDue, writer.remaining >= 24, writer.beginExtendedReport(ssrc: sender) else { return 0 }
        var count = 0
        for index in entries.indices where !entries[index].isAnswered {
            let echo = DelaySinceLastReference(
                ssrc: entries[index].ssrc, lastReference: entries[index].compactReference,
                delay: CompactTime.units(now - entries[index].arrivedAt))
            guard writer.append(echo) else { break }
            entries[index].isAnswered = true
            count += 1
        }
        return count
    }
}
