import Foundation

/// Percentiles and their distribution-free confidence intervals, for independent values such as one per
/// participant.
public enum OrderStatistics {
    /// The percentile of sorted values by nearest rank; nil without values.
    public static func quantile(_ share: Double, ofSorted values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        // 0.07 of 100 is the 7th, although 0.07 * 100 lies a little above 7.
        let rank = Int((share * Double(values.count) - 1e-9).rounded(.up))
        return values[min(values.count - 1, max(0, rank - 1))]
    }

    /// Ranks (from 1) of the values between which the percentile lies with the given confidence; a side is nil
    /// when there are too few values to bound it.
    ///
    /// l is the largest rank with P(B < l) ≤ α/2 and u the smallest with P(B ≥ u) ≤ α/2, B ~ Bin(n, q).
    public static func confidenceRanks(
        count: Int, quantile: Double, confidence: Double = 0.95
    ) -> (lower: Int?, upper: Int?) {
        let tail = (1 - confidence) / 2
        var cumulative = 0.0  // P(B < rank)
        var lower: Int?
        var upper: Int?
        for rank in 0...max(0, count) {
            // Here cumulative = P(B ≤ rank - 1) = P(B < rank).
            if rank >= 1, cumulative <= tail { lower = rank }
            if rank >= 1, upper == nil, 1 - cumulative <= tail { upper = rank }
            cumulative += probability(rank, count, quantile)
        }
        return (lower, upper)
    }

    /// The values between which the percentile of sorted values lies with 95 % confidence.
    public static func interval(
        _ share: Double, ofSorted values: [Double]
    ) -> (lower: Double?, upper: Double?) {
        let ranks = confidenceRanks(count: values.count, quantile: share)
        return (ranks.lower.map { values[$0 - 1] }, ranks.upper.map { values[$0 - 1] })
    }

    private static func probability(_ k: Int, _ n: Int, _ q: Double) -> Double {
        if q <= 0 { return k == 0 ? 1 : 0 }
        if q >= 1 { return k == n ? 1 : 0 }
        let logarithm =
            lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1) + Double(k) * log(q)
            + Double(n - k) * log1p(-q)
        return exp(logarithm)
    }
}
