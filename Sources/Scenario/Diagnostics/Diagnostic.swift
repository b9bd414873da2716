/// One mistake in a scenario: where, what was found, what was expected.
public struct Diagnostic: Error, Hashable, Sendable {
    /// The file's name, or the command-line option that brought the text.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column, from 1, counted in Unicode scalars.
    public var column: Int
    /// What stands there.
    public var found: String
    /// What could stand there instead, or what to do.
    public var expected: String
    /// The nearest known word, when one is near enough to be meant.
    public var hint: String?

    /// Makes a diagnostic.
    public init(file: String, line: Int, column: Int, found: String, expected: String, hint: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

extension Diagnostic: CustomStringConvertible {
    /// The diagnostic in one line, in the form that editors and terminals make clickable.
    public var description: String {
        let question = hint.map { "; did you mean \"\($0)\"?" } ?? ""
        return "\(file):\(line):\(column): \(found) — expected \(expected)\(question)"
    }
}

extension Diagnostic: Comparable {
    /// Order of reading: by file, line and column, then by what was found.
    public static func < (left: Diagnostic, right: Diagnostic) -> Bool {
        if left.file != right.file { return left.file < right.file }
        return (left.line, left.column, left.found) < (right.line, right.column, right.found)
    }
}
