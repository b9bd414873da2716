import Foundation

/// How many runs a side would decide a comparison.
public enum RunCount {
    /// Fewest runs a side with which a two-sided rank test can find anything: 2 / C(2n, n) ≤ α, so 4 at 5 %.
    public static func least(significance: Double = 0.05) -> Int {
        var (runs, orders) = (1, 2.0)
        while 2 / orders > significance, runs < 1000 {
            // C(2n + 2, n + 1) = C(2n, n) (2n + 1) (2n + 2) / (n + 1)²
            orders *= Double(2 * (2 * runs + 1)) / Double(runs + 1)
            runs += 1
        }
        return runs
    }

    /// Runs a side with which a shift of `margin` is found by Mann and Whitney's test.
    ///
    /// The t-test's n = 2 ((z₁₋α/₂ + z₁₋β) σ / margin)², divided by the rank test's relative efficiency on normal
    /// values, 3/π.
    ///
    /// - Parameters:
    ///   - deviation: Standard deviation between runs of one side.
    ///   - margin: The shift that matters, positive.
    ///   - significance: Chance to see a shift where there is none (α).
    ///   - power: Chance to find one that is there (1 − β).
    public static func needed(
        deviation: Double, margin: Double, significance: Double = 0.05, power: Double = 0.9
    ) -> Int {
        precondition(margin > 0, "a margin is positive")
        let z = NormalDistribution.quantile(1 - significance / 2) + NormalDistribution.quantile(power)
        let size = 2 * (z * deviation / margin) * (z * deviation / margin) / (3 / Double.pi)
        return max(least(significance: significance), size < 1_000_000 ? Int(size.rounded(.up)) : 1_000_000)
    }

    /// The spread between the runs of two sides, each around its own mean, with a reserve for how little so few runs
    /// say about it: the end of its one-sided 80 % interval, so that the number asked for suffices four times in five.
    ///
    /// - Returns: nil with fewer than two values on both sides.
    public static func cautiousDeviation(_ base: [Double], _ candidate: [Double]) -> Double? {
        let freedom = Double(max(0, base.count - 1) + max(0, candidate.count - 1))
        guard freedom > 0 else { return nil }
        let squares = squares(base) + squares(candidate)
        // The lower quantile of χ², by Wilson and Hilferty's cube.
        let scale = 2 / (9 * freedom)
        let root = 1 - scale + NormalDistribution.quantile(0.2) * scale.squareRoot()
        return (squares / (freedom * root * root * root)).squareRoot()
    }

    private static func squares(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
}
