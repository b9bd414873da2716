/// How many values fell into each bucket of a histogram, and what that says about their percentiles.
public struct BucketCounts: Sendable, Hashable {
    /// A percentile as far as buckets tell it.
    public struct Estimate: Sendable, Hashable {
        /// Counted evenly within its bucket, as Prometheus does; the lower border of the last one.
        public var value: Double
        /// No value of the bucket lies below.
        public var lower: Double
        /// No value of the bucket lies above; nil for the last one.
        public var upper: Double?
    }

    /// The buckets' upper bounds, inclusive and rising; the last one may be infinite.
    public private(set) var bounds: [Double]
    /// How many values lie in each.
    public private(set) var counts: [Double]

    /// Makes a histogram of cumulative counts, as pages have them.
    public init(cumulative: [(bound: Double, count: Double)]) {
        bounds = cumulative.map(\.bound)
        counts = []
        var before = 0.0
        for entry in cumulative {
            // Counts that were interpolated between readings may fall by a rounding error.
            counts.append(max(0, entry.count - before))
            before = max(before, entry.count)
        }
    }

    /// How many values there are.
    public var total: Double { counts.reduce(0, +) }

    /// Adds the values of another histogram; one with other bounds is left out.
    public static func += (left: inout BucketCounts, right: BucketCounts) {
        guard left.bounds == right.bounds else { return }
        for index in left.counts.indices { left.counts[index] += right.counts[index] }
    }

    /// A percentile; nil without values.
    public func quantile(_ share: Double) -> Estimate? {
        let total = total
        guard total >= 0.5 else { return nil }
        let rank = max(share * total, 0)
        var below = 0.0
        for (index, count) in counts.enumerated() where count > 0 {
            let isLast = !counts[(index + 1)...].contains { $0 > 0 }
            guard below + count >= rank - 1e-9 || isLast else {
                below += count
                continue
            }
            let lower = index == 0 ? 0 : bounds[index - 1]
            let upper = bounds[index]
            guard upper.isFinite else { return Estimate(value: lower, lower: lower, upper: nil) }
            let part = min(1, max(0, (rank - below) / count))
            return Estimate(value: lower + part * (upper - lower), lower: lower, upper: upper)
        }
        return nil
    }
}
