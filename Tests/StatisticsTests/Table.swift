import Foundation
import Testing

/// The rows of a CSV file in `Fixtures`, without its header; cells hold no commas.
func rows(of name: String) throws -> [[String]] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/\(name).csv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
    return lines.dropFirst().map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}

/// The numbers in a cell that lists several.
func numbers(_ cell: String) throws -> [Double] {
    try cell.split(separator: " ").map { try #require(Double($0)) }
}

/// Whether two figures agree to a relative 10⁻⁹.
func agree(_ a: Double, _ b: Double, within tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
}
