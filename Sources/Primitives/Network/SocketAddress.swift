/// An IP address and a UDP or TCP port, small enough to copy with every datagram.
public struct SocketAddress: Hashable, Sendable {
    /// The IP version of an address.
    public enum Family: UInt8, Sendable {
        /// IPv4, RFC 791.
        case v4 = 4
        /// IPv6, RFC 8200.
        case v6 = 6
    }

    /// The IP version.
    public var family: Family
    /// The port.
    public var port: UInt16
    /// The first eight bytes of an IPv6 address; zero for IPv4.
    public var high: UInt64
    /// The last eight bytes of an IPv6 address, or an IPv4 address in the low four bytes.
    public var low: UInt64

    /// Makes an IPv6 address from its two halves in host byte order.
    public init(v6High high: UInt64, low: UInt64, port: UInt16) {
        family = .v6
        self.port = port
        self.high = high
        self.low = low
    }

    /// Makes an IPv4 address from its 32 bits in host byte order.
    public init(v4 address: UInt32, port: UInt16) {
        family = .v4
        self.port = port
        high = 0
        low = UInt64(address)
    }

    /// 127.0.0.1 with the given port.
    public static func loopback(port: UInt16) -> SocketAddress { SocketAddress(v4: 0x7f00_0001, port: port) }

    /// The four or sixteen bytes of the IP address in network byte order.
    public var addressBytes: [UInt8] {
        let bytes = Self.bytes(of: high) + Self.bytes(of: low)
        return family == .v4 ? Array(bytes[12...]) : bytes
    }

    /// Whether the address is in 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        family == .v4 ? low >> 24 == 127 : high == 0 && low == 1
    }

    /// The same IP address with another port.
    public func with(port: UInt16) -> SocketAddress {
        var copy = self
        copy.port = port
        return copy
    }

    private static func bytes(of value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The address without its port, in dotted or colon form (RFC 5952 without zero compression).
    public var host: String {
        let bytes = addressBytes
        if family == .v4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    /// `host:port`, with brackets around an IPv6 host.
    public var description: String { family == .v4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    /// Reads a literal IPv4 or IPv6 address; nil for a name or anything else.
    public init?(host: some StringProtocol, port: UInt16) {
        if let v4 = Self.parseV4(host) {
            self.init(v4: v4, port: port)
        } else if let v6 = Self.parseV6(host) {
            self.init(v6High: v6.0, low: v6.1, port: port)
        } else {
            return nil
        }
    }

    private static func parseV4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard part.count <= 3, part.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let byte = UInt8(part)
            else {
                return nil
            }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    private static func parseV6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        guard text.contains(":"), text.utf8.allSatisfy({ $0 < 128 }) else { return nil }
        let characters = Array(text.utf8)
        var halves: [[UInt16]] = [[]]
        var group: [UInt8] = []
        var index = 0
        func value(_ digits: [UInt8]) -> UInt16? {
            digits.isEmpty || digits.count > 4
                ? nil : UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        }
        while index < characters.count {
            guard characters[index] == UInt8(ascii: ":") else {
                group.append(characters[index])
                index += 1
                continue
            }
            let isDouble = index + 1 < characters.count && characters[index + 1] == UInt8(ascii: ":")
            if !group.isEmpty {
                guard let word = value(group) else { return nil }
                halves[halves.count - 1].append(word)
                group = []
            } else if !(isDouble && index == 0) {
                return nil
            }
            if isDouble {
                guard halves.count == 1 else { return nil }
                halves.append([])
                index += 1
            }
            index += 1
        }
        if !group.isEmpty {
            guard let word = value(group) else { return nil }
            halves[halves.count - 1].append(word)
        } else if halves.count == 1 {
            return nil
        }
        let given = halves.reduce(0) { $0 + $1.count }
        guard halves.count == 1 ? given == 8 : given < 8 else { return nil }
        let words = halves[0] + Array(repeating: 0, count: 8 - given) + (halves.count == 2 ? halves[1] : [])
        func join(_ slice: ArraySlice<UInt16>) -> UInt64 { slice.reduce(0) { $0 << 16 | UInt64($1) } }
        return (join(words[0..<4]), join(words[4..<8]))
    }
}
