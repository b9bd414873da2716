/// Colours of a terminal, or none.
struct Ink {
    /// Whether escape sequences are written at all.
    let isColoured: Bool

    /// What matters most.
    func bold(_ text: String) -> String { wrapped(text, "1") }
    /// What stands back.
    func faint(_ text: String) -> String { wrapped(text, "2") }
    /// The one colour of data.
    func accent(_ text: String) -> String { wrapped(text, "36") }
    /// What is missing or wrong.
    func bad(_ text: String) -> String { wrapped(text, "31") }
    /// What is as it should be.
    func good(_ text: String) -> String { wrapped(text, "32") }

    private func wrapped(_ text: String, _ code: String) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// `text` cut to `width` characters.
    static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(0, width - 1)) + "…" : text
    }

    /// `text` in as many lines of `width` characters as it takes, broken between words and indented from the
    /// second on.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = "  " + word
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return (lines + [line]).map { cut($0, to: width) }
    }

    /// `text` at the right end of `width` characters.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `text` at the left end of `width` characters.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `characters` without the spaces at their end.
    static func trimmed(_ characters: [Character]) -> String {
        String(characters.prefix((characters.lastIndex { $0 != " " } ?? -1) + 1))
    }
}

/// Rows of cells in columns that are as wide as their widest cell.
struct TextTable {
    private let head: [String]
    private var rows: [[String]] = []

    init(_ head: [String]) { self.head = head }

    /// Adds a row with as many cells as the head.
    mutating func add(_ row: [String]) { rows.append(row) }

    /// The table; the first `textColumns` columns stand left, figures stand right.
    func lines(_ ink: Ink, _ width: Int, textColumns: Int) -> [String] {
        let widths = head.indices.map { column in
            ([head] + rows).map { $0[column].count }.max() ?? 0
        }
        // The first column gives way when all together are too wide.
        let others = widths.dropFirst().reduce(0, +) + 2 * (head.count - 1)
        let first = max(1, min(widths[0], width - others))
        func line(_ cells: [String]) -> String {
            let padded = cells.enumerated().map { column, cell in
                if column == 0 { return Ink.left(Ink.cut(cell, to: first), first) }
                let isMark = cell.hasPrefix("✓") || cell.hasPrefix("✗")
                return column < textColumns || isMark
                    ? Ink.left(cell, widths[column]) : Ink.right(cell, widths[column])
            }
            return Ink.cut(Ink.trimmed(Array(padded.joined(separator: "  "))), to: width)
        }
        return [ink.bold(line(head))]
            + rows.map { row in
                guard let mark = row.last, mark.hasPrefix("✓") || mark.hasPrefix("✗") else {
                    return line(row)
                }
                let text = line(row)
                let body = String(text.dropLast(min(text.count, mark.count)))
                return body + (mark.hasPrefix("✓") ? ink.good(mark) : ink.bad(mark))
            }
    }
}
