public import Scenario

/// One figure by which runs are compared: a metric's statistic over a phase and a cohort.
public struct ComparisonCriterion: Hashable, Sendable {
    /// What is measured.
    public var metric: Metric
    /// How the participants' values become the run's figure.
    public var statistic: Statistic
    /// The phase; nil for the whole run.
    public var phase: String?
    /// The cohort; nil for everybody.
    public var cohort: String?
    /// Whether the scenario promises something of it: then it decides, else it only informs.
    public var isPromised: Bool
    /// The shift that matters.
    public var margin: PracticalMargin

    /// Describes a criterion.
    public init(
        metric: Metric, statistic: Statistic, phase: String?, cohort: String?, isPromised: Bool,
        margin: PracticalMargin
    ) {
        self.metric = metric
        self.statistic = statistic
        self.phase = phase
        self.cohort = cohort
        self.isPromised = isPromised
        self.margin = margin
    }

    /// What it says in a threshold line, without the limit.
    public var text: String {
        var words = [metric.rawValue]
        if statistic != metric.defaultStatistic || metric.statistics.count > 1 {
            words.append(statistic.rawValue)
        }
        if let phase { words.append("during \(phase)") }
        if let cohort { words.append("for \(cohort)") }
        return words.joined(separator: " ")
    }

    /// The criteria of a plan: what it promises, then every other metric of the participants.
    ///
    /// - Parameter margins: The user's margins; a metric without one keeps its standard.
    public static func all(of plan: Plan, margins: [Metric: PracticalMargin] = [:]) -> [ComparisonCriterion] {
        func margin(_ metric: Metric) -> PracticalMargin { margins[metric] ?? .standard(for: metric) }
        var criteria: [ComparisonCriterion] = []
        for threshold in plan.thresholds where !threshold.metric.isAboutGenerator {
            let criterion = ComparisonCriterion(
                metric: threshold.metric, statistic: threshold.statistic, phase: threshold.phase,
                cohort: threshold.cohort, isPromised: true, margin: margin(threshold.metric))
            if !criteria.contains(criterion) { criteria.append(criterion) }
        }
        let promised = Set(criteria.map(\.metric))
        for metric in Metric.allCases where !metric.isAboutGenerator && !promised.contains(metric) {
            criteria.append(
                ComparisonCriterion(
                    metric: metric, statistic: metric.defaultStatistic, phase: nil, cohort: nil,
                    isPromised: false,
                    margin: margin(metric)))
        }
        return criteria
    }
}
