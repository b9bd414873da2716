public import Primitives

/// Reading numbers with their units; every function gives nil for anything that is not exactly such a
/// quantity.
enum Quantity {
    /// A length of time: numbers with `h`, `m` or `min`, `s`, `ms` from large to small, such as `1m30s`.
    static func duration(_ text: String) -> Interval? {
        var rest = Substring(text)
        var total = 0.0
        var smallest = Double.infinity
        repeat {
            guard let number = takeNumber(&rest) else { return nil }
            rest = rest.drop { $0 == " " }
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let seconds = timeUnits[String(name)], seconds < smallest else { return nil }
            smallest = seconds
            total += number * seconds
        } while !rest.isEmpty
        // Far beyond any run, and still exact in nanoseconds.
        guard total <= 1e8 else { return nil }
        return .nanoseconds(Int64((total * 1e9).rounded()))
    }

    /// Events per second: a number, a slash and `s`, `min` or `h`, such as `5/s`.
    static func rate(_ text: String) -> Double? {
        var rest = Substring(text)
        guard let number = takeNumber(&rest) else { return nil }
        rest = rest.drop { $0 == " " }
        guard rest.hasPrefix("/"), let seconds = rateUnits[String(rest.dropFirst())] else { return nil }
        return number / seconds
    }

    /// A share of 1: a number and `%`.
    static func share(_ text: String) -> Double? { scaled(text, units: ["%": 0.01]) }

    /// Bits per second: a number and `bit/s`, `kbit/s`, `Mbit/s` or `Gbit/s`.
    static func bitrate(_ text: String) -> Double? {
        scaled(text, units: ["bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9])
    }

    /// A whole number in plain digits; `_` may separate them.
    static func wholeNumber(_ text: String) -> Int? {
        guard let first = text.utf8.first, (48...57).contains(first) else { return nil }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 95 }) else { return nil }
        return Int(text.filter { $0 != "_" })
    }

    /// A number with one of `units` behind it, times the unit's factor; the unit "" allows none.
    static func scaled(_ text: String, units: [String: Double]) -> Double? {
        var rest = Substring(text)
        guard let number = takeNumber(&rest) else { return nil }
        guard let factor = units[String(rest.drop { $0 == " " })] else { return nil }
        // Percentages by division: 7 * 0.01 is not 0.07, 7 / 100 is.
        return factor == 0.01 ? number / 100 : number * factor
    }

    /// A width and a height: `1920x1080`.
    static func pixels(_ text: String) -> (width: Int, height: Int)? {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let width = wholeNumber(String(parts[0])),
            let height = wholeNumber(String(parts[1]))
        else { return nil }
        return (width, height)
    }

    /// From when until when: `from 20s to 30s`.
    static func span(_ text: String) -> TimeSpan? {
        let words = text.split(separator: " ")
        guard words.count == 4, words[0] == "from", words[2] == "to", let start = duration(String(words[1])),
            let end = duration(String(words[3])), start < end
        else { return nil }
        return TimeSpan(start: start, end: end)
    }

    /// A moment: `at 20s`.
    static func moment(_ text: String) -> Interval? {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0] == "at" else { return nil }
        return duration(String(words[1]))
    }

    private static let timeUnits: [String: Double] = ["h": 3600, "m": 60, "min": 60, "s": 1, "ms": 0.001]

    private static let rateUnits: [String: Double] = ["h": 3600, "min": 60, "s": 1]

    /// Takes decimal digits with at most one point from the front of `text`.
    private static func takeNumber(_ text: inout Substring) -> Double? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let first = digits.first, first != ".", digits.last != ".", digits.count <= 18 else {
            return nil
        }
        guard let number = Double(digits) else { return nil }
        text = text.dropFirst(digits.count)
        return number
    }
}

extension Interval {
    /// The interval as a scenario writes it: `1m30s`, `250ms`.
    public var scenarioText: String {
        if nanoseconds == 0 { return "0s" }
        if nanoseconds < 0 { return "-" + Interval(nanoseconds: -nanoseconds).scenarioText }
        let milliseconds = (nanoseconds + 500_000) / 1_000_000
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let (seconds, rest) = (milliseconds / 1000 % 60, milliseconds % 1000)
        if hours == 0, minutes == 0, seconds == 0 { return "\(rest)ms" }
        var text = ""
        if hours > 0 { text += "\(hours)h" }
        if minutes > 0 { text += "\(minutes)m" }
        if rest > 0, hours == 0, minutes == 0 {
            var fraction = String(1000 + rest).dropFirst()
            while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
            text += "\(seconds).\(fraction)s"
        } else if seconds > 0 {
            text += "\(seconds)s"
        }
        return text
    }
}
