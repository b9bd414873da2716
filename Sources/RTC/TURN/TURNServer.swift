public import Primitives
import WireFormats

/// A TURN server: relays for clients that know a password (RFC 8656), over UDP and streams.
///
/// Sans-IO but for its relays, which are sockets of the host. It is made for known peers, such as the media server
/// beside it: whoever else a client wants to reach is refused.
public struct TURNServer {
    /// Who gets what.
    public struct Configuration {
        /// What the server calls itself; part of every key.
        public var realm: String
        /// The password of a name; nil for strangers, and for names whose time is over.
        public var password: (_ username: String, _ now: Instant) -> String?
        /// Whether clients may reach this peer.
        public var permitsPeer: (SocketAddress) -> Bool
        /// How long a relay lives that is not refreshed.
        public var lifetime = Interval.seconds(600)
        /// How long a permission lives (RFC 8656 section 9).
        public var permissionLifetime = Interval.seconds(300)
        /// How long a channel lives (RFC 8656 section 12).
        public var channelLifetime = Interval.seconds(600)
        /// How long a nonce is good.
        public var nonceLifetime = Interval.seconds(3600)
        /// Most relays of one name.
        public var quota = 12
        /// A deliberate fault: every relay is refused with this code; nil for none.
        public var refusal: Int?
        /// A deliberate fault: every client is sent to this address; nil for none.
        public var alternate: SocketAddress?

        /// Describes a server without faults.
        public init(
            realm: String, password: @escaping (_ username: String, _ now: Instant) -> String?,
            permitsPeer: @escaping (SocketAddress) -> Bool
        ) {
            self.realm = realm
            self.password = password
            self.permitsPeer = permitsPeer
        }
    }

    /// What was counted since the start.
    public struct Statistics: Hashable, Sendable {
        /// Relays that were given.
        public var allocations: UInt64 = 0
        /// Requests that were refused, those without credentials excepted.
        public var refusals: UInt64 = 0
        /// Datagrams of clients to peers.
        public var datagramsOut: UInt64 = 0
        /// Datagrams of peers to clients.
        public var datagramsIn: UInt64 = 0
        /// Datagrams that had no permission or no relay.
        public var strays: UInt64 = 0

        /// Nothing counted.
        public init() {}
    }

    /// How a client is reached: its five-tuple, as far as one end needs it.
    struct Client: Hashable {
        var socket: Int32
        var address: SocketAddress
        /// Whether messages travel in a stream.
        var isStream: Bool
    }

    /// What one client was given.
    struct Allocation {
        var client: Client
        var username: String
        /// The relay's socket.
        var relay: Int32
        /// Where peers reach it.
        var relayed: SocketAddress
        var expiresAt: Instant
        /// The request that was granted, to answer it again when the answer was lost.
        var transactionID: STUNTransactionID
        /// Addresses that may send, without port, and until when.
        var permissions: [(address: SocketAddress, until: Instant)] = []
        /// Channels, their peers, and until when.
        var channels: [(number: UInt16, peer: SocketAddress, until: Instant)] = []
    }

    /// Most permissions of one relay.
    static let maximumPermissions = 64

    /// Who gets what.
    let configuration: Configuration
    /// Opens relays.
    let sockets: any DatagramSockets
    /// Whose sockets relays are, for the host.
    let owner: Int
    /// Signs nonces.
    let nonceKey: [UInt8]
    /// Transaction identifiers of indications.
    var generator: SeededGenerator
    /// All relays, in the order in which they were given.
    var allocations: [Allocation] = []
    /// The relay's position by its socket.
    var indexOfRelay: [Int32: Int] = [:]
    /// The relay's position by its client.
    var indexOfClient: [Client: Int] = [:]
    /// When the next relay ends.
    public internal(set) var deadline: Instant?
    /// What was counted since the start.
    public internal(set) var statistics = Statistics()

    /// Makes a server without relays.
    ///
    /// - Parameters:
    ///   - configuration: Who gets what.
    ///   - sockets: Where relays are opened.
    ///   - owner: Whose sockets they are.
    ///   - generator: The only source of chance.
    public init(
        _ configuration: Configuration, sockets: any DatagramSockets, owner: Int, generator: SeededGenerator
    ) {
        self.configuration = configuration
        self.sockets = sockets
        self.owner = owner
        self.generator = generator
        nonceKey = self.generator.bytes(16)
    }

    /// Whether a socket is a relay: what it receives comes from peers.
    public func isRelay(_ socket: Int32) -> Bool { indexOfRelay[socket] != nil }

    /// Whether an address is that of a relay.
    public func isRelayed(_ address: SocketAddress) -> Bool {
        allocations.contains { $0.relayed == address }
    }

    /// Takes a message of a client.
    public mutating func receive(
        _ message: UnsafeRawBufferPointer, on socket: Int32, from source: SocketAddress, isStream: Bool,
        now: Instant, into outbox: inout Outbox
    ) {
        let client = Client(socket: socket, address: source, isStream: isStream)
        switch DatagramKind.classify(message) {
        case .turnChannel: receiveChannelData(message, from: client, now: now, into: &outbox)
        case .stun:
            guard let message = try? STUNMessage(message.bytes) else {
                statistics.strays += 1
                return
            }
            switch (message.messageClass, message.method) {
            case (.request, .binding): answerBinding(message, client, into: &outbox)
            case (.request, _): answer(message, client, now: now, into: &outbox)
            case (.indication, .send): forward(message, client, now: now, into: &outbox)
            default: break
            }
        default: statistics.strays += 1
        }
    }

    /// Takes what a peer sent to a relay.
    public mutating func receiveFromPeer(
        _ datagram: UnsafeRawBufferPointer, on relay: Int32, from peer: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) {
        guard let index = indexOfRelay[relay], allocations[index].permits(peer, now: now) else {
            statistics.strays += 1
            return
        }
        statistics.datagramsIn += 1
        let client = allocations[index].client
        let channel = allocations[index].channels.first { $0.peer == peer && $0.until > now }?.number
        let id = STUNTransactionID(using: &generator)
        outbox.append(from: client.socket, to: client.address) { buffer in
            let padding = client.isStream || channel == nil ? -datagram.count & 3 : 0
            let head: Int
            if let channel {
                head = ChannelData.headerSize
                guard head + datagram.count + padding <= buffer.count else { return 0 }
                ChannelData(channel: channel, count: datagram.count).write(into: buffer)
            } else {
                var writer = STUNWriter(buffer, .indication, .data, transactionID: id)
                writer.writeXORAddress(.xorPeerAddress, peer)
                writer.writeDataHeader(count: datagram.count)
                head = writer.count
                guard head + datagram.count + padding <= buffer.count else { return 0 }
            }
            UnsafeMutableRawBufferPointer(rebasing: buffer[head...]).copyMemory(from: datagram)
            for position in 0..<padding { buffer[head + datagram.count + position] = 0 }
            return head + datagram.count + padding
        }
    }

    /// A stream of a client is gone, and its relay with it (RFC 8656 section 7.2).
    public mutating func streamClosed(_ socket: Int32) {
        for index in allocations.indices.reversed()
        where allocations[index].client.socket == socket && allocations[index].client.isStream {
            remove(index)
        }
    }

    /// Ends relays whose time is over.
    public mutating func tick(now: Instant) {
        guard let deadline, deadline <= now else { return }
        for index in allocations.indices.reversed() where allocations[index].expiresAt <= now {
            remove(index)
        }
        updateDeadline()
    }

    mutating func add(_ allocation: Allocation) {
        indexOfRelay[allocation.relay] = allocations.count
        indexOfClient[allocation.client] = allocations.count
        allocations.append(allocation)
        statistics.allocations += 1
        updateDeadline()
    }

    mutating func remove(_ index: Int) {
        let allocation = allocations.remove(at: index)
        sockets.close(socket: allocation.relay)
        indexOfRelay[allocation.relay] = nil
        indexOfClient[allocation.client] = nil
        for position in index..<allocations.count {
            indexOfRelay[allocations[position].relay] = position
            indexOfClient[allocations[position].client] = position
        }
        updateDeadline()
    }

    mutating func updateDeadline() { deadline = allocations.map(\.expiresAt).min() }
}

extension TURNServer.Allocation {
    /// Whether a peer may send to the relay, and be sent to.
    func permits(_ peer: SocketAddress, now: Instant) -> Bool {
        let address = peer.with(port: 0)
        return permissions.contains { $0.address == address && $0.until > now }
    }

    /// Lets an address through for a while; false if there are too many.
    mutating func permit(_ peer: SocketAddress, until end: Instant) -> Bool {
        let address = peer.with(port: 0)
        if let index = permissions.firstIndex(where: { $0.address == address }) {
            permissions[index].until = end
            return true
        }
        guard permissions.count < TURNServer.maximumPermissions else { return false }
        permissions.append((address, end))
        return true
    }
}
