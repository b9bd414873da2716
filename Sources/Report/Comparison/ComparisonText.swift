import Results
import Scenario
import Statistics

/// The words in which a comparison of runs is told, the same in every format.
struct ComparisonText {
    private let comparison: RunComparison
    private let ignoresDifferences: Bool

    init(_ comparison: RunComparison, ignoresDifferences: Bool) {
        self.comparison = comparison
        self.ignoresDifferences = ignoresDifferences
    }

    /// The verdict in a sentence.
    var sentence: String {
        let runs =
            "\(NumberText.count(comparison.candidate.count, "run")) against "
            + NumberText.count(comparison.base.count, "run")
        switch comparison.ending(ignoringDifferences: ignoresDifferences) {
        case .held: return "No worse: nothing that is promised got worse (\(runs))."
        case .failed:
            let names = comparison.deciding.filter { $0.outcome == .worse }.map(\.criterion.text)
            return "Worse: \(names.joined(separator: ", ")) (\(runs))."
        case .inconclusive:
            let needed = comparison.runsNeeded.map { "; about \($0) a side would decide" } ?? ""
            return "Inconclusive: \(runs) do not decide\(needed)."
        case .invalid:
            let names = comparison.unusable.map { "\($0.name): \($0.text)" }
            return "Invalid: these runs may not be used: \(names.joined(separator: "; "))."
        case .incomparable:
            var names: [String] = []
            for difference in comparison.differences where !names.contains(difference.name) {
                names.append(difference.name)
            }
            return "Not comparable: the sides differ in \(names.joined(separator: ", "))."
        }
    }

    /// What has to be said beside the figures, a line each.
    var remarks: [String] {
        let differences = comparison.differences.map { "differs: \($0.name): \($0.text)" }
        let unusable = comparison.unusable.map { "not to be used: \($0.name): \($0.text)" }
        return differences + unusable
    }

    /// One criterion in words.
    struct Row {
        /// The criterion, as in a threshold line.
        var criterion: String
        /// Whether the scenario promises something of it.
        var isPromised: Bool
        /// The median figure of the base and of the candidate.
        var base, candidate: String
        /// The shift, with its sign; empty where there is none to tell.
        var shift: String
        /// Between which shifts the true one lies.
        var interval: String
        /// The shift that matters.
        var margin: String
        /// Mann and Whitney's probability.
        var probability: String
        /// Cliff's δ.
        var effect: String
        /// How it came out.
        var outcome: CriterionComparison.Outcome

        /// The outcome as a mark and a word.
        var verdict: String {
            switch outcome {
            case .better: "✓ better"
            case .same: "✓ no change"
            case .worse: "✗ worse"
            case .inconclusive: "? open"
            case .notMeasured: "– not measured"
            }
        }
    }

    /// The criteria that have figures or are promised.
    var rows: [Row] {
        comparison.criteria.filter { $0.criterion.isPromised || $0.outcome != .notMeasured }.map(Self.row)
    }

    private static func row(_ comparison: CriterionComparison) -> Row {
        let unit = comparison.criterion.metric.unit
        func median(_ values: [Double]) -> String {
            OrderStatistics.quantile(0.5, ofSorted: values.sorted()).map { figure($0, unit) } ?? "–"
        }
        let ranks = comparison.ranks
        var row = Row(
            criterion: comparison.criterion.text, isPromised: comparison.criterion.isPromised,
            base: median(comparison.base), candidate: median(comparison.candidate), shift: "", interval: "",
            margin: figure(comparison.margin, unit), probability: "", effect: "", outcome: comparison.outcome)
        guard let ranks else { return row }
        row.shift = signed(ranks.shift, unit)
        row.interval =
            ranks.interval.map { "\(signed($0.lowerBound, unit)) … \(signed($0.upperBound, unit))" }
            ?? "too few runs"
        row.probability = NumberText.decimal(ranks.probability, 3)
        row.effect = (ranks.effect > 0 ? "+" : "") + NumberText.decimal(ranks.effect, 2)
        return row
    }

    /// A figure, where an endless wait is told as such.
    private static func figure(_ value: Double, _ unit: Metric.Unit) -> String {
        NumberText.value(abs(value) > 1e8 ? .infinity : value, unit)
    }

    private static func signed(_ value: Double, _ unit: Metric.Unit) -> String {
        if value == 0 { return "0" }
        // Shares shift by percentage points; "percent" would read as a ratio.
        let text =
            unit == .share
            ? NumberText.significant(abs(value) * 100) + NumberText.thinSpace + "points"
            : figure(abs(value), unit)
        return (value < 0 ? "−" : "+") + text
    }
}
