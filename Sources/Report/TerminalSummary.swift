import Results

/// The report's first screen for a terminal: verdict, promises, four figures, validity, where the files are.
public enum TerminalSummary {
    /// Renders a run file's summary.
    ///
    /// - Parameters:
    ///   - runFile: The run file's path.
    ///   - paths: Where its report was written; nil when it was not.
    ///   - width: Columns of the terminal; lines are broken to fit, down to forty.
    ///   - colour: Whether the terminal shows colours; signs and words say the same without.
    public static func render(
        runFile: String, paths: ReportPaths? = nil, width: Int = 80, colour: Bool = false
    ) throws(ReportError) -> String {
        let content = try RunContent(runFile: runFile)
        let standings = Standing.all(content)
        var lines = Lines(width: max(40, width), colour: colour)
        lines.write(verdict: content)
        lines.write(promises: content.verdict.judgements.map { ($0.outcome, JudgementText($0)) })
        lines.write(cards: FourFigures(Headlines(content, standings)).cards)
        lines.write(validity: content)
        if let paths { lines.write(paths) }
        return lines.text
    }
}

/// Lines of at most so many columns.
private struct Lines {
    let width: Int
    let colour: Bool
    private(set) var text = ""

    private enum Tone: String {
        case good = "32"
        case bad = "31"
        case open = "33"
        case strong = "1"
        case soft = "2"
    }

    init(width: Int, colour: Bool) {
        self.width = width
        self.colour = colour
    }

    mutating func write(verdict content: RunContent) {
        let word = VerdictSentence.word(content) + ":"
        let tone: Tone =
            switch content.verdict.ending {
            case .held: .good
            case .failed, .unreachable: .bad
            case .inconclusive, .invalid, .interrupted: .open
            }
        let wrapped = wrap(word + " " + VerdictSentence.rest(content), indent: 0)
        // The word is coloured after wrapping, so that escapes do not count as columns.
        let first = wrapped[0].dropFirst(word.count)
        line(painted(word, tone) + first)
        for rest in wrapped.dropFirst() { line(rest) }
        line("")
    }

    mutating func write(promises: [(outcome: Judgement.Outcome, text: JudgementText)]) {
        guard !promises.isEmpty else { return }
        let words = promises.map { "\($0.text.mark) \($0.text.word)" }
        let head = (words.map(\.count).max() ?? 0) + 2
        let rows = promises.map { promise in
            [promise.text.figure, promise.text.limit, promise.text.interval].map(plain)
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let numbers = rows.map { row in
            zip(row, widths).map { padded($0, $1) }.joined(separator: "  ")
        }
        let texts = promises.map { plain($0.text.threshold) }
        let room = width - head - widths.reduce(6, +)
        // One line each where all fit, else the numbers go below: never some so and some otherwise.
        let fits = texts.allSatisfy { $0.count <= room }
        for (index, promise) in promises.enumerated() {
            let tone: Tone =
                switch promise.outcome {
                case .held: .good
                case .failed: .bad
                case .undecided: .open
                }
            let start = painted(words[index], tone) + String(repeating: " ", count: head - words[index].count)
            if fits {
                line(
                    (start + texts[index] + String(repeating: " ", count: room - texts[index].count) + "  "
                        + numbers[index]).trimmed)
            } else {
                let wrapped = wrap(texts[index], indent: head)
                line(start + wrapped[0].dropFirst(head))
                for rest in wrapped.dropFirst() { line(rest) }
                let row = rows[index]
                let interval = row[2].isEmpty ? "" : ", 95 % interval \(row[2])"
                for rest in wrap("\(row[0]), promised \(row[1])\(interval)", indent: head) {
                    line(painted(rest, .soft))
                }
            }
        }
        line("")
    }

    mutating func write(cards: [FourFigures.Card]) {
        let names = (cards.map(\.name.count).max() ?? 0) + 2
        let values = cards.map { plain(($0.figure + " " + $0.unit)).trimmed }
        let valueWidth = (values.map(\.count).max() ?? 0) + 2
        for (card, value) in zip(cards, values) {
            let name = card.name + String(repeating: " ", count: names - card.name.count)
            let gap = String(repeating: " ", count: valueWidth - value.count)
            let note = plain(card.note)
            if names + value.count > width {
                line(card.name)
                for rest in wrap(value, indent: 2) { line(painted(rest, .strong)) }
                for rest in wrap(note, indent: 2) { line(painted(rest, .soft)) }
                continue
            }
            let fits = names + valueWidth + note.count <= width
            line(name + painted(value, .strong) + (fits ? gap + painted(note, .soft) : ""))
            if !fits { for rest in wrap(note, indent: names) { line(painted(rest, .soft)) } }
        }
        line("")
    }

    mutating func write(validity content: RunContent) {
        let validity = VerdictSentence.validity(content)
        let wrapped = wrap(validity.word + " " + validity.text, indent: 0)
        line(
            painted(validity.word, validity.word == "VALID" ? .good : .open)
                + wrapped[0].dropFirst(validity.word.count))
        for rest in wrapped.dropFirst() { line(rest) }
        line("")
    }

    mutating func write(_ paths: ReportPaths) {
        // Paths are not broken, so that they can be copied.
        line("report   \(paths.html)")
        line("figures  \(paths.folder)/figures")
        line("data     \(paths.runFile)")
        line("programs \(paths.summary)")
        line("         \(paths.junit)")
        for note in paths.notes { for rest in wrap(note, indent: 0) { line(rest) } }
    }

    private mutating func line(_ content: some StringProtocol) { text += content + "\n" }

    private func painted(_ text: String, _ tone: Tone) -> String {
        colour ? "\u{1b}[\(tone.rawValue)m\(text)\u{1b}[0m" : text
    }

    private func padded(_ text: String, _ columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - text.count)) + text
    }

    /// Terminals' fonts often lack the thin space.
    private func plain(_ text: String) -> String {
        text.replacing(NumberText.thinSpace, with: " ").replacing("\u{a0}", with: " ")
    }

    private func wrap(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var current = margin
        var isEmpty = true
        // Numbers stay with their units.
        for word in text.split(separator: " ") {
            if !isEmpty, current.count + 1 + word.count > width {
                lines.append(current)
                current = margin
                isEmpty = true
            }
            current += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        lines.append(current)
        return lines.map(plain)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
