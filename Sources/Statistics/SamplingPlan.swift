import Foundation

/// An acceptance sampling plan for units that pass or fail: look at `size` of them, accept with at most
/// `acceptance` failures (ISO 2859 calls it the acceptance number).
public struct SamplingPlan: Hashable, Sendable {
    /// Units to look at.
    public var size: Int
    /// Most failures with which the delivery is accepted.
    public var acceptance: Int

    /// Describes a plan.
    public init(size: Int, acceptance: Int) {
        self.size = size
        self.acceptance = acceptance
    }

    /// The chance that a delivery whose units fail with this probability is accepted.
    public func acceptanceProbability(failing probability: Double) -> Double {
        BinomialDistribution(trials: size, probability: probability).cumulative(acceptance)
    }

    /// The smallest plan that keeps both risks.
    ///
    /// - Parameters:
    ///   - good: Failing share that should be accepted.
    ///   - bad: Failing share that should be refused; more than `good`.
    ///   - producerRisk: Chance to refuse a good delivery (α).
    ///   - consumerRisk: Chance to accept a bad one (β).
    /// - Returns: nil when more than a million units would be needed.
    public static func smallest(
        good: Double, bad: Double, producerRisk: Double, consumerRisk: Double
    ) -> SamplingPlan? {
        precondition(0 < good && good < bad && bad < 1, "good must be better than bad")
        var plan = SamplingPlan(size: 1, acceptance: 0)
        while plan.size <= 1_000_000 {
            // For each acceptance number the consumer's risk asks for a least size; the producer's for a most.
            if plan.acceptanceProbability(failing: bad) > consumerRisk {
                plan.size += 1
            } else if plan.acceptanceProbability(failing: good) < 1 - producerRisk {
                plan.acceptance += 1
            } else {
                return plan
            }
        }
        return nil
    }

    /// The size with which a sample without any failure shows that at most `share` fail, with this confidence.
    public static func zeroFailures(atMost share: Double, confidence: Double) -> SamplingPlan {
        precondition(0 < share && share < 1, "a share lies between 0 and 1")
        let size = (log(1 - confidence) / log1p(-share)).rounded(.up)
        return SamplingPlan(size: Int(size), acceptance: 0)
    }
}
