public import Results

/// A comparison of runs for a terminal, a pull request, a build server and a program.
public struct ComparisonReport {
    private let comparison: RunComparison
    private let ending: RunComparison.Ending
    private let text: ComparisonText

    /// Puts a comparison into words.
    ///
    /// - Parameter ignoringDifferences: Whether the user wants a verdict although the sides differ in more than the
    ///   deployment.
    public init(_ comparison: RunComparison, ignoringDifferences: Bool = false) {
        self.comparison = comparison
        ending = comparison.ending(ignoringDifferences: ignoringDifferences)
        text = ComparisonText(comparison, ignoresDifferences: ignoringDifferences)
    }

    /// For a terminal of eighty columns: the verdict, what is promised, and what else moved.
    public var terminal: String {
        var lines = [text.sentence]
        lines += text.remarks.map { "  ! " + $0 }
        let rows = text.rows
        let told = rows.filter { $0.isPromised || $0.outcome == .worse || $0.outcome == .better }
        let width = told.map(\.criterion.count).max() ?? 0
        for isPromised in [true, false] {
            let group = told.filter { $0.isPromised == isPromised }
            guard !group.isEmpty else { continue }
            lines.append(isPromised ? "\npromised" : "\nnot promised, but moved")
            for row in group {
                let name = row.criterion + String(repeating: " ", count: width - row.criterion.count)
                lines.append("  \(row.verdict.padded(to: 14)) \(name)  \(row.base) → \(row.candidate)")
                let interval = row.interval.isEmpty ? "" : "  [\(row.interval)]"
                lines.append("                   shift \(row.shift)\(interval)  matters from \(row.margin)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// For a pull request, in GitHub's and GitLab's Markdown.
    public var markdown: String {
        var lines = ["### \(Self.mark(ending)) \(text.sentence)", ""]
        for remark in text.remarks { lines.append("- ⚠ \(remark)") }
        if !text.remarks.isEmpty { lines.append("") }
        lines.append("| | figure | base | candidate | shift | interval | matters from | p | δ |")
        lines.append("| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |")
        for row in text.rows {
            let name = row.isPromised ? "**\(row.criterion)**" : row.criterion
            let cells = [
                row.verdict, name, row.base, row.candidate, row.shift, row.interval, row.margin,
                row.probability,
                row.effect,
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        lines += [
            "",
            "Figures are medians over runs; the shift is Hodges and Lehmann's, with an interval that holds for all "
                + "promised (bold) figures together with 95 %; p is Mann and Whitney's, δ Cliff's.",
            "",
        ]
        return lines.joined(separator: "\n")
    }

    /// For build servers: each promised figure is a test case.
    public var junit: String {
        let cases = text.rows.filter(\.isPromised).map { row in
            let told = PlainText.escaped(
                "\(row.base) → \(row.candidate), shift \(row.shift) [\(row.interval)], matters from \(row.margin)"
            )
            let inside =
                switch row.outcome {
                case .better, .same: "<system-out>\(told)</system-out>"
                case .worse: "<failure message=\"\(told)\" type=\"worse\"/>"
                case .inconclusive, .notMeasured: "<skipped message=\"\(told)\"/>"
                }
            return
                "<testcase classname=\"comparison\" name=\"\(PlainText.escaped(row.criterion))\">\(inside)</testcase>"
        }
        let usable = ending != .invalid && ending != .incomparable
        let sentence = PlainText.escaped(text.sentence)
        let verdict =
            usable
            ? "<system-out>\(sentence)</system-out>"
            : "<error message=\"\(sentence)\" type=\"\(ending.rawValue)\"/>"
        let all = cases + ["<testcase classname=\"comparison\" name=\"comparable\">\(verdict)</testcase>"]
        let promised = comparison.criteria.filter(\.criterion.isPromised)
        let counts =
            "tests=\"\(all.count)\" failures=\"\(promised.count { $0.outcome == .worse })\" errors=\"\(usable ? 0 : 1)\" "
            + "skipped=\"\(promised.count { $0.outcome == .inconclusive || $0.outcome == .notMeasured })\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="visiobench compare" \(counts)>
            <testsuite name="base against candidate" \(counts)>
            \(all.joined(separator: "\n"))
            </testsuite>
            </testsuites>

            """
    }

    private static func mark(_ ending: RunComparison.Ending) -> String {
        switch ending {
        case .held: "✅"
        case .failed: "❌"
        case .inconclusive, .invalid, .incomparable: "❔"
        }
    }
}

extension String {
    /// The text with spaces behind it, up to a number of characters.
    fileprivate func padded(to width: Int) -> String {
        count < width ? self + String(repeating: " ", count: width - count) : self
    }
}
