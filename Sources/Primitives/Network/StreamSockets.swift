/// How a machine gets TCP connections, plain or under TLS, without knowing about the kernel.
///
/// A stream carries whole messages, as datagrams do: the host cuts them by `StreamFraming`, and what a machine writes
/// into the `Outbox` under a stream's number leaves by it. Streams and UDP sockets share one space of numbers.
/// While a stream cannot take more, further messages are lost and counted, as a full UDP buffer loses datagrams.
public protocol StreamSockets: AnyObject {
    /// Begins to connect to `destination`; a `StreamEvent` tells how that ended.
    func openStream(
        owner: Int, to destination: SocketAddress, options: StreamOptions
    ) throws(DatagramSocketError) -> Int32

    /// Closes a stream at once; no event follows.
    func closeStream(_ socket: Int32)
}

/// How messages are cut out of a stream.
public enum StreamFraming: Sendable, Hashable {
    /// Two bytes of length before each message (RFC 4571), as ICE over TCP has it (RFC 6544 section 3).
    case lengthPrefixed
    /// STUN messages and padded ChannelData, which tell their own length (RFC 8656 section 12.5).
    case turn
}

/// What kind of stream is wanted.
public struct StreamOptions: Sendable, Hashable {
    /// How messages are cut.
    public var framing: StreamFraming
    /// The name that the peer's certificate must have; nil for a stream without TLS.
    public var tlsName: String?

    /// Chooses a kind of stream.
    public init(framing: StreamFraming, tlsName: String? = nil) {
        self.framing = framing
        self.tlsName = tlsName
    }
}

/// What happened to a stream besides messages.
public enum StreamEvent: Sendable, Hashable {
    /// It may carry messages from now on: TCP, and TLS where it was wanted, are up.
    case opened(local: SocketAddress, remote: SocketAddress)
    /// A peer connected to a listening socket; the stream may carry messages from now on.
    case accepted(listener: Int32, remote: SocketAddress)
    /// It is gone, or never came; its number may be used again.
    case closed(StreamFailure)
}

/// Why a stream ended.
public enum StreamFailure: Error, Sendable, Hashable {
    /// Nobody listens there, or a firewall said no.
    case refused
    /// No connection in time.
    case timedOut
    /// The TLS handshake failed or did not end in time, in words.
    case tls(String)
    /// The peer closed it or reset it.
    case closedByPeer
    /// The peer sent what cannot be cut into messages.
    case malformed
    /// The system said this.
    case system(errno: Int32)
}

extension StreamFailure: CustomStringConvertible {
    /// The reason in a few words.
    public var description: String {
        switch self {
        case .refused: "connection refused"
        case .timedOut: "no connection in time"
        case .tls(let text): "TLS failed: \(text)"
        case .closedByPeer: "closed by the peer"
        case .malformed: "the peer sent bytes that are no messages"
        case .system(let errno): "system error \(errno)"
        }
    }
}
