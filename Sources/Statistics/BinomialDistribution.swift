import Foundation

/// How many of `trials` independent units fail, each with the same probability.
public struct BinomialDistribution: Hashable, Sendable {
    /// Units looked at.
    public var trials: Int
    /// Probability of a failure, 0...1.
    public var probability: Double

    /// Describes the distribution; `trials` must not be negative.
    public init(trials: Int, probability: Double) {
        precondition(trials >= 0, "a number of units is not negative")
        self.trials = trials
        self.probability = min(1, max(0, probability))
    }

    /// P(B = count).
    public func mass(_ count: Int) -> Double {
        guard 0...trials ~= count else { return 0 }
        if probability <= 0 { return count == 0 ? 1 : 0 }
        if probability >= 1 { return count == trials ? 1 : 0 }
        let (n, k) = (Double(trials), Double(count))
        let orders: Double = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        let outcome: Double = k * log(probability) + (n - k) * log1p(-probability)
        return exp(orders + outcome)
    }

    /// P(B ≤ count).
    public func cumulative(_ count: Int) -> Double {
        guard count >= 0 else { return 0 }
        guard count < trials else { return 1 }
        var sum = 0.0
        for k in 0...count { sum += mass(k) }
        return min(1, sum)
    }
}

/// A failed share of units with the interval in which the true one lies.
public struct ProportionInterval: Hashable, Sendable {
    /// The lower end, 0...1.
    public var lower: Double
    /// The upper end, 0...1.
    public var upper: Double

    /// The exact interval of Clopper and Pearson: never covers less than `confidence`, so it is the one for contracts.
    ///
    /// - Parameters:
    ///   - failures: Units that failed.
    ///   - trials: Units looked at; 0 leaves everything open.
    public static func clopperPearson(
        failures: Int, of trials: Int, confidence: Double = 0.95
    ) -> ProportionInterval {
        guard trials > 0 else { return ProportionInterval(lower: 0, upper: 1) }
        let tail = (1 - confidence) / 2
        // P(B ≥ k | p) grows with p, P(B ≤ k | p) falls with it: each end is where its tail is α/2.
        let lower =
            failures == 0
            ? 0
            : root {
                1 - BinomialDistribution(trials: trials, probability: $0).cumulative(failures - 1) - tail
            }
        let upper =
            failures == trials
            ? 1
            : root { tail - BinomialDistribution(trials: trials, probability: $0).cumulative(failures) }
        return ProportionInterval(lower: lower, upper: upper)
    }

    /// Wilson's score interval: closer on average, the one for dashboards.
    public static func wilson(failures: Int, of trials: Int, confidence: Double = 0.95) -> ProportionInterval
    {
        guard trials > 0 else { return ProportionInterval(lower: 0, upper: 1) }
        let z = NormalDistribution.quantile(0.5 + confidence / 2)
        let (n, p) = (Double(trials), Double(failures) / Double(trials))
        let scale = 1 / (1 + z * z / n)
        let centre = scale * (p + z * z / (2 * n))
        let half = scale * z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return ProportionInterval(
            lower: failures == 0 ? 0 : max(0, centre - half),
            upper: failures == trials ? 1 : min(1, centre + half))
    }

    /// Where a function that grows on 0...1 crosses zero.
    private static func root(_ function: (Double) -> Double) -> Double {
        var (lower, upper) = (0.0, 1.0)
        for _ in 0..<100 {
            let middle = (lower + upper) / 2
            if function(middle) < 0 { lower = middle } else { upper = middle }
        }
        return (lower + upper) / 2
    }
}
