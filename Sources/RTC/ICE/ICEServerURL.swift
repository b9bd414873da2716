/// The address of a STUN or TURN server, as servers hand it out (RFC 7064, RFC 7065).
public struct ICEServerURL: Sendable, Hashable {
    /// What the server is for.
    public enum Kind: Sendable, Hashable {
        /// Tells our address.
        case stun
        /// Relays, and is reached so.
        case turn(TURNTransport)
    }

    /// What the server is for.
    public var kind: Kind
    /// A host name or a literal address, an IPv6 one without brackets.
    public var host: String
    /// The port.
    public var port: UInt16

    /// Reads an address; nil when it is none, or of a kind that nobody uses (`stuns`, DTLS).
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 512, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        let scheme = text[..<colon].lowercased()
        let rest = text[text.index(after: colon)...]
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var transport: String?
        if parts.count == 2 {
            guard let value = parts[1].wholeValue(of: "transport") else { return nil }
            transport = value.lowercased()
        }
        switch (scheme, transport) {
        case ("stun", nil), ("stun", "udp"): kind = .stun
        case ("turn", nil), ("turn", "udp"): kind = .turn(.udp)
        case ("turn", "tcp"): kind = .turn(.tcp)
        case ("turns", nil), ("turns", "tcp"): kind = .turn(.tls)
        default: return nil
        }
        guard let (host, port) = Self.split(parts[0]) else { return nil }
        self.host = host.lowercased()
        // RFC 7064 section 3.1 and RFC 7065 section 3.1.
        self.port = port ?? (scheme == "turns" ? 5349 : 3478)
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: UInt16?)? {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let tail = authority[authority.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":"), host.contains(":") else { return nil }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, !host.contains(where: { "/@[]".contains($0) }) else { return nil }
        guard let port else { return (host, nil) }
        guard !port.isEmpty, port.allSatisfy(\.isNumber), let number = UInt16(port), number > 0 else {
            return nil
        }
        return (host, number)
    }
}

extension Substring {
    /// What stands behind `name=` when that is all there is.
    fileprivate func wholeValue(of name: String) -> Substring? {
        hasPrefix(name + "=") ? dropFirst(name.count + 1) : nil
    }
}
