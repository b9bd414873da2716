import Primitives

/// Room names in the form that Visio itself makes and accepts: `abc-defg-hij`.
enum RoomSlug {
    /// Whether `text` can be the name of an existing room: what Meet's slugs look like, of any length up to
    /// 100.
    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return text.utf8.count <= 100
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { (97...122).contains($0) || (48...57).contains($0) }
            }
    }

    /// Draws a name.
    static func draw(from generator: inout SeededGenerator) -> String {
        let letters: StaticString = "abcdefghijklmnopqrstuvwxyz"
        let parts = [3, 4, 3].map { generator.text($0, from: letters) }
        return parts.joined(separator: "-")
    }
}
