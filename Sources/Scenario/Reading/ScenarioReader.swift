import Primitives

/// Understands elements as parts of a scenario, and collects every mistake on the way.
struct ScenarioReader {
    /// The mistakes so far.
    private(set) var diagnostics: [Diagnostic] = []

    /// The words that were found in one mapping.
    struct Fields {
        /// Where the mapping starts.
        var place: Place
        /// What a diagnostic calls the mapping, such as `role "speaker"`.
        var title: String
        /// The known words with their values; a missing word is nil.
        var values: [String: Element]
        /// Where each word stands.
        var places: [String: Place]

        subscript(word: String) -> Element? { values[word] }
    }

    /// Notes a mistake.
    mutating func report(_ place: Place, _ found: String, expected: String, hint: String? = nil) {
        diagnostics.append(
            Diagnostic(
                file: place.file, line: place.line, column: place.column, found: found, expected: expected,
                hint: hint))
    }

    /// Opens `element` as a mapping of the words of `group`; nil, with a diagnostic, when it is no mapping.
    mutating func readFields(_ element: Element, _ group: WordGroup, title: String) -> Fields? {
        guard let entries = element.entries else {
            report(
                element.place, "\(element.found) as \(title)", expected: Self.oneOf(group.words.map(\.name)))
            return nil
        }
        var fields = Fields(place: element.place, title: title, values: [:], places: [:])
        let names = group.words.map(\.name)
        for entry in entries {
            if names.contains(entry.key) {
                fields.values[entry.key] = entry.value
                fields.places[entry.key] = entry.place
            } else {
                reportUnknown(entry, in: group, title: title)
            }
        }
        for word in group.words where word.isRequired && fields.values[word.name] == nil {
            report(
                element.place, "\(title) without \"\(word.name)\"",
                expected: "\"\(word.name)\": \(word.summary)")
        }
        checkAlternatives(of: group, in: fields, entries: entries)
        return fields
    }

    private mutating func reportUnknown(_ entry: Element.Entry, in group: WordGroup, title: String) {
        let names = group.words.map(\.name)
        let word = Element.shortened(entry.key)
        if group.later.contains(entry.key) {
            report(
                entry.place, "\"\(word)\" in \(title), not supported by this version",
                expected: Self.oneOf(names))
        } else {
            report(
                entry.place, "unknown word \"\(word)\" in \(title)", expected: Self.oneOf(names),
                hint: NearestWord.to(entry.key, in: names))
        }
    }

    private mutating func checkAlternatives(of group: WordGroup, in fields: Fields, entries: [Element.Entry])
    {
        guard !group.alternatives.isEmpty else { return }
        let chosen = entries.filter { group.alternatives.contains($0.key) }
        if chosen.isEmpty {
            // A misspelt or later word has been told already; that one of its kind is missing follows from
            // it.
            let isTold = entries.contains { entry in !group.words.contains { $0.name == entry.key } }
            guard !isTold else { return }
            let words = group.alternatives.map { "\"\($0)\"" }.joined(separator: ", ")
            report(
                fields.place, "\(fields.title) with none of \(words)",
                expected: Self.oneOf(group.alternatives))
        }
        for entry in chosen.dropFirst() {
            report(
                entry.place, "\"\(entry.key)\" beside \"\(chosen[0].key)\" in \(fields.title)",
                expected: "only one of \(group.alternatives.joined(separator: ", "))")
        }
    }

    /// Reads one of the values of `group`.
    mutating func readChoice(_ element: Element, _ group: ChoiceGroup, title: String) -> String? {
        guard let text = element.scalar, group.values.contains(text) else {
            if let text = element.scalar, group.later.contains(text) {
                report(
                    element.place, "\"\(text)\" as \(title), not supported by this version",
                    expected: Self.oneOf(group.values))
            } else {
                let hint = element.scalar.flatMap { NearestWord.to($0, in: group.values) }
                report(
                    element.place, "\(element.found) as \(title)", expected: Self.oneOf(group.values),
                    hint: hint)
            }
            return nil
        }
        return text
    }

    /// Reads a text on one line that is not empty.
    mutating func readText(_ element: Element, title: String) -> String? {
        guard let text = element.scalar, !text.isEmpty, text.count <= 200, !text.contains(where: \.isNewline)
        else {
            report(element.place, "\(element.found) as \(title)", expected: "a text of one line")
            return nil
        }
        return text
    }

    /// Reads a name for a room group, role or phase.
    mutating func readName(_ element: Element, title: String) -> String? {
        guard let text = element.scalar, Self.isName(text) else {
            report(element.place, "\(element.found) as \(title)", expected: Self.nameRule)
            return nil
        }
        return text
    }

    /// Reads a whole number in `range`.
    mutating func readWholeNumber(_ element: Element, in range: ClosedRange<Int>, title: String) -> Int? {
        guard let number = element.scalar.flatMap(Quantity.wholeNumber), range.contains(number) else {
            report(
                element.place, "\(element.found) as \(title)",
                expected: "a whole number of \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// Reads a length of time in `range`.
    mutating func readDuration(_ element: Element, in range: ClosedRange<Interval>, title: String)
        -> Interval?
    {
        guard let length = element.scalar.flatMap(Quantity.duration), range.contains(length) else {
            let (low, high) = (range.lowerBound.scenarioText, range.upperBound.scenarioText)
            report(
                element.place, "\(element.found) as \(title)",
                expected: "a time with its unit (ms, s, m, h) of \(low) to \(high), such as 1m30s")
            return nil
        }
        return length
    }

    /// Reads events per second, at most `maximum`.
    mutating func readRate(_ element: Element, minimum: Double = 0.0001, maximum: Double, title: String)
        -> Double?
    {
        guard let rate = element.scalar.flatMap(Quantity.rate), rate >= minimum, rate <= maximum else {
            report(
                element.place, "\(element.found) as \(title)",
                expected:
                    "a rate per s, min or h of \(minimum == 0 ? "0/s" : "1/h or more") to \(Int(maximum))/s")
            return nil
        }
        return rate
    }

    /// Reads a span such as `from 20s to 30s`.
    mutating func readSpan(_ element: Element, title: String) -> TimeSpan? {
        guard let span = element.scalar.flatMap(Quantity.span), span.end <= Self.longestRun else {
            report(element.place, "\(element.found) as \(title)", expected: "a span such as from 20s to 30s")
            return nil
        }
        return span
    }

    /// Reads true or false.
    mutating func readFlag(_ element: Element, title: String) -> Bool? {
        switch element.scalar {
        case "true": return true
        case "false": return false
        default:
            report(element.place, "\(element.found) as \(title)", expected: "true or false")
            return nil
        }
    }

    /// The longest phase, and the longest run.
    static let longestRun = Interval.seconds(Int64(86_400))

    static let nameRule =
        "a name of at most 40 lower-case letters, digits and hyphens that starts with a letter"

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (97...122).contains(first), text.utf8.count <= 40 else {
            return false
        }
        return text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    static func oneOf(_ words: [String]) -> String {
        words.count == 1 ? "\"\(words[0])\"" : "one of \(words.joined(separator: ", "))"
    }
}
