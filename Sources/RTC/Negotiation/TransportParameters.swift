/// What our descriptions say about our end of the transport.
public struct LocalTransport: Hashable, Sendable {
    /// Our ICE credentials.
    public var credentials: ICECredentials
    /// Whether we are an ICE-lite agent.
    public var isICELite: Bool
    /// SHA-256 of our certificate.
    public var fingerprint: [UInt8]
    /// Our candidates, which the first section lists.
    public var candidates: [ICECandidate]

    /// Describes our end.
    public init(
        credentials: ICECredentials, isICELite: Bool = false, fingerprint: [UInt8],
        candidates: [ICECandidate] = []
    ) {
        self.credentials = credentials
        self.isICELite = isICELite
        self.fingerprint = fingerprint
        self.candidates = candidates
    }
}

/// What the peer's last description said about its end of the transport.
public struct RemoteTransport: Hashable, Sendable {
    /// The peer's ICE credentials; new ones mean an ICE restart (RFC 8445 section 9).
    public var credentials: ICECredentials
    /// Whether the peer is an ICE-lite agent.
    public var isICELite: Bool
    /// SHA-256 of the peer's certificate.
    public var fingerprint: [UInt8]
    /// The candidates written in the description.
    public var candidates: [String]
    /// Our DTLS role as this description decides it; nil while the peer leaves the choice to us.
    public var localRole: DTLSRole?
}
