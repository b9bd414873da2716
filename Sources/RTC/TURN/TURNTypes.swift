public import Primitives
import WireFormats

/// How a client reaches its TURN server; the relay itself always speaks UDP to the peer (RFC 8656 section 3.1).
public enum TURNTransport: String, Sendable, Hashable, CaseIterable {
    /// UDP.
    case udp
    /// TCP.
    case tcp
    /// TLS over TCP.
    case tls

    /// Whether messages travel in a stream, where ChannelData is padded.
    public var isStream: Bool { self != .udp }
}

/// Name and password for a TURN server (RFC 8489 section 9.2).
public struct TURNCredentials: Sendable, Hashable {
    /// The name.
    public var username: String
    /// The password.
    public var password: String

    /// Makes credentials.
    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }
}

/// Why a TURN server is of no use.
public enum TURNFailure: Error, Sendable, Hashable {
    /// The server did not take the credentials (401 or 441 after they were shown).
    case unauthorized
    /// The server refused with this code and phrase.
    case refused(code: Int, reason: String)
    /// The server did not answer.
    case noAnswer
    /// The server answered with something that makes no sense, in words.
    case malformed(String)
    /// There was no way to the server, or it broke.
    case unreachable(StreamFailure)
}

extension TURNFailure: CustomStringConvertible {
    /// The reason in a few words.
    public var description: String {
        switch self {
        case .unauthorized: "refused the credentials (401)"
        case .refused(let code, let reason): "refused with \(code)\(reason.isEmpty ? "" : " \(reason)")"
        case .noAnswer: "did not answer"
        case .malformed(let text): "answered with \(text)"
        case .unreachable(let failure): failure.description
        }
    }
}

/// How long a TURN client waits for what.
public struct TURNTiming: Sendable, Hashable {
    /// Time before the first retransmission over UDP (RFC 8489 section 6.2.1).
    public var initialTimeout = Interval.milliseconds(500)
    /// How often a request is sent in all over UDP, Rc (RFC 8489 section 6.2.1).
    public var maximumTransmissions = 7
    /// How many initial timeouts to wait after the last transmission, Rm (RFC 8489 section 6.2.1).
    public var finalWaitFactor = 16
    /// How long to wait for an answer in a stream, Ti (RFC 8489 section 6.2.2).
    public var streamTimeout = Interval.milliseconds(39_500)
    /// How long a permission lives (RFC 8656 section 9).
    public var permissionLifetime = Interval.seconds(300)
    /// How long a channel lives (RFC 8656 section 12).
    public var channelLifetime = Interval.seconds(600)
    /// How long before its end anything is refreshed, as libwebrtc does it.
    ///
    /// What lives for less than twice as long is refreshed in the middle of its life.
    public var refreshMargin = Interval.seconds(60)

    /// The times of the RFCs and of libwebrtc.
    public init() {}

    /// How long after something came to life it is to be refreshed.
    func refreshDelay(of lifetime: Interval) -> Interval {
        lifetime < refreshMargin * 2 ? lifetime / 2 : lifetime - refreshMargin
    }
}

/// What a TURN client tells its owner.
public enum TURNEvent: Sendable, Hashable {
    /// There is a relay: its address, and ours as the server sees it.
    case allocated(relayed: SocketAddress, mapped: SocketAddress)
    /// Packets from and to this peer may pass.
    case permitted(SocketAddress)
    /// The server does not let this peer through; others may pass.
    case denied(SocketAddress, TURNFailure)
    /// The server wants to be asked at another address (300); the client is done.
    case redirected(SocketAddress)
    /// There is no relay, or no longer; the client is done.
    case failed(TURNFailure)
}

/// What a TURN client found in what its server sent.
public enum TURNInbound: Sendable, Hashable {
    /// Nothing for anybody else.
    case none
    /// A datagram of a peer, and where it lies.
    case datagram(from: SocketAddress, offset: Int, count: Int)
}
