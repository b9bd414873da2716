/// A start or end tag of an HTML page.
struct HTMLTag {
    /// The name in lower case.
    var name: String
    /// Whether it ends its element.
    var isEnd: Bool
    /// Attributes in order, names in lower case, values decoded.
    var attributes: [(name: String, value: String)]

    /// The value of an attribute; empty when it has none.
    subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Finds the tags of a page in the manner of browsers: whatever it reads, it goes on, and it ends.
struct HTMLScanner {
    /// What is not looked at any more, in bytes.
    private static let maximumByteCount = 4 << 20
    /// Attributes of one tag beyond this number are read and forgotten.
    private static let maximumAttributeCount = 64
    /// Elements whose content is text, whatever it looks like (HTML Standard section 13.1.2).
    private static let rawElements: Set<String> = [
        "script", "style", "title", "textarea", "noscript", "iframe",
    ]

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    /// The raw element whose end is looked for next.
    private var rawElement: String?

    init(_ page: [UInt8]) {
        bytes = page.prefix(Self.maximumByteCount)
        position = bytes.startIndex
    }

    /// The next tag; nil at the end of the page.
    mutating func next() -> HTMLTag? {
        if let name = rawElement {
            rawElement = nil
            skip(toEndOf: name)
        }
        while position < bytes.endIndex {
            guard bytes[position] == UInt8(ascii: "<") else {
                position += 1
                continue
            }
            position += 1
            if starts(with: "!--") {
                skip(past: "-->")
            } else if let tag = readTag() {
                if !tag.isEnd, Self.rawElements.contains(tag.name) { rawElement = tag.name }
                return tag
            }
        }
        return nil
    }

    private mutating func readTag() -> HTMLTag? {
        let isEnd = position < bytes.endIndex && bytes[position] == UInt8(ascii: "/")
        if isEnd { position += 1 }
        let name = take { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "-") }.lowercased()
        guard let first = name.utf8.first, Self.isLetter(first) else { return nil }
        var tag = HTMLTag(name: name, isEnd: isEnd, attributes: [])
        while position < bytes.endIndex {
            _ = take { Self.isSpace($0) || $0 == UInt8(ascii: "/") }
            guard position < bytes.endIndex, bytes[position] != UInt8(ascii: ">") else { break }
            let attribute = readAttribute()
            if tag.attributes.count < Self.maximumAttributeCount { tag.attributes.append(attribute) }
        }
        position = min(position + 1, bytes.endIndex)
        return tag
    }

    private mutating func readAttribute() -> (String, String) {
        let start = position
        let name = take {
            !Self.isSpace($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/")
        }
        _ = take(while: Self.isSpace)
        guard position < bytes.endIndex, bytes[position] == UInt8(ascii: "=") else {
            return (name.lowercased(), "")
        }
        position += 1
        _ = take(while: Self.isSpace)
        guard position < bytes.endIndex else { return (name.lowercased(), "") }
        let quote = bytes[position]
        let value: String
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            position += 1
            value = take { $0 != quote }
            position = min(position + 1, bytes.endIndex)
        } else {
            value = take { !Self.isSpace($0) && $0 != UInt8(ascii: ">") }
        }
        // A name may be empty, as in `<input ="x">`; something was read all the same.
        precondition(position > start, "an attribute is at least one byte long")
        return (name.lowercased(), CharacterReference.decode(value))
    }

    private mutating func take(while isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while position < bytes.endIndex, isWanted(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    private mutating func skip(past text: StaticString) {
        while position < bytes.endIndex, !starts(with: text) { position += 1 }
        position = min(position + text.utf8CodeUnitCount, bytes.endIndex)
    }

    private mutating func skip(toEndOf name: String) {
        let end = Array("</\(name)".utf8)
        while position < bytes.endIndex {
            let isEnd = bytes[position...].prefix(end.count).map { Self.isLetter($0) ? $0 | 0x20 : $0 } == end
            if isEnd { return }
            position += 1
            while position < bytes.endIndex, bytes[position] != UInt8(ascii: "<") { position += 1 }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}

/// Character references such as `&amp;` and `&#x2F;`, as far as they occur in attributes.
enum CharacterReference {
    /// Decodes the references of `text`; those that are unknown or broken stand for themselves.
    static func decode(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var decoded = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(12).firstIndex(of: ";"),
                let meant = meaning(of: String(rest[..<end]))
            else {
                decoded.append(scalar)
                continue
            }
            decoded.append(meant)
            rest = rest[rest.index(after: end)...]
        }
        return String(decoded)
    }

    private static let names: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{a0}", "sol": "/",
        "colon": ":",
        "equals": "=", "num": "#", "quest": "?",
    ]

    private static func meaning(of reference: String) -> Unicode.Scalar? {
        guard reference.hasPrefix("#") else { return names[reference] }
        let digits = reference.dropFirst()
        let number =
            digits.first == "x" || digits.first == "X"
            ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }
}
