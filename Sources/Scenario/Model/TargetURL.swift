/// The address of a deployment: scheme, host, port and path, and nothing that could carry a secret.
public struct TargetURL: Hashable, Sendable {
    /// `http`, `https`, `ws` or `wss`.
    public var scheme: String
    /// The host name or literal address, an IPv6 one without its brackets.
    public var host: String
    /// The port, if the address names one.
    public var port: UInt16?
    /// The path without a slash at its end; empty or starting with a slash.
    public var path: String

    /// Reads an address; nil when it is none, or carries user, password, query or fragment.
    public init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard Self.schemes.contains(scheme) else { return nil }
        let rest = text[separator.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 32 && $0 < 127 && !Self.forbidden.contains($0) }) else {
            return nil
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        guard let (host, port) = Self.split(authority: rest[..<slash]) else { return nil }
        self.host = host
        self.port = port
    }

    /// The schemes that a target may have.
    public static let schemes = ["http", "https", "ws", "wss"]

    /// Whether the connection is encrypted.
    public var isSecure: Bool { scheme == "https" || scheme == "wss" }

    /// The characters `"`, `#`, `<`, `>`, `?`, `@`, `\`, `` ` ``, `{`, `}`.
    private static let forbidden: [UInt8] = [34, 35, 60, 62, 63, 64, 92, 96, 123, 125]

    private static func split(authority: Substring) -> (String, UInt16?)? {
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let tail = authority[authority.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":"), host.contains(":") else { return nil }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, authority.hasPrefix("[") || host.utf8.allSatisfy(isNameByte) else { return nil }
        guard let portText else { return (host.lowercased(), nil) }
        guard portText.utf8.allSatisfy({ (48...57).contains($0) }), let port = UInt16(portText), port > 0
        else {
            return nil
        }
        return (host.lowercased(), port)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension TargetURL: CustomStringConvertible {
    /// The address as text, without a slash at its end.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)\(port.map { ":\($0)" } ?? "")\(path)"
    }
}

extension TargetURL: Codable {
    /// Reads an address from its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let url = TargetURL(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no address")
        }
        self = url
    }

    /// Writes the address as text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
