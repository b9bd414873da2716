import Histogram

/// Delays between 1 µs and one minute at three significant digits (HdrHistogram); mergeable through its cells.
public struct DelayHistogram {
    /// All values that share one bucket.
    public struct Cell: Sendable, Hashable, Codable {
        /// The bucket's highest equivalent value, in microseconds.
        public var microseconds: UInt64
        /// How many values fell into it.
        public var count: UInt64

        /// Describes a bucket.
        public init(microseconds: UInt64, count: UInt64) {
            self.microseconds = microseconds
            self.count = count
        }
    }

    /// The largest value that is told apart, in microseconds; longer delays count as this.
    public static let largestMicroseconds: UInt64 = 60_000_000

    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: largestMicroseconds,
        numberOfSignificantValueDigits: .three)

    /// Makes an empty histogram.
    public init() {}

    /// Adds a delay; a negative one counts as 1 µs.
    public mutating func add(microseconds: Int64) {
        histogram.record(min(Self.largestMicroseconds, UInt64(max(1, microseconds))))
    }

    /// Adds a delay that kept its measurer from measuring: those it would have seen meanwhile, one every interval and
    /// each shorter by an interval, are added too (coordinated omission).
    ///
    /// Only for measurers that wait for one answer before they ask again; whoever sends by a schedule and times from
    /// it has omitted nothing.
    public mutating func add(microseconds: Int64, expectedInterval interval: Int64) {
        add(microseconds: microseconds)
        guard interval > 0 else { return }
        var missing = microseconds - interval
        while missing > 0 {
            add(microseconds: missing)
            missing -= interval
        }
    }

    /// Adds what another histogram counted.
    public mutating func add(_ cells: [Cell]) {
        for cell in cells {
            histogram.record(
                min(Self.largestMicroseconds, max(1, cell.microseconds)), count: UInt32(clamping: cell.count))
        }
    }

    /// The buckets that hold values, in rising order.
    public var cells: [Cell] {
        histogram.recordedValues().map { Cell(microseconds: $0.value, count: UInt64($0.count)) }
    }

    /// Number of values.
    public var count: UInt64 { histogram.totalCount }

    /// The delay below which the given percentage of the values lies, in microseconds; nil when empty.
    public func percentile(_ percentage: Double) -> UInt64? {
        histogram.totalCount == 0 ? nil : histogram.valueAtPercentile(percentage)
    }

    /// Forgets all values and keeps the memory.
    public mutating func reset() { histogram.reset() }
}
