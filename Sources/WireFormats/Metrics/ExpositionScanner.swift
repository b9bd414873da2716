/// Reads the tokens of one line of a metrics page; never past its end.
struct ExpositionScanner {
    /// The line.
    let bytes: ArraySlice<UInt8>
    /// Where the next token starts.
    var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool { index >= bytes.endIndex }

    var next: UInt8? { isAtEnd ? nil : bytes[index] }

    /// Passes over blanks and tabs.
    mutating func skipBlanks() {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
    }

    /// Passes over `byte` if it comes next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    /// A name of letters, digits and underscores that starts with none of the digits; those of metrics may hold colons.
    mutating func takeName(allowsColons: Bool) -> ArraySlice<UInt8>? {
        let start = index
        while let byte = next, Self.isNameByte(byte, isFirst: index == start, allowsColons: allowsColons) {
            index += 1
        }
        return index > start ? bytes[start..<index] : nil
    }

    /// Everything up to the next blank or the end.
    mutating func takeWord() -> ArraySlice<UInt8>? {
        let start = index
        while let byte = next, byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { index += 1 }
        return index > start ? bytes[start..<index] : nil
    }

    /// A quoted text; `body` gets its bytes without the escapes `\\`, `\"` and `\n`.
    ///
    /// - Returns: false when the text does not end, or holds an escape that does not exist.
    mutating func takeQuoted(_ body: (UInt8) -> Void) -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escaped = next else { return false }
                index += 1
                switch escaped {
                case UInt8(ascii: "\\"), UInt8(ascii: "\""): body(escaped)
                case UInt8(ascii: "n"): body(UInt8(ascii: "\n"))
                default: return false
                }
            default: body(byte)
            }
        }
        return false
    }

    /// A name and its labels; `body` gets each label's name and value.
    mutating func takeSeries(
        _ body: (_ name: ArraySlice<UInt8>, _ value: [UInt8]) -> Void
    ) -> ArraySlice<UInt8>? {
        guard let name = takeName(allowsColons: true) else { return nil }
        let end = index
        skipBlanks()
        guard take(UInt8(ascii: "{")) else {
            index = end
            return name
        }
        skipBlanks()
        while !take(UInt8(ascii: "}")) {
            guard let label = takeName(allowsColons: false) else { return nil }
            skipBlanks()
            guard take(UInt8(ascii: "=")) else { return nil }
            skipBlanks()
            var value: [UInt8] = []
            guard takeQuoted({ value.append($0) }) else { return nil }
            body(label, value)
            skipBlanks()
            // The last label may be followed by a comma.
            guard take(UInt8(ascii: ",")) else {
                guard take(UInt8(ascii: "}")) else { return nil }
                return name
            }
            skipBlanks()
        }
        return name
    }

    private static func isNameByte(_ byte: UInt8, isFirst: Bool, allowsColons: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        case UInt8(ascii: ":"): allowsColons
        default: false
        }
    }
}
