import Foundation

/// A histogram of delays in constant memory: 128 buckets that grow by 9 % from 0.1 ms to 6 s.
///
/// For one value per participant and stretch (its p95). What is reported to three digits comes from the cohorts'
/// HDR histograms.
public struct DelaySketch: Sendable {
    /// Counts by bucket.
    public private(set) var counts = InlineArray<128, UInt32>(repeating: 0)
    /// Number of values.
    public private(set) var total: UInt32 = 0

    /// Makes an empty sketch.
    public init() {}

    /// Number of buckets.
    public static let bucketCount = 128
    private static let smallest = 0.1
    private static let growth = 1.09
    private static let logGrowth = log(growth)

    /// Adds a delay in milliseconds; anything below 0.1 ms counts as that, anything above 6 s likewise.
    public mutating func add(milliseconds: Double) {
        var bucket = 0
        if milliseconds > Self.smallest {
            bucket = min(Self.bucketCount - 1, 1 + Int(log(milliseconds / Self.smallest) / Self.logGrowth))
        }
        counts[bucket] &+= 1
        total &+= 1
    }

    /// Adds another sketch.
    public mutating func merge(_ other: DelaySketch) {
        for bucket in 0..<Self.bucketCount { counts[bucket] &+= other.counts[bucket] }
        total &+= other.total
    }

    /// The value, in milliseconds, that stands for a bucket: its geometric middle.
    public static func representative(of bucket: Int) -> Double {
        bucket == 0 ? smallest : smallest * pow(growth, Double(bucket) - 0.5)
    }

    /// The delay below which the given share of the values lies, in milliseconds; nil when empty.
    public func quantile(_ share: Double) -> Double? {
        guard total > 0 else { return nil }
        let rank = max(1, (share * Double(total)).rounded(.up))
        var seen: UInt32 = 0
        for bucket in 0..<Self.bucketCount {
            seen += counts[bucket]
            if Double(seen) >= rank { return Self.representative(of: bucket) }
        }
        return Self.representative(of: Self.bucketCount - 1)
    }
}
