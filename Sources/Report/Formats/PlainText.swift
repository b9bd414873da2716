/// Text of strangers made harmless: names and messages come from scenarios, servers and peers.
enum PlainText {
    /// One line without control characters, terminal escapes or text that turns the line's direction around.
    static func line(_ text: String, limit: Int = 200) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                if result.last != " " { result.append(" ") }
            } else {
                result.append(scalar)
            }
            if result.count >= limit {
                result.append("…")
                break
            }
        }
        return String(result)
    }

    /// Escapes text for XML and HTML, scalar by scalar: a quotation mark with a combining accent is one
    /// `Character`, and still ends an attribute.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\n", "\t": result.append(scalar)
            // XML 1.0 section 2.2 knows no other control characters, and no surrogates or non-characters.
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                result.append("\u{fffd}")
            case "\u{fffe}", "\u{ffff}": result.append("\u{fffd}")
            case _ where isTurning(scalar): result.append("\u{fffd}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || isTurning(scalar)
            || (0x2028...0x2029).contains(scalar.value)
    }

    /// Unicode's controls of writing direction (UAX #9), which can make a line read as something else.
    private static func isTurning(_ scalar: Unicode.Scalar) -> Bool {
        (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}
