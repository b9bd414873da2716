import Primitives

/// Reads `metric [statistic] comparison value[unit] [during phase] [for role]`.
struct ThresholdParser {
    private struct Token {
        var text: String
        var offset: Int
    }

    private let tokens: [Token]
    private let length: Int
    private var position = 0

    init(_ text: String) {
        tokens = Self.tokens(of: text)
        length = text.count
    }

    mutating func parse() -> Result<Threshold, ThresholdMistake> {
        do throws(ThresholdMistake) {
            return .success(try threshold())
        } catch {
            return .failure(error)
        }
    }

    private mutating func threshold() throws(ThresholdMistake) -> Threshold {
        let metric = try metric()
        let statistic = try statistic(of: metric)
        let comparison = try comparison()
        let limit = try limit(of: metric)
        var phase: String?
        var cohort: String?
        while let token = take() {
            switch token.text {
            case "during" where phase == nil: phase = try name(after: "during", what: "a phase")
            case "for" where cohort == nil:
                guard metric.isAboutParticipants else {
                    throw mistake(
                        token, "\"for\" behind \(metric.rawValue)",
                        "no role, because the value belongs to the "
                            + (metric.isAboutServer ? "server" : "generator"))
                }
                cohort = try name(after: "for", what: "a role")
            default:
                throw mistake(
                    token, "\"\(token.text)\"", "the end, \"during\" and a phase, or \"for\" and a role",
                    NearestWord.to(token.text, in: ["during", "for"]))
            }
        }
        return Threshold(
            metric: metric, statistic: statistic, comparison: comparison, limit: limit, phase: phase,
            cohort: cohort, text: tokens.map(\.text).joined(separator: " "))
    }

    private mutating func metric() throws(ThresholdMistake) -> Metric {
        guard let token = take() else { throw ending("a metric such as join.first-video") }
        if let metric = Metric(rawValue: token.text) { return metric }
        if Vocabulary.laterMetrics.contains(token.text) {
            throw mistake(
                token, "metric \"\(token.text)\", not supported by this version", "a metric of this version")
        }
        throw mistake(
            token, "unknown metric \"\(Element.shortened(token.text))\"", "a metric such as join.first-video",
            NearestWord.to(token.text, in: Metric.allCases.map(\.rawValue)))
    }

    private mutating func statistic(of metric: Metric) throws(ThresholdMistake) -> Statistic {
        guard let token = peek(), Self.comparison(token.text) == nil else { return metric.defaultStatistic }
        let known = metric.statistics.map(\.rawValue)
        if token.text == "worst" {
            throw mistake(
                token, "\"worst\", not supported by this version", "one of \(known.joined(separator: ", "))")
        }
        guard let statistic = Statistic(rawValue: token.text), metric.statistics.contains(statistic) else {
            throw mistake(
                token, "\"\(Element.shortened(token.text))\" behind \(metric.rawValue)",
                "a comparison or one of \(known.joined(separator: ", "))",
                NearestWord.to(token.text, in: known))
        }
        position += 1
        return statistic
    }

    private mutating func comparison() throws(ThresholdMistake) -> Threshold.Comparison {
        let expected = "one of " + Threshold.Comparison.allCases.map(\.rawValue).joined(separator: " ")
        guard let token = take() else { throw ending(expected) }
        guard let comparison = Self.comparison(token.text) else {
            throw mistake(token, "\"\(Element.shortened(token.text))\"", expected)
        }
        return comparison
    }

    private mutating func limit(of metric: Metric) throws(ThresholdMistake) -> Double {
        guard let first = take() else { throw ending(metric.unit.expectation) }
        var text = first.text
        while let next = peek(), next.text != "during", next.text != "for" {
            text += " " + next.text
            position += 1
        }
        guard let value = metric.unit.value(of: text) else {
            throw mistake(first, "\"\(Element.shortened(text))\"", metric.unit.expectation)
        }
        guard metric.unit.range.contains(value) else {
            throw mistake(
                first, "\"\(text)\", which \(metric.rawValue) can never be", metric.unit.expectation)
        }
        return value
    }

    private mutating func name(after word: String, what: String) throws(ThresholdMistake) -> String {
        guard let token = take() else { throw ending("\(what) behind \"\(word)\"") }
        return token.text
    }

    private func peek() -> Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func take() -> Token? {
        guard let token = peek() else { return nil }
        position += 1
        return token
    }

    private func mistake(_ token: Token, _ found: String, _ expected: String, _ hint: String? = nil)
        -> ThresholdMistake
    {
        ThresholdMistake(offset: token.offset, found: found, expected: expected, hint: hint)
    }

    private func ending(_ expected: String) -> ThresholdMistake {
        ThresholdMistake(offset: length, found: "the end of the threshold", expected: expected, hint: nil)
    }

    private static func comparison(_ text: String) -> Threshold.Comparison? {
        Threshold.Comparison(rawValue: text)
    }

    /// Words and comparisons; a comparison needs no spaces around it.
    private static func tokens(of text: String) -> [Token] {
        var tokens: [Token] = []
        var joins = false  // whether the next character belongs to the last token
        for (offset, character) in text.enumerated() {
            if character.isWhitespace {
                joins = false
                continue
            }
            let isOperator = "<>=".contains(character)
            let continues =
                joins && tokens.last.map { $0.text.allSatisfy { "<>=".contains($0) } == isOperator } == true
            if continues {
                tokens[tokens.count - 1].text.append(character)
            } else {
                tokens.append(Token(text: String(character), offset: offset))
            }
            joins = true
        }
        return tokens
    }
}

extension Metric.Unit {
    /// The values that can occur at all.
    var range: ClosedRange<Double> {
        switch self {
        case .share, .similarity: 0...1
        case .meanOpinionScore: 1...5
        default: 0...Double.greatestFiniteMagnitude
        }
    }

    /// What a limit of this unit looks like.
    var expectation: String {
        switch self {
        case .time: "a time such as 250ms or 3s"
        case .share: "a share of 0% to 100%"
        case .meanOpinionScore: "a score of 1 to 5, such as 4.0"
        case .rating: "an R without unit, such as 90"
        case .perMinute: "a number per minute, such as 0.5/min"
        case .framesPerSecond: "a frame rate such as 20fps"
        case .decibel: "a ratio such as 35dB"
        case .similarity: "an index of 0 to 1, such as 0.95"
        case .lines: "a height such as 360p"
        case .bitrate: "a bit rate such as 500kbit/s"
        }
    }

    /// The limit that `text` means, in the base unit.
    func value(of text: String) -> Double? {
        switch self {
        case .time: Quantity.duration(text)?.seconds
        case .share: Quantity.share(text)
        case .meanOpinionScore, .rating, .similarity: Quantity.scaled(text, units: ["": 1])
        case .perMinute: Quantity.rate(text).map { $0 * 60 }
        case .framesPerSecond: Quantity.scaled(text, units: ["fps": 1, "/s": 1])
        case .decibel: Quantity.scaled(text, units: ["dB": 1])
        case .lines: Quantity.scaled(text, units: ["p": 1])
        case .bitrate: Quantity.bitrate(text)
        }
    }
}
