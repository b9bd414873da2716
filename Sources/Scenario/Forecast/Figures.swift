/// Numbers as people read them, without any locale.
enum Figures {
    /// A whole number in groups of three: `12 345`.
    static func whole(_ value: Int) -> String {
        let digits = String(abs(value))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// A number with as many decimals as its size deserves: `0.04`, `3.2`, `48`, `1 204`.
    static func decimal(_ value: Double) -> String {
        if value >= 99.95 { return whole(Int(min(value, 1e15).rounded())) }
        let scale = value >= 9.95 ? 1 : value >= 0.995 ? 10 : 100
        let scaled = Int((value * Double(scale)).rounded())
        guard scale > 1 else { return String(scaled) }
        let fraction = String(scale + scaled % scale).dropFirst()
        return "\(scaled / scale).\(fraction)"
    }

    /// An amount of memory: `160 MB`, `1.3 GB`.
    static func bytes(_ value: Int64) -> String {
        if value >= 1_000_000_000 { return decimal(Double(value) / 1e9) + " GB" }
        if value >= 1_000_000 { return decimal(Double(value) / 1e6) + " MB" }
        return decimal(Double(value) / 1e3) + " kB"
    }
}
