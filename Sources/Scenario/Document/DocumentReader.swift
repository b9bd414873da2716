import Yams

/// Turns YAML text into elements, or into the one diagnostic that a broken YAML text allows.
struct DocumentReader {
    /// The name under which places are told.
    let file: String
    /// How many elements are left before the text counts as too large; aliases can multiply a small text.
    private var budget = 200_000

    /// The largest text that is read, in bytes.
    static let maximumByteCount = 4 << 20

    /// Makes a reader for the text of `file`.
    init(file: String) { self.file = file }

    /// Reads one YAML document; a text without any gives an empty mapping.
    mutating func read(_ text: String) -> Result<Element, Diagnostic> {
        let start = Place(file: file, line: 1, column: 1)
        guard text.utf8.count <= Self.maximumByteCount else {
            return .failure(diagnostic(start, "a text of \(text.utf8.count) bytes", "at most 4 MiB"))
        }
        do {
            let yaml = EnvironmentReference.protect(text)
            guard let root = try Parser(yaml: yaml, encoding: .utf8).singleRoot() else {
                return .success(Element(place: start, content: .mapping([])))
            }
            return element(from: root, fallback: start)
        } catch let error as YamlError {
            return .failure(Self.diagnostic(for: error, file: file))
        } catch {
            return .failure(diagnostic(start, "a text that YAML cannot read", "a YAML mapping"))
        }
    }

    private mutating func element(from node: Node, fallback: Place) -> Result<Element, Diagnostic> {
        let place = node.mark.map { Place(file: file, line: $0.line, column: $0.column) } ?? fallback
        budget -= 1
        guard budget > 0 else {
            return .failure(diagnostic(place, "more than 200000 values", "a smaller scenario"))
        }
        switch node {
        case .scalar(let scalar):
            let text = EnvironmentReference.restore(scalar.string)
            return .success(Element(place: place, content: .scalar(text, isPlain: scalar.style == .plain)))
        case .sequence(let sequence):
            var items: [Element] = []
            for item in sequence {
                switch element(from: item, fallback: place) {
                case .success(let item): items.append(item)
                case .failure(let diagnostic): return .failure(diagnostic)
                }
            }
            return .success(Element(place: place, content: .sequence(items)))
        case .mapping(let mapping):
            return entries(of: mapping, at: place).map { Element(place: place, content: .mapping($0)) }
        case .alias:
            return .failure(diagnostic(place, "an alias without its anchor", "the value itself"))
        }
    }

    private mutating func entries(of mapping: Node.Mapping, at place: Place) -> Result<
        [Element.Entry], Diagnostic
    > {
        var entries: [Element.Entry] = []
        for (key, value) in mapping {
            let keyPlace = key.mark.map { Place(file: file, line: $0.line, column: $0.column) } ?? place
            guard case .scalar(let word) = key else {
                return .failure(
                    diagnostic(keyPlace, "a list or mapping where a word should be", "a word and a colon"))
            }
            switch element(from: value, fallback: keyPlace) {
            case .success(let element):
                let text = EnvironmentReference.restore(word.string)
                entries.append(Element.Entry(key: text, place: keyPlace, value: element))
            case .failure(let diagnostic): return .failure(diagnostic)
            }
        }
        return .success(entries)
    }

    private func diagnostic(_ place: Place, _ found: String, _ expected: String) -> Diagnostic {
        Diagnostic(file: place.file, line: place.line, column: place.column, found: found, expected: expected)
    }

    private static func diagnostic(for error: YamlError, file: String) -> Diagnostic {
        func at(_ mark: Mark?, _ found: String, _ expected: String) -> Diagnostic {
            Diagnostic(
                file: file, line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1), found: found,
                expected: expected)
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let reason = [context?.text, problem].compactMap { $0 }.joined(separator: " ")
            let sentence = reason.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return at(mark, "broken YAML (\(sentence))", "well-formed YAML")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let words = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return at(context.mark, "\(words) more than once in one mapping", "each word once")
        case .reader(let problem, _, _, _):
            return at(nil, "a character that YAML does not allow (\(problem))", "UTF-8 text")
        default:
            return at(nil, "a text that YAML cannot read", "a YAML mapping")
        }
    }
}
