import Scenario
public import Statistics

/// How the candidate fared against the base by one criterion.
public struct CriterionComparison: Sendable {
    /// What a comparison can come out as.
    public enum Outcome: String, Hashable, Sendable {
        /// The shift is for the better, and may be large enough to matter.
        case better
        /// Whatever shift there is, it is smaller than what matters.
        case same
        /// The shift is for the worse, and may be large enough to matter.
        case worse
        /// The runs do not decide.
        case inconclusive
        /// One side has no figures.
        case notMeasured = "not-measured"
    }

    /// What is compared.
    public let criterion: ComparisonCriterion
    /// The base's figures, one for each run that has one.
    public let base: [Double]
    /// The candidate's.
    public let candidate: [Double]
    /// The statistics; nil where one side has no figures.
    public let ranks: RankComparison?
    /// The shift that matters, in the metric's base unit.
    public let margin: Double
    /// The verdict.
    public let outcome: Outcome
    /// Runs a side that would decide an inconclusive comparison, the present ones included.
    public let runsNeeded: Int?

    /// What was due and never came counts as this long, so that it ranks last and stays finite.
    static let never = 1e9

    /// Compares the figures of two sides.
    ///
    /// Worse is a shift whose interval lies wholly on the bad side of zero and reaches the margin: a shift of
    /// the margin's size is found, one that is surely smaller is no change. Better likewise.
    ///
    /// - Parameter confidence: Of the interval that decides.
    public init(_ criterion: ComparisonCriterion, base: [Double], candidate: [Double], confidence: Double) {
        self.criterion = criterion
        self.base = base.map { $0.isFinite ? $0 : Self.never }
        self.candidate = candidate.map { $0.isFinite ? $0 : Self.never }
        ranks = RankComparison(base: self.base, candidate: self.candidate, confidence: confidence)
        let middle = OrderStatistics.quantile(0.5, ofSorted: self.base.sorted()) ?? 0
        margin = criterion.margin.around(middle)
        guard let ranks else {
            outcome = .notMeasured
            runsNeeded = nil
            return
        }
        outcome = Self.outcome(ranks.interval, margin: margin, direction: criterion.metric.direction)
        guard outcome == .inconclusive, margin > 0,
            let deviation = RunCount.cautiousDeviation(self.base, self.candidate)
        else {
            runsNeeded = nil
            return
        }
        let needed = RunCount.needed(deviation: deviation, margin: margin, significance: 1 - confidence)
        // Too few for the ranks to say anything at all, whatever the spread.
        let least = RunCount.least(significance: 1 - confidence)
        runsNeeded = max(needed, least, max(base.count, candidate.count) + 1)
    }

    private static func outcome(
        _ interval: ClosedRange<Double>?, margin: Double, direction: Metric.Direction
    ) -> Outcome {
        guard let interval else { return .inconclusive }
        // Turned so that more is worse.
        let (lower, upper) =
            direction == .lowerIsBetter
            ? (interval.lowerBound, interval.upperBound) : (-interval.upperBound, -interval.lowerBound)
        if lower > -margin, upper < margin { return .same }
        if lower > 0 { return .worse }
        if upper < 0 { return .better }
        return .inconclusive
    }
}
