/// One kind of network between participants and the deployment.
public struct AccessNetwork: Codable, Hashable, Sendable {
    /// The name by which the scenario and the results call it.
    public var name: String
    /// The ways that media may take.
    public var path: NetworkPath
    /// What happens to datagrams from the participant to the deployment.
    public var up: LinkImpairment
    /// What happens to datagrams from the deployment to the participant.
    public var down: LinkImpairment

    /// Makes a network; by default one that lets everything through as it is.
    public init(
        name: String, path: NetworkPath = .any, up: LinkImpairment = LinkImpairment(),
        down: LinkImpairment = LinkImpairment()
    ) {
        self.name = name
        self.path = path
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

/// The ways that media may take through an access network.
public enum NetworkPath: String, CaseIterable, Codable, Hashable, Sendable {
    /// All that the page would try; the best that works is used.
    case any
    /// UDP straight to the server.
    case udp
}
