import Foundation

/// Wald's sequential probability ratio test for units that pass or fail: stops as soon as the units decide.
public struct SequentialTest: Hashable, Sendable {
    /// What the units say so far.
    public enum Decision: Hashable, Sendable {
        /// Not enough units yet.
        case open
        /// The failing share is as good as promised.
        case accepted
        /// It is as bad as must be refused.
        case rejected
    }

    /// The log-likelihood ratio from which on the delivery is refused: ln((1 − β) / α).
    public let upper: Double
    /// The log-likelihood ratio down to which it is accepted: ln(β / (1 − α)).
    public let lower: Double
    /// Log-likelihood ratio of the units so far.
    public private(set) var ratio = 0.0
    /// Units so far.
    public private(set) var count = 0
    /// What they say; stays as it is once decided.
    public private(set) var decision = Decision.open

    private let failureStep: Double
    private let successStep: Double

    /// A test between two failing shares.
    ///
    /// - Parameters:
    ///   - good: Failing share that should be accepted.
    ///   - bad: Failing share that should be refused; more than `good`.
    ///   - producerRisk: Chance to refuse a good delivery (α).
    ///   - consumerRisk: Chance to accept a bad one (β).
    public init(good: Double, bad: Double, producerRisk: Double, consumerRisk: Double) {
        precondition(0 < good && good < bad && bad < 1, "good must be better than bad")
        upper = log((1 - consumerRisk) / producerRisk)
        lower = log(consumerRisk / (1 - producerRisk))
        failureStep = log(bad / good)
        successStep = log((1 - bad) / (1 - good))
    }

    /// Takes the next unit.
    public mutating func add(failed: Bool) {
        guard decision == .open else { return }
        count += 1
        ratio += failed ? failureStep : successStep
        if ratio >= upper {
            decision = .rejected
        } else if ratio <= lower {
            decision = .accepted
        }
    }
}
