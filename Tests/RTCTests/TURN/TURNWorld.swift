import Primitives
import RTC
import WireFormats

/// A TURN client, its server and a peer that echoes, in virtual time on a network that may lose what a test names.
final class TURNWorld: DatagramSockets {
    static let serverAddress = SocketAddress(v4: 0x0a00_0005, port: 3478)
    static let clientAddress = SocketAddress(v4: 0x0a00_0001, port: 4000)
    static let peerAddress = SocketAddress(v4: 0x0a00_0007, port: 7882)

    private struct Flight {
        var at: Instant
        var source: SocketAddress
        var destination: SocketAddress
        var bytes: [UInt8]
    }

    var client: TURNClient
    private(set) var server: TURNServer?
    var now = Instant.zero
    var events: [TURNEvent] = []
    /// What came back to the client through the relay.
    var received: [(peer: SocketAddress, bytes: [UInt8])] = []
    /// What arrived at the peer.
    var delivered: [[UInt8]] = []
    /// Requests of the client by method, in order.
    var requests: [STUNMethod] = []
    /// The identifier of the latest of these.
    var lastRequest: STUNTransactionID?
    /// Messages to the server that were no STUN.
    var channelMessages = 0
    /// Decides what is lost on the way from the client to the server.
    var isLost: (_ number: Int, _ method: STUNMethod?) -> Bool = { _, _ in false }
    private(set) var openRelays: Set<Int32> = []
    private var sent = 0
    private var nextRelay: Int32 = 100
    private var flights: [Flight] = []
    private var outbox = Outbox(capacity: 1 << 18)

    /// A client that was not started, and its server.
    init(
        transport: TURNTransport = .udp, password: String = "secret", username: String = "user",
        timing: TURNTiming = TURNTiming(), configure: (inout TURNServer.Configuration) -> Void = { _ in }
    ) {
        client = TURNClient(
            TURNClient.Configuration(
                server: Self.serverAddress, transport: transport,
                credentials: TURNCredentials(username: username, password: password)), socket: 1,
            generator: SeededGenerator(seed: 5), timing: timing)
        var configuration = TURNServer.Configuration(
            realm: "test", password: { name, _ in name == "user" ? "secret" : nil },
            permitsPeer: { $0.with(port: 0) == Self.peerAddress.with(port: 0) })
        configure(&configuration)
        server = TURNServer(
            configuration, sockets: self, owner: 0, generator: SeededGenerator(seed: 6))
    }

    /// Starts the client and lets it get its relay, or fail.
    func start(for interval: Interval = .seconds(1)) {
        client.start(now: now, into: &outbox)
        flushClient()
        run(for: interval)
    }

    func permit(_ peer: SocketAddress) {
        client.permit(peer, now: now, into: &outbox)
        flushClient()
        run(for: .milliseconds(200))
    }

    /// Sends through the relay, as a peer connection does.
    func send(_ bytes: [UInt8], to peer: SocketAddress = peerAddress) {
        outbox.append(from: -1, to: peer) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
        if !client.encapsulate(outbox.entries.count - 1, in: &outbox, now: now) {
            outbox.removeEntries(from: 0) { $0.socket < 0 }
        }
        flushClient()
        run(for: .milliseconds(100))
    }

    func close() {
        client.close(now: now, into: &outbox)
        flushClient()
        run(for: .milliseconds(100))
    }

    /// Hands the client a message as if the server had sent it.
    func inject(_ bytes: [UInt8]) {
        flights.append(
            Flight(at: now, source: Self.serverAddress, destination: Self.clientAddress, bytes: bytes))
        run(for: .milliseconds(1))
    }

    func run(for interval: Interval) {
        let end = now + interval
        while true {
            let next = earliest(
                flights.map(\.at).min(), earliest(client.deadline, server?.deadline))
            guard let next, next <= end else { break }
            now = max(now, next)
            let arrived = flights.filter { $0.at <= now }
            flights.removeAll { $0.at <= now }
            for flight in arrived { deliver(flight) }
            if client.deadline.map({ $0 <= now }) ?? false {
                client.tick(now: now, into: &outbox)
                flushClient()
            }
            server?.tick(now: now)
        }
        now = end
        while let event = client.nextEvent() { events.append(event) }
    }

    private func deliver(_ flight: Flight) {
        if flight.destination == Self.clientAddress {
            flight.bytes.withUnsafeBytes { bytes in
                guard
                    case .datagram(let peer, let offset, let count) = client.receive(
                        bytes, now: now, into: &outbox)
                else { return }
                received.append((peer, Array(bytes[offset..<offset + count])))
            }
            flushClient()
        } else if flight.destination == Self.serverAddress {
            flight.bytes.withUnsafeBytes {
                server?.receive(
                    $0, on: 2, from: flight.source, isStream: client.configuration.transport.isStream,
                    now: now, into: &outbox)
            }
            flushServer()
        } else if flight.destination == Self.peerAddress {
            delivered.append(flight.bytes)
            // The peer answers with the same bytes, to where they came from.
            flights.append(
                Flight(
                    at: now + .milliseconds(10), source: Self.peerAddress, destination: flight.source,
                    bytes: flight.bytes))
        } else if let relay = openRelays.first(where: { relayAddress($0) == flight.destination }) {
            flight.bytes.withUnsafeBytes {
                server?.receiveFromPeer($0, on: relay, from: flight.source, now: now, into: &outbox)
            }
            flushServer()
        }
    }

    private func flushClient() {
        for entry in outbox.entries {
            let bytes = Array(outbox.bytes(of: entry))
            precondition(entry.socket == 1 && entry.destination == Self.serverAddress)
            let message = try? STUNMessage(bytes.span.bytes)
            let method = message?.method
            if let message, message.messageClass == .request {
                requests.append(message.method)
                lastRequest = message.transactionID
            }
            if method == nil { channelMessages += 1 }
            sent += 1
            if isLost(sent, method) { continue }
            launch(bytes, from: Self.clientAddress, to: entry.destination)
        }
        outbox.removeAll()
    }

    private func flushServer() {
        for entry in outbox.entries {
            let source = entry.socket == 2 ? Self.serverAddress : relayAddress(entry.socket)
            launch(Array(outbox.bytes(of: entry)), from: source, to: entry.destination)
        }
        outbox.removeAll()
    }

    private func launch(_ bytes: [UInt8], from source: SocketAddress, to destination: SocketAddress) {
        flights.append(
            Flight(at: now + .milliseconds(10), source: source, destination: destination, bytes: bytes))
    }

    private func relayAddress(_ socket: Int32) -> SocketAddress {
        Self.serverAddress.with(port: UInt16(50_000 + socket))
    }

    // MARK: DatagramSockets

    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) {
        nextRelay += 1
        openRelays.insert(nextRelay)
        return (nextRelay, relayAddress(nextRelay))
    }

    func connect(socket: Int32, to destination: SocketAddress) {}

    func close(socket: Int32) { openRelays.remove(socket) }
}
