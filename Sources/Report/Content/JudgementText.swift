import Probe
import Results
import Scenario

/// A judged promise in words.
struct JudgementText {
    /// ✓, ✗ or ?.
    var mark: String
    /// The same as a word, because a colour or a sign alone is not for everybody.
    var word: String
    /// The promise as its author wrote it.
    var threshold: String
    /// The figure with its unit.
    var figure: String
    /// The limit with its unit.
    var limit: String
    /// The interval with its unit; empty where there is none.
    var interval: String
    /// How many values there were.
    var count: String

    init(_ judgement: Judgement) {
        let unit = judgement.threshold.metric.unit
        switch judgement.outcome {
        case .held: (mark, word) = ("✓", "kept")
        case .failed: (mark, word) = ("✗", "broken")
        case .undecided: (mark, word) = ("?", "undecided")
        }
        threshold = PlainText.line(judgement.threshold.text)
        figure = judgement.value.map { NumberText.value($0, unit) } ?? "not measured"
        limit = Self.limit(judgement.threshold)
        interval = Self.interval(judgement.interval, unit)
        count = NumberText.whole(judgement.count)
    }

    /// Reads as “< 3 s”.
    static func limit(_ threshold: Threshold) -> String {
        let sign =
            switch threshold.comparison {
            case .less: "<"
            case .lessOrEqual: "≤"
            case .greater: ">"
            case .greaterOrEqual: "≥"
            case .equal: "="
            }
        return sign + NumberText.thinSpace + NumberText.limit(threshold.limit, threshold.metric.unit)
    }

    /// “312 ms – 340 ms”, “≥ 312 ms”, or nothing.
    static func interval(_ interval: (lower: Double?, upper: Double?), _ unit: Metric.Unit) -> String {
        switch interval {
        case (let lower?, let upper?):
            let (low, high) = (NumberText.value(lower, unit), NumberText.value(upper, unit))
            return low == high ? low : "\(low) – \(high)"
        case (let lower?, nil): return "≥\(NumberText.thinSpace)\(NumberText.value(lower, unit))"
        case (nil, let upper?): return "≤\(NumberText.thinSpace)\(NumberText.value(upper, unit))"
        case (nil, nil): return ""
        }
    }
}

extension VerdictSentence {
    /// Whether the figures may be used, and why.
    static func validity(_ content: RunContent) -> (word: String, text: String) {
        let validity = content.verdict.validity
        guard validity.isValid else { return ("INVALID", validity.reasons.joined(separator: "; ") + ".") }
        guard !content.generator.isEmpty else {
            return ("VALID", "virtual time: the generator cannot have been the limit.")
        }
        let load = content.generator.map(\.dataPlaneLoad).max() ?? 0
        let lateness = content.generator.map(\.worstTickLateness).max() ?? 0
        return (
            "VALID",
            "the generator was not the limit: at most \(NumberText.percent(load)) busy and "
                + "\(NumberText.time(lateness / 1000)) late, nothing dropped."
        )
    }

    /// How far the figures can be wrong, as far as the run file knows.
    static let precision =
        "How far these figures can be wrong: no calibration is stored with this run. By construction, delays of "
        + "packets and frames carry three digits, p95 delays of single participants ±4.5 %, and the sound's rating "
        + "±\(NumberText.decimal(OpusImpairment.uncertaintyRating, 0)) R, which is the codec table's uncertainty."
}
