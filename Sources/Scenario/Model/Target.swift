public import Primitives

/// The deployment that a run tests.
public enum Target: Codable, Equatable, Sendable {
    /// The embedded Visio, started for the run on loopback.
    case embedded(EmbeddedOptions)
    /// A Visio (La Suite Meet) at this address; LiveKit's address and the tokens come from it.
    case visio(TargetURL)
    /// A LiveKit server alone, with tokens signed by the given key.
    case livekit(TargetURL, key: Credential, secret: Credential)

    /// The address that is contacted first; nil for the embedded one.
    public var url: TargetURL? {
        switch self {
        case .embedded: nil
        case .visio(let url), .livekit(let url, _, _): url
        }
    }
}

/// Known behaviour that the embedded Visio is asked for, so that a measurement can be held against it.
public struct EmbeddedOptions: Codable, Equatable, Sendable {
    /// Which media packets are withheld.
    public enum Loss: Codable, Equatable, Sendable {
        /// None.
        case none
        /// Each with this probability, in millionths.
        case rate(partsPerMillion: Int)
        /// Those with these numbers, counted from 1 in every forwarded stream, ascending.
        case numbers([Int])
    }

    /// How long every media packet is held back before it is forwarded.
    public var delay: Interval
    /// Which media packets are withheld.
    public var loss: Loss
    /// When no video is forwarded, since the start of the run, as if the senders stood still.
    public var freeze: TimeSpan?
    /// How many participants a room takes; nil for any number.
    public var capacity: Int?
    /// Which of LiveKit's signalling modes are spoken.
    public var signalling = SignallingMode.auto
    /// When all WebSockets are cut, since the start of the run.
    public var cuts: [Interval] = []
    /// When everybody is told to leave.
    public var leaves: [ServerLeave] = []
    /// When the media server is down, having forgotten everybody.
    public var restart: TimeSpan?
    /// When nothing passes on the WebSockets that are open.
    public var deaf: TimeSpan?
    /// When no media packet passes while signalling goes on.
    public var blackout: TimeSpan?
    /// The ways in that are offered.
    public var ways: [EmbeddedWay] = [.udp, .tcp]
    /// The way that is offered and on which nothing passes.
    public var blocked: BlockedWay?
    /// Whether it is an ICE-lite agent.
    public var isICELite = false

    /// Asks for nothing special by default.
    public init(delay: Interval = .zero, loss: Loss = .none, freeze: TimeSpan? = nil, capacity: Int? = nil) {
        self.delay = delay
        self.loss = loss
        self.freeze = freeze
        self.capacity = capacity
    }
}

/// A way into the embedded Visio.
public enum EmbeddedWay: String, CaseIterable, Codable, Hashable, Sendable {
    /// Media over UDP.
    case udp
    /// Media over TCP (RFC 6544).
    case tcp
    /// The same over IPv6.
    case ipv6
    /// A TURN server, over UDP, TCP and TLS.
    case turn
}

/// A way into the embedded Visio that may be blocked.
public enum BlockedWay: String, CaseIterable, Codable, Hashable, Sendable {
    /// Media and TURN over UDP.
    case udp
}

/// LiveKit's two ways to signal: with one peer connection for both directions, or with one for each.
public enum SignallingMode: String, CaseIterable, Codable, Hashable, Sendable {
    /// Clients: the newer one, or the older if the server does not know it, as Visio's page does; servers: both.
    case auto
    /// The newer one: one peer connection.
    case single
    /// The older one: two peer connections.
    case dual
}

/// What a server that sends a participant away tells it to do next.
public enum LeaveAction: String, CaseIterable, Codable, Hashable, Sendable {
    /// Come back to the same session.
    case resume
    /// Begin a new session.
    case reconnect
    /// Stay away.
    case disconnect
}

/// A moment at which a server sends everybody away.
public struct ServerLeave: Codable, Hashable, Sendable {
    /// When, since the start of the run.
    public var at: Interval
    /// What they shall do next.
    public var action: LeaveAction

    /// Describes one.
    public init(at: Interval, action: LeaveAction) {
        self.at = at
        self.action = action
    }
}

/// A key or secret: never its value, only where it is found, so that no plan, run file or log can leak it.
public struct Credential: Codable, Hashable, Sendable {
    /// The environment variable that holds it.
    public var environmentVariable: String

    /// Refers to an environment variable.
    public init(environmentVariable: String) { self.environmentVariable = environmentVariable }
}

/// What a run may do to whom: only loopback and these hosts are ever contacted.
public struct AllowList: Codable, Equatable, Sendable {
    /// Host names, literal addresses, or `*.` and a domain for every host below it; lower case.
    public var hosts: [String]
    /// The most participants that may be planned; nil for any number, which only loopback may have.
    public var participants: Int?
    /// Hosts whose TURN servers need no certificate that a known authority has signed; lower case.
    public var selfSigned: [String]?

    /// Makes a list.
    public init(hosts: [String] = [], participants: Int? = nil, selfSigned: [String]? = nil) {
        self.hosts = hosts.map { $0.lowercased() }
        self.participants = participants
        self.selfSigned = selfSigned.map { $0.map { $0.lowercased() } }
    }

    /// Whether the TLS certificate of `host` is taken as it is.
    public func trustsAnyCertificate(of host: String) -> Bool {
        (selfSigned ?? []).contains(Self.normalised(host))
    }

    /// Whether `host`, a name or a literal address without port, may be contacted.
    public func permits(host: String) -> Bool {
        let name = Self.normalised(host)
        if Self.isLoopback(name) { return true }
        return hosts.contains { pattern in
            guard pattern.hasPrefix("*.") else { return Self.normalised(pattern) == name }
            // A wildcard speaks of names; an address that happens to end so is no host below the domain.
            return SocketAddress(host: name, port: 0) == nil
                && name.hasSuffix(pattern.dropFirst()) && name.count > pattern.count - 1
        }
    }

    /// Whether `host` names this very machine.
    public static func isLoopback(_ host: String) -> Bool {
        let name = normalised(host)
        if let address = SocketAddress(host: name, port: 0) { return address.isLoopback }
        return name == "localhost" || name.hasSuffix(".localhost")  // RFC 6761 section 6.3
    }

    /// `host` in lower case, without the brackets of an IPv6 literal and the dot of an absolute name.
    private static func normalised(_ host: String) -> String {
        var name = Substring(host.lowercased())
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if name.hasSuffix(".") { name = name.dropLast() }
        return String(name)
    }
}
