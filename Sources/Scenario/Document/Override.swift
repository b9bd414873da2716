/// One `path=value` of the command line, laid over the scenario's text before it is understood.
///
/// A path names words and list items: `roles.speaker.camera`, `rooms.team.count` (an item by its name),
/// `rooms[0].count` or `rooms.0.count` (by its position from 0), `phases.hold` (a phase by its word). The
/// value is YAML. To choose one of several words that exclude each other, such as `target.visio`, is to drop
/// the others.
struct Override {
    /// The words and positions of the path.
    let path: [Substring]
    /// The new value.
    let value: Element
    /// How places in this override are told.
    let file: String

    /// Reads `path=value`.
    static func parse(_ text: String) -> Result<Override, Diagnostic> {
        let file = "--set \(Element.shortened(String(text.prefix { $0 != "=" })))"
        func mistake(_ column: Int, _ found: String) -> Result<Override, Diagnostic> {
            .failure(
                Diagnostic(
                    file: file, line: 1, column: column, found: found,
                    expected: "path=value, such as rooms.team.count=8"))
        }
        guard let equals = text.firstIndex(of: "=") else {
            return mistake(1, "\"\(Element.shortened(text))\"")
        }
        let written = text[..<equals].map { $0 == "[" ? "." : $0 }.filter { $0 != "]" }
        let path = String(written).split(separator: ".", omittingEmptySubsequences: false)
        guard !path.isEmpty, path.allSatisfy({ !$0.isEmpty }) else { return mistake(1, "an incomplete path") }
        let column = text.distance(from: text.startIndex, to: equals) + 2
        var reader = DocumentReader(file: file)
        switch reader.read(String(text[text.index(after: equals)...])) {
        case .success(let element):
            let value = element.shifted(by: column - 1)
            return .success(Override(path: path, value: value, file: file))
        case .failure(var diagnostic):
            if diagnostic.line == 1 { diagnostic.column += column - 1 }
            return .failure(diagnostic)
        }
    }

    /// `root` with the value laid over it.
    func apply(to root: Element) -> Result<Element, Diagnostic> {
        replace(in: root, at: 0)
    }

    private func replace(in element: Element, at depth: Int) -> Result<Element, Diagnostic> {
        guard depth < path.count else { return .success(value) }
        switch element.content {
        case .sequence(var items):
            return position(in: items, of: path[depth]).flatMap { index in
                // A phase found by its word is entered by that word as well.
                let isWord = items[index].entries?.contains { $0.key == path[depth] } ?? false
                return replace(in: items[index], at: isWord ? depth : depth + 1).map {
                    items[index] = $0
                    return Element(place: element.place, content: .sequence(items))
                }
            }
        case .mapping(var entries):
            let word = String(path[depth])
            let rivals = alternatives(at: depth)
            if rivals.contains(word) { entries.removeAll { $0.key != word && rivals.contains($0.key) } }
            let index = entries.firstIndex { $0.key == word }
            let old = index.map { entries[$0].value } ?? Element(place: value.place, content: .mapping([]))
            return replace(in: old, at: depth + 1).map { new in
                if let index {
                    entries[index].value = new
                } else {
                    entries.append(
                        Element.Entry(key: word, place: Place(file: file, line: 1, column: 1), value: new))
                }
                return Element(place: element.place, content: .mapping(entries))
            }
        case .scalar:
            // A single value gives way to words, as when `camera: off` becomes `camera: {off: 40%}`.
            return replace(in: Element(place: value.place, content: .mapping([])), at: depth)
        }
    }

    /// The words that exclude the one at `depth`, which the word before it tells.
    private func alternatives(at depth: Int) -> [String] {
        guard depth > 0 else { return [] }
        return Vocabulary.groups.first { $0.name == path[depth - 1] }?.alternatives ?? []
    }

    private func position(in items: [Element], of segment: Substring) -> Result<Int, Diagnostic> {
        if let index = Int(segment), items.indices.contains(index) { return .success(index) }
        let names = items.map { item in item.entries?.first { $0.key == "name" }?.value.scalar }
        if let index = names.firstIndex(of: String(segment)) { return .success(index) }
        let words = items.map { item in item.entries?.map(\.key) ?? [] }
        if let index = words.firstIndex(where: { $0.contains(String(segment)) }) { return .success(index) }
        let known = names.compactMap { $0 } + words.flatMap { $0 }.filter { $0 != "name" }
        return .failure(
            Diagnostic(
                file: file, line: 1, column: 1, found: "no \"\(segment)\" in \(path.joined(separator: "."))",
                expected: items.isEmpty
                    ? "a list with items" : "a position of 0...\(items.count - 1) or a name",
                hint: NearestWord.to(String(segment), in: known)))
    }
}

extension Element {
    /// The element with the places of its first line moved right, for a value that stands behind `path=`.
    fileprivate func shifted(by columns: Int) -> Element {
        var copy = self
        if place.line == 1 { copy.place = place.advanced(by: columns) }
        switch content {
        case .scalar: break
        case .sequence(let items): copy.content = .sequence(items.map { $0.shifted(by: columns) })
        case .mapping(let entries):
            copy.content = .mapping(
                entries.map { entry in
                    var moved = entry
                    if entry.place.line == 1 { moved.place = entry.place.advanced(by: columns) }
                    moved.value = entry.value.shifted(by: columns)
                    return moved
                })
        }
        return copy
    }
}
