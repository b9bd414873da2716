/// One kind of network between participants and the deployment.
public struct AccessNetwork: Codable, Hashable, Sendable {
    /// The name by which the scenario and the results call it.
    public var name: String
    /// The ways that media may take.
    public var path: NetworkPath
    /// What the network swallows.
    public var firewall: Firewall
    /// The IP versions that it has.
    public var ip: IPVersions
    /// What happens to datagrams from the participant to the deployment.
    public var up: LinkImpairment
    /// What happens to datagrams from the deployment to the participant.
    public var down: LinkImpairment

    /// Makes a network; by default one that lets everything through as it is.
    public init(
        name: String, path: NetworkPath = .any, firewall: Firewall = .open, ip: IPVersions = .any,
        up: LinkImpairment = LinkImpairment(), down: LinkImpairment = LinkImpairment()
    ) {
        self.name = name
        self.path = path
        self.firewall = firewall
        self.ip = ip
        self.up = up
        self.down = down
    }

    /// Whether datagrams pass as they are in both directions.
    public var isTransparent: Bool { up.isNone && down.isNone }
}

/// An access network, and how many of all participants use it.
public struct NetworkShare: Equatable, Sendable {
    /// The network.
    public var network: AccessNetwork
    /// The share of all participants whose role names no network, 0...1.
    public var share: Double
}

/// The ways that media may take.
public enum NetworkPath: String, CaseIterable, Codable, Hashable, Sendable {
    /// All that the page would try; the best that works is used.
    case any
    /// UDP straight to the server.
    case udp
    /// TCP straight to the server (RFC 6544).
    case tcp
    /// A TURN server, however it is reached.
    case relay
    /// A TURN server, reached over UDP.
    case turnUDP = "turn-udp"
    /// A TURN server, reached over TCP.
    case turnTCP = "turn-tcp"
    /// A TURN server, reached over TLS.
    case turnTLS = "turn-tls"

    /// Whether nothing but a TURN server will do.
    public var needsRelay: Bool { self == .relay || rawValue.hasPrefix("turn-") }
}

/// What a network swallows without a word.
public enum Firewall: String, CaseIterable, Codable, Hashable, Sendable {
    /// Nothing.
    case open = "none"
    /// UDP.
    case noUDP = "no-udp"
    /// Everything but connections under TLS.
    case onlyTLS = "only-tls"
}

/// Which IP versions there are.
public enum IPVersions: String, CaseIterable, Codable, Hashable, Sendable {
    /// Both, where both are there.
    case any
    /// IPv4 alone.
    case v4
    /// IPv6 alone.
    case v6
}
