public import Primitives

/// The hosts that a run may load: this machine, and whoever was named on purpose.
///
/// A load generator that follows a wrong address loads a stranger. So the list is asked before every connection,
/// those that follow a redirect included, and nothing else than this machine is allowed unless it is named.
public struct HostAllowList: Hashable, Sendable {
    private enum Pattern: Hashable {
        /// This name or address.
        case exact(String)
        /// Every name that ends so; the text starts with a dot.
        case suffix(String)
        /// Every address that shares this many leading bits.
        case network(SocketAddress, bitCount: Int)
    }

    private let patterns: [Pattern]

    /// Allows this machine alone.
    public static let loopbackOnly = HostAllowList([])

    /// Allows this machine and `patterns`.
    ///
    /// - Parameter patterns: Names (`visio.example.org`), every name under one (`*.example.org`, which does not hold
    ///   for `example.org` itself), addresses (`192.0.2.7`, `2001:db8::7`) or networks (`192.0.2.0/24`).
    public init(_ patterns: [String]) {
        self.patterns = patterns.compactMap(Self.pattern)
    }

    /// Whether a name or a literal address may be connected to.
    public func permits(host: some StringProtocol) -> Bool {
        let name = Self.canonical(host)
        if let address = SocketAddress(host: name, port: 0) { return permits(address) }
        if name == "localhost" || name.hasSuffix(".localhost") { return true }  // RFC 6761 section 6.3
        return patterns.contains { pattern in
            switch pattern {
            case .exact(let allowed): name == allowed
            case .suffix(let suffix): name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count
            case .network: false
            }
        }
    }

    /// Whether an address may be sent to; its port does not matter.
    public func permits(_ address: SocketAddress) -> Bool {
        if address.isLoopback { return true }
        return patterns.contains { pattern in
            guard case .network(let network, let bitCount) = pattern else { return false }
            return Self.prefix(of: address, bitCount) == Self.prefix(of: network, bitCount)
                && address.family == network.family
        }
    }

    /// The same list with single addresses added, such as those that an allowed name resolved to.
    public func allowing(_ addresses: [SocketAddress]) -> HostAllowList {
        HostAllowList(patterns: patterns + addresses.map { .network($0, bitCount: Self.bitCount(of: $0)) })
    }

    private init(patterns: [Pattern]) { self.patterns = patterns }

    private static func pattern(_ text: String) -> Pattern? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let name = canonical(parts.first ?? "")
        guard !name.isEmpty else { return nil }
        if let address = SocketAddress(host: name, port: 0) {
            guard parts.count > 1 else { return .network(address, bitCount: bitCount(of: address)) }
            guard parts.count == 2, let count = Int(parts[1]), (0...bitCount(of: address)).contains(count)
            else {
                return nil
            }
            return .network(address, bitCount: count)
        }
        guard parts.count == 1 else { return nil }
        return name.hasPrefix("*.") ? .suffix(String(name.dropFirst())) : .exact(name)
    }

    /// Lower case, without the brackets of an IPv6 literal and the dot that ends a full name.
    private static func canonical(_ host: some StringProtocol) -> String {
        var name = host.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.hasSuffix(".") { name.removeLast() }
        return name
    }

    private static func bitCount(of address: SocketAddress) -> Int { address.family == .v4 ? 32 : 128 }

    private static func prefix(of address: SocketAddress, _ bitCount: Int) -> [UInt64] {
        // Shifts beyond a word's width give zero in Swift, which is what a shorter prefix needs.
        if address.family == .v4 { return [address.low >> UInt64(32 - min(bitCount, 32))] }
        return [
            address.high >> UInt64(64 - min(bitCount, 64)), address.low >> UInt64(128 - max(bitCount, 64)),
        ]
    }
}
