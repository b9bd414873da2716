/// Where a piece of text stands.
struct Place: Hashable {
    /// The file's name, or the command-line option that brought the text.
    var file: String
    /// The line, from 1.
    var line: Int
    /// The column, from 1.
    var column: Int

    /// The place `offset` characters further on the same line.
    func advanced(by offset: Int) -> Place { Place(file: file, line: line, column: column + offset) }
}

/// One node of a scenario's text, with its place.
struct Element {
    /// What a node can be.
    indirect enum Content {
        /// A single value; `isPlain` when it stands without quotes.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([Element])
        /// Words with their values.
        case mapping([Entry])
    }

    /// A word of a mapping with its value.
    struct Entry {
        /// The word.
        var key: String
        /// Where the word stands.
        var place: Place
        /// What follows it.
        var value: Element
    }

    /// Where the node starts.
    var place: Place
    /// What the node is.
    var content: Content

    /// The text of a single value; nil for a list, a mapping, or nothing at all.
    var scalar: String? {
        guard case .scalar(let text, let isPlain) = content, !(isPlain && Self.nulls.contains(text)) else {
            return nil
        }
        return text
    }

    /// Whether nothing stands here, as after a lone `word:`.
    var isNull: Bool {
        if case .scalar(let text, true) = content { return Self.nulls.contains(text) }
        return false
    }

    /// The items of a list; nil for anything else.
    var items: [Element]? {
        if case .sequence(let items) = content { return items }
        return nil
    }

    /// The words of a mapping; nil for anything else.
    var entries: [Entry]? {
        if case .mapping(let entries) = content { return entries }
        return nil
    }

    /// What a diagnostic calls this node.
    var found: String {
        switch content {
        case .scalar(let text, _): isNull ? "nothing" : "\"\(Self.shortened(text))\""
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// YAML's ways to say nothing (YAML 1.2.2 section 10.2.1.1).
    private static let nulls: Set<String> = ["", "~", "null", "Null", "NULL"]

    /// `text` on one line and no longer than a diagnostic can bear.
    static func shortened(_ text: String) -> String {
        let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
        return line.count > 60 ? line.prefix(59) + "…" : line
    }
}
