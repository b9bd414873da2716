import Foundation
import Scenario

/// Numbers as people read them: rounded to what they carry, thousands apart, never `-0`.
enum NumberText {
    /// U+202F, a space that neither breaks nor stretches.
    static let thinSpace = "\u{202f}"

    /// A number with a fixed number of decimals.
    static func decimal(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : "−∞" }
        var text = String(format: "%.\(decimals)f", abs(value))
        let point = text.firstIndex(of: ".") ?? text.endIndex
        let fraction = text[point...]
        text = grouped(String(text[..<point])) + fraction
        let isZero = !text.contains { ("1"..."9").contains($0) }
        return value < 0 && !isZero ? "−" + text : text
    }

    /// A number with three significant digits, and at most three decimals.
    static func significant(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return decimal(value, 0) }
        // Rounded first, because 9.996 belongs to the tens.
        let digits = Int(floor(log10(abs(value)) + 1e-9)) + 1
        let rounded = Double(String(format: "%.2e", value)) ?? value
        let moved = Int(floor(log10(abs(rounded)) + 1e-9)) + 1
        return decimal(value, min(3, max(0, 3 - max(digits, moved))))
    }

    /// A whole number.
    static func whole(_ value: Int) -> String {
        value < 0 ? "−" + grouped(String(value.magnitude)) : grouped(String(value))
    }

    /// A whole number.
    static func whole(_ value: UInt64) -> String { grouped(String(value)) }

    /// A share of 1 as a percentage: two decimals below 1 %, one below 10 %, none above; what is not zero never
    /// reads as zero, and what is not everything never as 100 %.
    static func percent(_ share: Double) -> String { percentNumber(share) + thinSpace + "%" }

    /// As `percent`, without the sign.
    static func percentNumber(_ share: Double) -> String {
        let value = share * 100
        if value == 0 || value == 100 || !value.isFinite { return decimal(value, 0) }
        if value > 0, value < 0.005 { return "<" + thinSpace + "0.01" }
        if value > 99, value < 100 { return value > 99.99 ? "99.99" : decimal(value, 2) }
        return decimal(value, value < 0.995 ? 2 : value < 9.95 ? 1 : 0)
    }

    /// A time: milliseconds below one second, else seconds.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "never" }
        return seconds < 0.9995
            ? significant(seconds * 1000) + thinSpace + "ms" : significant(seconds) + thinSpace + "s"
    }

    /// A moment of the run: `12.3 s`, or `2:05` beyond two minutes.
    static func moment(_ seconds: Double) -> String {
        guard seconds >= 120 else { return decimal(seconds, 1) + thinSpace + "s" }
        let whole = Int(seconds.rounded())
        let minutes = String(format: whole >= 3600 ? "%02d:%02d" : "%d:%02d", whole / 60 % 60, whole % 60)
        return whole >= 3600 ? "\(whole / 3600):" + minutes : minutes
    }

    /// A length in words: `45 s`, `5 minutes`, `2 hours 10 minutes`.
    static func length(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        if whole < 120 { return "\(whole)" + thinSpace + "s" }
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        var parts: [String] = []
        if hours > 0 { parts.append(count(hours, "hour")) }
        if minutes > 0 { parts.append(count(minutes, "minute")) }
        if rest > 0, hours == 0 { parts.append("\(rest)" + thinSpace + "s") }
        return parts.joined(separator: " ")
    }

    /// A number and a noun in the right form.
    static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
        whole(number) + "\u{a0}" + (number == 1 ? noun : plural ?? noun + "s")
    }

    /// A bit rate.
    static func bitrate(_ bitsPerSecond: Double) -> String {
        if bitsPerSecond >= 999.5e6 { return significant(bitsPerSecond / 1e9) + thinSpace + "Gbit/s" }
        if bitsPerSecond >= 999.5e3 { return significant(bitsPerSecond / 1e6) + thinSpace + "Mbit/s" }
        return significant(bitsPerSecond / 1e3) + thinSpace + "kbit/s"
    }

    /// A value in a metric's base unit, with the unit that people use.
    static func value(_ value: Double, _ unit: Metric.Unit) -> String {
        guard value.isFinite else { return "never" }
        return switch unit {
        case .time: time(value)
        case .share: percent(value)
        case .meanOpinionScore: decimal(value, 2)
        case .rating: decimal(value, 1)
        case .perMinute: significant(value) + thinSpace + "/min"
        case .framesPerSecond: decimal(value, 1) + thinSpace + "fps"
        case .decibel: decimal(value, 1) + thinSpace + "dB"
        case .similarity: decimal(value, 3)
        case .lines: decimal(value, 0) + thinSpace + "lines"
        case .bitrate: bitrate(value)
        }
    }

    /// A limit as its author would write it: exact, so no zeros that only rounding would explain.
    static func limit(_ value: Double, _ unit: Metric.Unit) -> String {
        let text = Self.value(value, unit)
        guard unit != .meanOpinionScore, let point = text.firstIndex(of: ".") else { return text }
        let end = text[point...].firstIndex(of: Character(thinSpace)) ?? text.endIndex
        var number = text[..<end]
        while number.hasSuffix("0") { number.removeLast() }
        if number.hasSuffix(".") { number.removeLast() }
        return String(number + text[end...])
    }

    /// A value for a CSV or JSON file: enough digits for anything that is measured, and never an exponent.
    static func plain(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        var text = String(format: "%.6f", value)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    private static func grouped(_ digits: String) -> String {
        guard digits.count > 4 else { return digits }
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += thinSpace }
            text.append(digit)
        }
        return text
    }
}
