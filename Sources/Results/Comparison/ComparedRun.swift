public import Scenario
import Statistics

/// One run, as far as a comparison needs it.
public struct ComparedRun {
    /// The run file.
    public let path: String
    /// What it was to do.
    public let plan: Plan
    /// How it ended.
    public let ending: Verdict.Ending
    /// Whether its figures may be used.
    public let validity: Validity
    /// The facts that must agree for two runs to be comparable, by name; absent ones are empty.
    public let circumstances: [(name: String, value: String)]

    private let values: MetricValues

    /// Reads a run file.
    public init(path: String) throws(RunFileError) {
        let file = try RunFile(path: path)
        self.path = path
        plan = try file.plan()
        let verdict = try Verdict(file)
        ending = verdict.ending
        validity = verdict.validity
        values = try MetricValues(file)
        let facts = try file.meta()
        circumstances = Self.decisive.map { ($0, facts[$0] ?? "") }
    }

    /// What shapes the figures besides the deployment: the generator, its codecs and its machine.
    private static let decisive = [
        RunFact.version, RunFact.mode, RunFact.processor, RunFact.cores, RunFact.kernel,
        RunFact.opus, RunFact.vpx, RunFact.opusTable,
    ]

    /// The figure of one criterion; nil when nothing was measured, infinite when it was due and never came.
    public func figure(of criterion: ComparisonCriterion) -> Double? {
        let values = values.values(of: criterion.metric, phase: criterion.phase, cohort: criterion.cohort)
        guard !values.isEmpty else { return nil }
        guard let share = criterion.statistic.quantile else {
            return values.reduce(0, +) / Double(values.count)
        }
        return OrderStatistics.quantile(share, ofSorted: values)
    }

    /// The plan without what may differ between two sides: where the deployment is, and what is promised of it.
    var comparablePlan: Plan {
        var plan = plan
        plan.target = .embedded(EmbeddedOptions())
        plan.allow = AllowList()
        plan.thresholds = []
        plan.title = ""
        return plan
    }
}
