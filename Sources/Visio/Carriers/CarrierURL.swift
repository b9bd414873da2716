/// An absolute `http`, `https`, `ws` or `wss` URL, read strictly.
///
/// The allow list of a run is checked on `host`, and another parser opens the connection later. So everything that
/// two parsers could read differently is refused: user information, back slashes, spaces, control and non-ASCII
/// characters. International names must come in their ASCII form (RFC 5890 A-labels).
public struct CarrierURL: Hashable, Sendable {
    /// The scheme in lower case.
    public var scheme: String
    /// The host in lower case, an IPv6 literal without its brackets.
    public var host: String
    /// The port, the scheme's own unless given.
    public var port: Int
    /// The path, which starts with `/`, and the query with its `?`.
    public var target: String

    /// Reads an absolute URL; nil when it is anything else.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        guard let ownPort = Self.ports[scheme], bytes[colon...].starts(with: Array("://".utf8)) else {
            return nil
        }
        let rest = bytes[(colon + 3)...]
        let authorityEnd = rest.firstIndex { Self.authorityEnders.contains($0) } ?? rest.endIndex
        guard let (host, port) = Self.authority(rest[..<authorityEnd]) else { return nil }
        self.host = host
        self.port = port ?? ownPort
        let fragment = rest[authorityEnd...].firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
        let target = String(decoding: rest[authorityEnd..<fragment], as: UTF8.self)
        self.target = target.hasPrefix("/") ? target : "/" + target
    }

    /// Whether the connection is encrypted.
    public var isSecure: Bool { scheme == "https" || scheme == "wss" }

    /// Whether `port` is the scheme's own.
    public var hasDefaultPort: Bool { Self.ports[scheme] == port }

    /// `host` or `host:port`, as the `Host` header carries it (RFC 9110 section 7.2).
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return hasDefaultPort ? name : "\(name):\(port)"
    }

    /// `scheme://authority`, as the `Origin` header carries it (RFC 6454 section 6.1).
    public var origin: String { "\(scheme)://\(authority)" }

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }

    /// The whole URL.
    public var text: String { origin + target }

    /// The same place by WebSocket: `http` becomes `ws`, `https` becomes `wss`.
    public var asWebSocket: CarrierURL { with(schemes: ["http": "ws", "https": "wss"]) }

    /// The same place by HTTP: `ws` becomes `http`, `wss` becomes `https`.
    public var asHTTP: CarrierURL { with(schemes: ["ws": "http", "wss": "https"]) }

    /// The same server with `path` appended to the path that is there; a query that is there goes away.
    public func appending(path: String) -> CarrierURL {
        var copy = self
        var base = self.path
        while base.hasSuffix("/") { base.removeLast() }
        copy.target = base + (path.hasPrefix("/") ? path : "/" + path)
        return copy
    }

    /// Resolves a reference such as a `Location` header or the action of a form (RFC 3986 section 5.2).
    ///
    /// Nil when it leads to another scheme, or is written in a way that two parsers could read differently.
    public func resolving(_ reference: String) -> CarrierURL? {
        let reference = reference.prefix { $0 != "#" }
        if Self.hasScheme(reference) { return CarrierURL(reference) }
        if reference.hasPrefix("//") { return CarrierURL("\(scheme):\(reference)") }
        let absolute: String
        switch reference.first {
        case nil: absolute = target
        case "/": absolute = String(reference)
        case "?": absolute = path + reference
        default: absolute = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) + reference
        }
        guard var url = CarrierURL(origin + absolute) else { return nil }
        url.target = Self.withoutDots(url.target)
        return url
    }

    /// Whether a reference starts with a scheme and is so absolute (RFC 3986 section 4.3).
    private static func hasScheme(_ reference: Substring) -> Bool {
        guard let colon = reference.firstIndex(of: ":"), let first = reference.utf8.first,
            (0x61...0x7a).contains(first | 0x20)
        else { return false }
        return reference[..<colon].utf8.allSatisfy {
            (0x61...0x7a).contains($0 | 0x20) || isDigit($0) || [0x2b, 0x2d, 0x2e].contains($0)
        }
    }

    /// Takes `.` and `..` out of a path (RFC 3986 section 5.2.4).
    private static func withoutDots(_ target: String) -> String {
        let path = target.prefix { $0 != "?" }
        guard path.contains("/.") else { return target }
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for segment in segments {
            switch segment {
            case ".": break
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        if segments.last == "." || segments.last == ".." { kept.append("") }
        return "/" + kept.joined(separator: "/") + target.dropFirst(path.count)
    }

    private func with(schemes: [String: String]) -> CarrierURL {
        var copy = self
        copy.scheme = schemes[scheme] ?? scheme
        return copy
    }

    private static let ports = ["http": 80, "https": 443, "ws": 80, "wss": 443]
    private static let authorityEnders = Array("/?#".utf8)

    private static func authority(_ bytes: ArraySlice<UInt8>) -> (host: String, port: Int?)? {
        let name: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            name = bytes[(bytes.startIndex + 1)..<end]
            rest = bytes[(end + 1)...]
            guard name.allSatisfy(isAddressCharacter), name.contains(UInt8(ascii: ":")) else { return nil }
        } else {
            let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
            name = bytes[..<end]
            rest = bytes[end...]
            guard name.allSatisfy(isNameCharacter) else { return nil }
        }
        guard !name.isEmpty else { return nil }
        let host = String(decoding: name, as: UTF8.self).lowercased()
        guard !rest.isEmpty else { return (host, nil) }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), (1...5).contains(digits.count), digits.allSatisfy(isDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self))
        else { return nil }
        return (host, Int(port))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return isDigit(byte) || lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return isDigit(byte) || lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "f")
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
}
