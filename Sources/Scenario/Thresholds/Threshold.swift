/// One promise that a run is judged by, such as `join.first-video p95 < 3s during hold for viewer`.
public struct Threshold: Hashable, Sendable {
    /// How the measured figure is compared with the limit.
    public enum Comparison: String, CaseIterable, Hashable, Sendable {
        /// The figure lies below the limit.
        case less = "<"
        /// The figure lies at or below the limit.
        case lessOrEqual = "<="
        /// The figure lies above the limit.
        case greater = ">"
        /// The figure lies at or above the limit.
        case greaterOrEqual = ">="
        /// The figure is the limit.
        case equal = "="
    }

    /// What is judged.
    public var metric: Metric
    /// How the participants' values become one figure.
    public var statistic: Statistic
    /// How that figure is compared.
    public var comparison: Comparison
    /// The limit in the metric's base unit: seconds, shares of 1, bit/s.
    public var limit: Double
    /// The phase whose values count; nil for the whole run.
    public var phase: String?
    /// The cohort whose participants count; nil for everybody.
    public var cohort: String?
    /// The threshold as its author wrote it, with single spaces.
    public var text: String

    /// Whether `value`, in the metric's base unit, keeps the promise.
    public func holds(for value: Double) -> Bool {
        switch comparison {
        case .less: value < limit
        case .lessOrEqual: value <= limit
        case .greater: value > limit
        case .greaterOrEqual: value >= limit
        case .equal: value == limit
        }
    }

    /// Reads `text`; the mistakes are told with columns that count from the start of `text`.
    public static func parse(_ text: String) -> Result<Threshold, ThresholdMistake> {
        var parser = ThresholdParser(text)
        return parser.parse()
    }
}

/// Why a threshold cannot be read.
public struct ThresholdMistake: Error, Hashable, Sendable {
    /// How many characters stand before the offending word.
    public var offset: Int
    /// What stands there.
    public var found: String
    /// What could stand there instead.
    public var expected: String
    /// The nearest known word.
    public var hint: String?
}

extension Threshold: Codable {
    /// Reads a threshold from its text, which is all that is ever stored of it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        switch Threshold.parse(text) {
        case .success(let threshold): self = threshold
        case .failure(let mistake):
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(mistake.found) in threshold \"\(text)\"")
        }
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
