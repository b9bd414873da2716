/// Byte-wise helpers: a session description is ASCII, so nothing here needs to look at grapheme clusters.
extension Substring {
    /// The pieces between runs of `separator`.
    func fields(separatedBy separator: UInt8 = UInt8(ascii: " ")) -> [Substring] {
        utf8.split(separator: separator).map { Substring($0) }
    }

    /// What stands before and after the first `separator`; nil when there is none.
    func splitOnce(at separator: UInt8) -> (Substring, Substring?) {
        guard let index = utf8.firstIndex(of: separator) else { return (self, nil) }
        return (self[..<index], self[utf8.index(after: index)...])
    }

    /// The same without spaces and tabs at either end.
    var trimmed: Substring {
        var view = utf8
        while let byte = view.first, byte == 32 || byte == 9 { view.removeFirst() }
        while let byte = view.last, byte == 32 || byte == 9 { view.removeLast() }
        return Substring(view)
    }
}
