/// Swift source with everything that is not code blanked out, so that a word in a comment or a text is no finding.
///
/// Comments and the contents of string literals become spaces; line breaks stay, so line numbers hold. What stands
/// in an interpolation is code and stays.
struct SwiftText: Sendable {
    /// The lines of code, in order.
    let lines: [Substring]

    /// Blanks out comments and strings of `source`.
    init(_ source: String) {
        var scanner = Scanner(Array(source.utf8))
        scanner.scanCode(until: nil)
        let code = String(decoding: scanner.output, as: UTF8.self)
        lines = code.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules that the code imports, with the line of each.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy({ $0.hasPrefix("@") || Self.modifiers.contains($0) })
            else { return nil }
            // `import struct Module.Name`, `import Module.Submodule`
            let last =
                Self.kinds.contains(words[position + 1]) ? words[words.endIndex - 1] : words[position + 1]
            return (String(last.prefix { $0 != "." }), index + 1)
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}

/// Walks over source text and copies what is code.
private struct Scanner {
    private let input: [UInt8]
    private var position = 0
    private(set) var output: [UInt8] = []

    init(_ input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    /// Copies code up to the closing parenthesis of an interpolation, or to the end.
    mutating func scanCode(until closing: UInt8?) {
        var depth = 0
        while position < input.count {
            if starts(with: "//") {
                while position < input.count, input[position] != UInt8(ascii: "\n") { blank() }
            } else if starts(with: "/*") {
                skipBlockComment()
            } else if let pounds = stringStart() {
                skipString(pounds: pounds)
            } else {
                let byte = input[position]
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                copy()
                if byte == closing, depth < 0 { return }
            }
        }
    }

    /// How many `#` open the string literal that starts here; nil when none does.
    private func stringStart() -> Int? {
        var pounds = 0
        while position + pounds < input.count, input[position + pounds] == UInt8(ascii: "#") { pounds += 1 }
        guard position + pounds < input.count, input[position + pounds] == UInt8(ascii: "\"") else {
            return nil
        }
        return pounds
    }

    private mutating func skipString(pounds: Int) {
        let hashes = String(repeating: "#", count: pounds)
        for _ in 0..<pounds { blank() }
        let quote = starts(with: "\"\"\"") ? "\"\"\"" : "\""
        for _ in 0..<quote.utf8.count { blank() }
        while position < input.count {
            if starts(with: "\\" + hashes + "(") {
                for _ in 0..<pounds + 2 { blank() }
                scanCode(until: UInt8(ascii: ")"))
            } else if starts(with: "\\" + hashes) {
                for _ in 0..<pounds + 2 where position < input.count { blank() }
            } else if starts(with: quote + hashes) {
                for _ in 0..<quote.utf8.count + pounds { blank() }
                return
            } else {
                blank()
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                blank()
            } else if starts(with: "*/") {
                depth -= 1
                blank()
            }
            blank()
        } while depth > 0 && position < input.count
    }

    private func starts(with text: String) -> Bool {
        input[position...].starts(with: text.utf8)
    }

    private mutating func copy() {
        output.append(input[position])
        position += 1
    }

    private mutating func blank() {
        guard position < input.count else { return }
        output.append(input[position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
        position += 1
    }
}
