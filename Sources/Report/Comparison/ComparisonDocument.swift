public import Foundation
public import Results
import Scenario
import Statistics

/// A comparison of runs for programs; what was not measured is absent, never zero.
public struct ComparisonDocument: Encodable {
    struct Criterion: Encodable {
        var text, metric, statistic, unit, outcome: String
        var phase, cohort: String?
        var isPromised: Bool
        var base, candidate: [Double]
        var margin: Double
        var shift, lower, upper, probability, effect: Double?
        var runsNeeded: Int?
    }

    struct Side: Encodable {
        var runs: [String]
    }

    /// Grows when a field changes its meaning.
    let schema = 1
    let ending, sentence: String
    let base, candidate: Side
    let remarks: [String]
    let runsNeeded: Int?
    let criteria: [Criterion]

    /// Puts a comparison into fields.
    public init(_ comparison: RunComparison, ignoringDifferences: Bool = false) {
        let text = ComparisonText(comparison, ignoresDifferences: ignoringDifferences)
        ending = comparison.ending(ignoringDifferences: ignoringDifferences).rawValue
        sentence = text.sentence
        base = Side(runs: comparison.base.map(\.path))
        candidate = Side(runs: comparison.candidate.map(\.path))
        remarks = text.remarks
        runsNeeded = comparison.runsNeeded
        criteria = comparison.criteria.filter { $0.criterion.isPromised || $0.outcome != .notMeasured }.map {
            Criterion(
                text: $0.criterion.text, metric: $0.criterion.metric.rawValue,
                statistic: $0.criterion.statistic.rawValue,
                unit: SummaryDocument.unit($0.criterion.metric.unit),
                outcome: $0.outcome.rawValue, phase: $0.criterion.phase, cohort: $0.criterion.cohort,
                isPromised: $0.criterion.isPromised, base: $0.base, candidate: $0.candidate,
                margin: $0.margin,
                shift: $0.ranks?.shift, lower: $0.ranks?.interval?.lowerBound,
                upper: $0.ranks?.interval?.upperBound,
                probability: $0.ranks?.probability, effect: $0.ranks?.effect, runsNeeded: $0.runsNeeded)
        }
    }

    /// The document as JSON with sorted keys.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
