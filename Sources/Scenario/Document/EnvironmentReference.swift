/// `${NAME}`, which stands for the value of an environment variable.
///
/// In YAML's flow style a brace ends a plain value, so `{key: ${NAME}}` would not be YAML. Before the text is
/// read the braces of each reference are exchanged for private-use characters, one for one so that every
/// column stays where it is, and exchanged back in the values.
enum EnvironmentReference {
    private static let open: Unicode.Scalar = "\u{E000}"
    private static let close: Unicode.Scalar = "\u{E001}"

    /// The variable that `text` refers to; nil when `text` is anything but one reference.
    static func variable(in text: String) -> String? {
        guard text.hasPrefix("${"), text.hasSuffix("}") else { return nil }
        let name = text.dropFirst(2).dropLast()
        guard let first = name.utf8.first, !isDigit(first), name.utf8.allSatisfy(isNameByte) else {
            return nil
        }
        return String(name)
    }

    /// `text` with the braces of its references exchanged.
    static func protect(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if scalars[index] == "$", index + 1 < scalars.count, scalars[index + 1] == "{" {
                var end = index + 2
                while end < scalars.count, scalars[end].isASCII, isNameByte(UInt8(scalars[end].value)) {
                    end += 1
                }
                if end < scalars.count, scalars[end] == "}", end > index + 2 {
                    result.append("$")
                    result.append(open)
                    result.append(contentsOf: scalars[(index + 2)..<end])
                    result.append(close)
                    index = end + 1
                    continue
                }
            }
            result.append(scalars[index])
            index += 1
        }
        return String(result)
    }

    /// `text` with the braces of its references back.
    static func restore(_ text: String) -> String {
        guard text.unicodeScalars.contains(open) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            result.append(scalar == open ? "{" : scalar == close ? "}" : scalar)
        }
        return String(result)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }
}
