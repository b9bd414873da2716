public import Primitives

/// What carries a connection's packets between us and the peer, or between us and our relay.
public enum MediaPath: String, Sendable, Hashable, CaseIterable {
    /// UDP straight to the peer.
    case udp
    /// TCP straight to the peer (RFC 6544).
    case tcp
    /// A relay reached over UDP.
    case turnUDP = "turn-udp"
    /// A relay reached over TCP.
    case turnTCP = "turn-tcp"
    /// A relay reached over TLS.
    case turnTLS = "turn-tls"

    /// The way through a relay.
    init(relayOver transport: TURNTransport) {
        switch transport {
        case .udp: self = .turnUDP
        case .tcp: self = .turnTCP
        case .tls: self = .turnTLS
        }
    }

    /// Whether a TURN server is between.
    public var isRelayed: Bool { self != .udp && self != .tcp }
}

/// What a peer connection wants from its owner, or tells it, about the ways to the peer.
public enum PathEvent: Hashable, Sendable {
    /// A candidate of ours that came up after the first description, to be trickled.
    case candidate(String)
    /// A TCP connection to this address is worth a try: open it and tell `streamOpened` or `streamClosed`.
    case streamWanted(SocketAddress)
    /// Nothing goes through this stream any more: it may be closed.
    case streamUnneeded(Int32)
    /// A TURN server wants to be asked elsewhere (300): ask there if that may be contacted.
    case relayRedirected(from: TURNClient.Configuration, to: SocketAddress)
    /// A way that was tried does not work, in words; others may.
    case failed(String)
}
