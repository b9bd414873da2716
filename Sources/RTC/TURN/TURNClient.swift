public import Primitives
import WireFormats

/// A client of one TURN server: gets a relay, keeps it, and lets datagrams through it (RFC 8656, RFC 5766).
///
/// Sans-IO: it is told what arrives from the server and writes what is to go there. Peers must be permitted before
/// anything passes. Like libwebrtc it sends connectivity checks as indications and binds a channel when the first
/// other datagram is to go to a peer. It asks once without credentials, to learn realm and nonce, and shows them from
/// then on; a stale nonce is replaced by the one that comes with the refusal.
public struct TURNClient {
    /// Where and as whom to ask.
    public struct Configuration: Sendable, Hashable {
        /// The server.
        public var server: SocketAddress
        /// How it is reached.
        public var transport: TURNTransport
        /// As whom; nil for a server that takes everybody.
        public var credentials: TURNCredentials?

        /// Describes a server.
        public init(server: SocketAddress, transport: TURNTransport, credentials: TURNCredentials?) {
            self.server = server
            self.transport = transport
            self.credentials = credentials
        }
    }

    /// How far the client is.
    public enum State: Sendable, Hashable {
        /// Not started.
        case idle
        /// An allocation was asked for.
        case allocating
        /// There is a relay.
        case allocated
        /// It is over.
        case ended
    }

    /// Most peers that are kept.
    static let maximumPeers = 64
    /// How often one request may be repeated for a new nonce.
    static let maximumNonces = 3

    /// Where and as whom.
    public let configuration: Configuration
    /// The socket that leads to the server.
    public let socket: Int32
    /// How far the client is.
    public internal(set) var state = State.idle
    /// The relay's address, while there is one.
    public internal(set) var relayedAddress: SocketAddress?
    /// When `tick` is due next; nil if only a call can change anything.
    public internal(set) var deadline: Instant?

    /// How long to wait for what.
    let timing: TURNTiming
    /// Transaction identifiers.
    var generator: SeededGenerator
    /// What the server last said its realm is.
    var realm: [UInt8] = []
    /// The newest nonce of the server.
    var nonce: [UInt8] = []
    /// The key of MESSAGE-INTEGRITY, once the realm is known.
    var key: [UInt8]?
    /// When the allocation is to be refreshed.
    var refreshAt: Instant?
    /// Everybody who may be reached through the relay.
    var peers: [TURNPeer] = []
    /// The channel that the next peer gets.
    var nextChannel = ChannelData.channels.lowerBound
    /// Requests that wait for an answer.
    var transactions: [TURNTransaction] = []
    /// What the owner has not seen yet.
    var events: [TURNEvent] = []

    /// Makes a client that has not asked yet.
    ///
    /// - Parameters:
    ///   - configuration: Where and as whom to ask.
    ///   - socket: The socket that leads to the server.
    ///   - generator: The only source of chance.
    ///   - timing: How long to wait for what.
    public init(
        _ configuration: Configuration, socket: Int32, generator: SeededGenerator,
        timing: TURNTiming = .init()
    ) {
        self.configuration = configuration
        self.socket = socket
        self.generator = generator
        self.timing = timing
    }

    /// The next event; nil when there is none.
    public mutating func nextEvent() -> TURNEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// Whether a datagram that arrived on `socket` from `source` is the server's.
    @inlinable
    public func owns(_ socket: Int32, _ source: SocketAddress) -> Bool {
        socket == self.socket && source == configuration.server
    }

    /// Asks for a relay.
    public mutating func start(now: Instant, into outbox: inout Outbox) {
        guard state == .idle else { return }
        state = .allocating
        request(.allocate, now: now, into: &outbox)
        updateDeadline()
    }

    /// Asks the server to let datagrams of `peer` through; an event tells what came of it.
    ///
    /// Permissions are for addresses, whatever the port (RFC 8656 section 9): one that was granted holds at once.
    public mutating func permit(_ peer: SocketAddress, now: Instant, into outbox: inout Outbox) {
        guard state == .allocated else { return }
        let known = peers.first { $0.address.with(port: 0) == peer.with(port: 0) }
        if !peers.contains(where: { $0.address == peer }) {
            guard peers.count < Self.maximumPeers else { return }
            peers.append(TURNPeer(address: peer, permission: known?.permission ?? .requested))
        }
        switch known?.permission {
        case .granted: events.append(.permitted(peer))
        case .requested: break
        case .denied, nil:
            for index in peers.indices where peers[index].address == peer {
                peers[index].permission = .requested
            }
            request(.createPermission(peer), now: now, into: &outbox)
        }
        updateDeadline()
    }

    /// Does what is due: retransmissions, and refreshing what would end.
    public mutating func tick(now: Instant, into outbox: inout Outbox) {
        guard state == .allocating || state == .allocated else { return }
        retransmit(now: now, into: &outbox)
        guard state == .allocated else { return updateDeadline() }
        if let refreshAt, refreshAt <= now {
            self.refreshAt = nil
            request(.refresh(isFarewell: false), now: now, into: &outbox)
        }
        for index in peers.indices {
            if let due = peers[index].permissionRefreshAt, due <= now {
                peers[index].permissionRefreshAt = nil
                request(.createPermission(peers[index].address), now: now, into: &outbox)
            }
            if let due = peers[index].channelRefreshAt, due <= now {
                peers[index].channelRefreshAt = nil
                request(.channelBind(peers[index].address), now: now, into: &outbox)
            }
        }
        updateDeadline()
    }

    /// Gives the relay back (RFC 8656 section 8) and ends.
    public mutating func close(now: Instant, into outbox: inout Outbox) {
        if state == .allocated { request(.refresh(isFarewell: true), now: now, into: &outbox) }
        end()
    }

    /// Ends because the way to the server broke.
    public mutating func disconnect(_ failure: StreamFailure) {
        guard state != .ended else { return }
        fail(.unreachable(failure))
    }

    /// Ends with a failure.
    mutating func fail(_ failure: TURNFailure) {
        guard state != .ended else { return }
        events.append(.failed(failure))
        end()
    }

    mutating func end() {
        state = .ended
        relayedAddress = nil
        transactions = []
        peers = []
        deadline = nil
    }

    /// Folds all that is waited for into `deadline`.
    mutating func updateDeadline() {
        guard state == .allocating || state == .allocated else {
            deadline = nil
            return
        }
        var next = refreshAt
        for transaction in transactions { next = earliest(next, transaction.retryAt) }
        for peer in peers {
            next = earliest(next, peer.permissionRefreshAt)
            next = earliest(next, peer.channelRefreshAt)
        }
        deadline = next
    }
}

/// A peer that may be reached through a relay.
struct TURNPeer {
    /// Whether the server lets it through.
    enum Permission {
        case requested
        case granted
        case denied
    }

    /// How far its channel is.
    enum Channel: Equatable {
        case unbound
        case requested(UInt16)
        case bound(UInt16)
    }

    /// Where it is.
    var address: SocketAddress
    /// Whether the server lets it through.
    var permission: Permission
    /// When the permission is to be refreshed; kept by one peer of each address.
    var permissionRefreshAt: Instant?
    /// How far its channel is.
    var channel = Channel.unbound
    /// When the channel is to be refreshed.
    var channelRefreshAt: Instant?
}

/// A request to a TURN server that waits for an answer.
struct TURNTransaction {
    /// What was asked for.
    enum Request: Equatable {
        case allocate
        case refresh(isFarewell: Bool)
        case createPermission(SocketAddress)
        case channelBind(SocketAddress)
    }

    /// Identifies the response.
    var id: STUNTransactionID
    /// What was asked for.
    var request: Request
    /// Whether credentials were shown.
    var isAuthenticated: Bool
    /// How often the request was repeated for a new nonce.
    var nonceCount: Int
    /// How often this transaction was sent.
    var transmissions = 1
    /// When to send it again, or give up.
    var retryAt: Instant
    /// The timeout that follows the next transmission.
    var timeout: Interval
}
