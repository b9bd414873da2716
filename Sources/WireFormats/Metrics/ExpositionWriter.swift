/// Writes a metrics page in Prometheus' text exposition format 0.0.4.
public struct ExpositionWriter: Sendable {
    /// The page so far.
    public private(set) var page: [UInt8] = []

    /// The media type that goes with the page.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Starts with an empty page.
    public init() {}

    /// Begins a family: what is counted, in a sentence, and how.
    public mutating func begin(_ name: String, _ kind: ExpositionReader.Kind, help: String) {
        page += "# HELP \(name) ".utf8
        escape(help, quotes: false)
        page += "\n# TYPE \(name) \(kind.rawValue)\n".utf8
    }

    /// Adds a sample of the family that was begun last.
    public mutating func add(_ series: ExpositionSeries, _ value: Double) {
        page += series.name.utf8
        for (index, label) in series.labels.enumerated() {
            page += (index == 0 ? "{" : ",").utf8
            page += "\(label.name)=\"".utf8
            escape(label.value, quotes: true)
            page.append(UInt8(ascii: "\""))
        }
        if !series.labels.isEmpty { page.append(UInt8(ascii: "}")) }
        page += " \(Self.text(of: value))\n".utf8
    }

    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): page += "\\\\".utf8
            case UInt8(ascii: "\n"): page += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: page += "\\\"".utf8
            default: page.append(byte)
            }
        }
    }

    /// The shortest text that reads as the same number.
    public static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        return value.description
    }
}
