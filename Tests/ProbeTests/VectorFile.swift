import Foundation

/// A reference vector file: RFC 4180 without quoting, header first.
struct VectorFile {
    /// One row, addressed by column name.
    struct Row {
        private let values: [String: Substring]

        init(_ values: [String: Substring]) { self.values = values }

        /// The cell's text; empty when the column does not exist.
        func text(_ column: String) -> Substring { values[column] ?? "" }
        /// The cell as a number; nil when blank.
        func number(_ column: String) -> Double? { Double(text(column)) }
        /// The cell as an integer; nil when blank.
        func integer(_ column: String) -> Int64? { Int64(text(column)) }
    }

    let rows: [Row]

    /// Reads `name` from this folder's Fixtures.
    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline)
        let header = lines[0].split(separator: ",", omittingEmptySubsequences: false)
        rows = lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            var values: [String: Substring] = [:]
            for (name, cell) in zip(header, cells) { values[String(name)] = cell }
            return Row(values)
        }
    }
}

/// Whether two numbers agree to a relative 1e-9, the tolerance of the closed formulas.
func agree(_ left: Double?, _ right: Double?, within tolerance: Double = 1e-9) -> Bool {
    guard let left, let right else { return false }
    return abs(left - right) <= tolerance * max(1, abs(left), abs(right))
}
