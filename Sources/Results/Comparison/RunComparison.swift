public import Scenario
import Statistics

/// Several runs of a base against several runs of a candidate.
///
/// The run is the unit: participants of one run share its server, its minute and its luck. Each run gives one figure
/// per criterion; the figures of two sides are compared by ranks (`RankComparison`).
public struct RunComparison {
    /// Something that makes two sides hard to compare.
    public struct Difference: Hashable, Sendable {
        /// What differs, such as `plan` or `kernel`.
        public var name: String
        /// How, in words.
        public var text: String
    }

    /// What the comparison comes down to.
    public enum Ending: String, Hashable, Sendable {
        /// Nothing that is promised got worse.
        case held
        /// Something that is promised got worse.
        case failed
        /// More runs are needed.
        case inconclusive
        /// Runs of which the figures may not be used are among them.
        case invalid
        /// The two sides did not do the same.
        case incomparable
    }

    /// The runs before the change.
    public let base: [ComparedRun]
    /// The runs after it.
    public let candidate: [ComparedRun]
    /// What makes the sides hard to compare; empty when they differ in nothing but the deployment.
    public let differences: [Difference]
    /// Runs that are not valid or did not end by themselves, with the reason.
    public let unusable: [Difference]
    /// By each criterion, the promised ones first.
    public let criteria: [CriterionComparison]
    /// Chance that any of the promised criteria is called worse by luck alone, at most.
    public static let familyRisk = 0.05

    /// Compares two sides; each must have at least one run.
    ///
    /// - Parameter margins: The user's margins by metric.
    public init(base: [ComparedRun], candidate: [ComparedRun], margins: [Metric: PracticalMargin] = [:]) {
        precondition(!base.isEmpty && !candidate.isEmpty, "a side without runs cannot be compared")
        self.base = base
        self.candidate = candidate
        differences = Self.differences(base, candidate)
        unusable = (base + candidate).compactMap(Self.whyUnusable)
        let all = ComparisonCriterion.all(of: base[0].plan, margins: margins)
        // Bonferroni's share for each promise: all intervals hold together with 95 %.
        let confidence = 1 - Self.familyRisk / Double(max(1, all.count { $0.isPromised }))
        criteria = all.map { criterion in
            CriterionComparison(
                criterion, base: base.compactMap { $0.figure(of: criterion) },
                candidate: candidate.compactMap { $0.figure(of: criterion) }, confidence: confidence)
        }
    }

    /// The criteria that decide: those that the scenario promises; all, where it promises nothing.
    public var deciding: [CriterionComparison] {
        let promised = criteria.filter(\.criterion.isPromised)
        return promised.isEmpty ? criteria.filter { $0.outcome != .notMeasured } : promised
    }

    /// What it comes down to: the first of these that applies, because each makes the next meaningless.
    ///
    /// - Parameter ignoringDifferences: Whether the user wants a verdict in spite of them.
    public func ending(ignoringDifferences: Bool = false) -> Ending {
        if !differences.isEmpty, !ignoringDifferences { return .incomparable }
        if !unusable.isEmpty, !ignoringDifferences { return .invalid }
        if deciding.contains(where: { $0.outcome == .worse }) { return .failed }
        if deciding.contains(where: { $0.outcome == .inconclusive || $0.outcome == .notMeasured }) {
            return .inconclusive
        }
        return .held
    }

    /// Runs a side that would decide everything that is still open; nil when nothing is.
    public var runsNeeded: Int? { deciding.compactMap(\.runsNeeded).max() }

    private static func whyUnusable(_ run: ComparedRun) -> Difference? {
        switch run.ending {
        case .interrupted: Difference(name: run.path, text: "it was interrupted")
        case .unreachable: Difference(name: run.path, text: "nobody could join")
        case .held, .failed, .inconclusive, .invalid:
            run.validity.isValid
                ? nil : Difference(name: run.path, text: run.validity.reasons.joined(separator: "; "))
        }
    }

    private static func differences(_ base: [ComparedRun], _ candidate: [ComparedRun]) -> [Difference] {
        var differences: [Difference] = []
        // A side may hold runs of several seeds, as long as the other has the same ones.
        let (plans, others) = (base.map(\.comparablePlan), candidate.map(\.comparablePlan))
        for (run, plan) in zip(candidate, others) where !plans.contains(plan) {
            differences.append(Difference(name: "plan", text: "\(run.path) did not do what the base did"))
        }
        for (run, plan) in zip(base, plans) where !others.contains(plan) {
            differences.append(Difference(name: "plan", text: "no candidate did what \(run.path) did"))
        }
        for position in base[0].circumstances.indices {
            let name = base[0].circumstances[position].name
            var values: [String] = []
            for run in base + candidate where !values.contains(run.circumstances[position].value) {
                values.append(run.circumstances[position].value)
            }
            guard values.count > 1 else { continue }
            let told = values.map { $0.isEmpty ? "unknown" : $0 }.joined(separator: ", ")
            differences.append(Difference(name: name, text: told))
        }
        return differences
    }
}
