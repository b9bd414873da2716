/// A request target taken apart: path and decoded query items, in order.
public struct RequestTarget: Hashable, Sendable {
    /// One `name=value` of a query, both decoded.
    public struct Item: Hashable, Sendable {
        /// The decoded name.
        public var name: String
        /// The decoded value, empty when there was no `=`.
        public var value: String

        /// Makes an item.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The decoded path, repeated slashes collapsed as LiveKit and the ingress do.
    public var path: String
    /// The query items in order.
    public var items: [Item]

    /// Makes a target.
    public init(path: String, items: [Item] = []) {
        self.path = path
        self.items = items
    }

    /// Reads a request target or the path and query of a URL; escapes that are broken stand for themselves.
    public init(parsing text: some StringProtocol) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        var collapsed: [UInt8] = []
        for byte in PercentEncoding.decode(parts.first ?? text.utf8[...], plusIsSpace: false) {
            let isRepeated = byte == UInt8(ascii: "/") && collapsed.last == UInt8(ascii: "/")
            if !isRepeated { collapsed.append(byte) }
        }
        path = String(decoding: collapsed, as: UTF8.self)
        items = []
        guard parts.count == 2 else { return }
        for pair in parts[1].split(separator: UInt8(ascii: "&")) {
            let sides = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            items.append(
                Item(
                    name: Self.text(sides.first ?? pair[...]),
                    value: sides.count == 2 ? Self.text(sides[1]) : ""))
        }
    }

    /// The value of the first item called `name`.
    public func value(of name: String) -> String? { items.first { $0.name == name }?.value }

    /// The path and the query, encoded.
    public var text: String {
        let query = items.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        let path = PercentEncoding.encode(path, keeping: "/")
        return query.isEmpty ? path : path + "?" + query.joined(separator: "&")
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: PercentEncoding.decode(bytes, plusIsSpace: true), as: UTF8.self)
    }
}

/// Percent-encoding (RFC 3986 section 2.1).
public enum PercentEncoding {
    /// Encodes everything but the unreserved characters and those in `keeping`.
    public static func encode(_ text: some StringProtocol, keeping: String = "") -> String {
        let kept = Array(keeping.utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) || kept.contains(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Decodes escapes; broken ones stand for themselves.
    public static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> [UInt8] {
        let bytes = Array(text)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "%"), index + 1 < bytes.count, let high = nibble(bytes[index]),
                let low = nibble(bytes[index + 1])
            {
                decoded.append(high << 4 | low)
                index += 2
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return decoded
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
