import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
    /// P(Z ≤ z).
    public static func cumulative(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    /// The z with P(Z ≤ z) = `probability`; infinite at 0 and 1.
    ///
    /// Bisection on `cumulative`: slow, but as exact as the error function, and nothing here is called often.
    public static func quantile(_ probability: Double) -> Double {
        guard probability > 0 else { return -.infinity }
        guard probability < 1 else { return .infinity }
        var (lower, upper) = (-40.0, 40.0)
        while upper - lower > 1e-12 {
            let middle = (lower + upper) / 2
            if cumulative(middle) < probability { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
