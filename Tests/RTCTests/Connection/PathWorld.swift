import Primitives
import RTC
import WireFormats

/// A client and a server with several ways between them: UDP, TCP, and a TURN server over either.
final class PathWorld: DatagramSockets {
    static let clientAddress = SocketAddress(v4: 0x0a00_0001, port: 4000)
    static let serverAddress = SocketAddress(v4: 0x0a00_0002, port: 7882)
    static let listener = SocketAddress(v4: 0x0a00_0002, port: 7881)
    static let relayServer = SocketAddress(v4: 0x0a00_0003, port: 3478)
    private static let clientSocket: Int32 = 1
    private static let serverSocket: Int32 = 2
    private static let relaySocket: Int32 = 3

    private enum Arrival {
        case toClient(on: Int32, from: SocketAddress)
        case toServer(on: Int32, from: SocketAddress)
        case toRelayServer(from: SocketAddress, isStream: Bool)
        case toRelay(Int32, from: SocketAddress)
        case opened(Int32, SocketAddress)
        case refused(SocketAddress)
    }

    private struct Flight {
        var at: Instant
        var order: Int
        var arrival: Arrival
        var bytes: [UInt8]
    }

    let client: PeerConnection
    let server: PeerConnection
    private(set) var relays: TURNServer?
    var now = Instant.zero
    var clientEvents: [PeerEvent] = []
    var serverEvents: [PeerEvent] = []
    /// Payloads of media at the server.
    var media: [[UInt8]] = []
    /// Whether UDP between client and server, and to the TURN server, gets through.
    var carriesUDP = true
    /// Whether the server's TCP port takes connections.
    var listens = true
    /// Whether connections are opened when the client wants them.
    var opensStreams = true
    private(set) var openedStreams = 0
    private var microphone = 0
    private var flights: [Flight] = []
    private var order = 0
    private var outbox = Outbox(capacity: 1 << 20)
    private var nextStream: Int32 = 1 << 30
    private var streams: [Int32: SocketAddress] = [:]
    private var openRelays: [Int32] = []

    init(isICELite: Bool = false, configure: (inout TURNServer.Configuration) -> Void = { _ in }) {
        let generator = SeededGenerator(seed: 11)
        let origin = WallClockOrigin(unixNanoseconds: 1_700_000_000_000_000_000)
        let settings = PeerConnection.Configuration(role: .client, wallClock: origin, cname: "client")
        var serverSettings = PeerConnection.Configuration(role: .server, wallClock: origin, cname: "server")
        serverSettings.isICELite = isICELite
        client = PeerConnection(
            configuration: settings,
            handshake: SimulatedHandshake(generator: generator.fork("client dtls")),
            generator: generator.fork("client"))
        server = PeerConnection(
            configuration: serverSettings,
            handshake: SimulatedHandshake(generator: generator.fork("server dtls")),
            generator: generator.fork("server"))
        var configuration = TURNServer.Configuration(
            realm: "test", password: { _, _ in "secret" },
            permitsPeer: { $0.with(port: 0) == Self.serverAddress.with(port: 0) })
        configure(&configuration)
        relays = TURNServer(
            configuration, sockets: self, owner: 0, generator: generator.fork("turn"))
    }

    /// Gives the client a UDP candidate.
    func offerUDP() { client.addLocalCandidate(Self.clientAddress, socket: Self.clientSocket) }

    /// Gives the client a TCP candidate.
    func offerTCP() { client.addStreamCandidate(Self.clientAddress, .active) }

    /// Lets the client ask the TURN server.
    func askForRelay(over transport: TURNTransport) {
        let configuration = TURNClient.Configuration(
            server: Self.relayServer, transport: transport,
            credentials: TURNCredentials(username: "user", password: "secret"))
        guard transport.isStream else {
            return client.addRelay(configuration, socket: Self.clientSocket, now: now)
        }
        nextStream += 1
        streams[nextStream] = Self.relayServer
        client.addRelay(configuration, socket: nextStream, now: now)
    }

    /// Offer and answer; then time passes.
    func connect(for interval: Interval = .seconds(5)) throws {
        server.addLocalCandidate(Self.serverAddress, socket: Self.serverSocket)
        server.addStreamCandidate(Self.listener, .passive)
        client.addReceiveSections(audio: 1, video: 0)
        try server.applyOffer(client.createOffer(), now: now)
        try client.applyAnswer(server.createAnswer(now: now), now: now)
        run(for: interval)
    }

    func restart() throws {
        client.restartICE(now: now)
        try server.applyOffer(client.createOffer(), now: now)
        try client.applyAnswer(server.createAnswer(now: now), now: now)
    }

    /// Sends a packet of a microphone; needs `addMicrophone` before.
    func speak(_ bytes: [UInt8]) -> Bool {
        let type = client.sections[microphone].codecs.first { $0.codec == .opus }?.payloadType ?? 0
        let isSent = client.send(
            section: microphone, layer: 0, payloadType: type, timestamp: UInt32(media.count) * 960,
            marker: false,
            sequenceNumber: nil, token: 0, audioLevel: nil, now: now, into: &outbox
        ) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
        flushClient()
        run(for: .milliseconds(100))
        return isSent
    }

    func addMicrophone() {
        microphone = client.addSendSection(
            OutgoingTrack(
                kind: .audio, streamID: "-", trackID: "mic", codec: .opus(red: false),
                layers: [OutgoingLayer(ssrc: 77, rtxSSRC: nil)]))
    }

    func close() {
        client.close(now: now, into: &outbox)
        flushClient()
        run(for: .milliseconds(100))
    }

    /// Breaks every stream of the client.
    func breakStreams() {
        for (socket, remote) in streams.sorted(by: { $0.key < $1.key }) {
            client.streamClosed(socket: socket, to: remote, because: .closedByPeer, now: now)
            if remote == Self.listener {
                server.streamClosed(
                    socket: socket + 1000, to: Self.clientAddress, because: .closedByPeer, now: now)
            }
        }
        streams = [:]
    }

    func run(for interval: Interval) {
        let end = now + interval
        var rounds = 0
        while true {
            let deadlines = earliest(earliest(client.deadline, server.deadline), relays?.deadline)
            guard let next = earliest(flights.map(\.at).min(), deadlines), next <= end else { break }
            rounds = next > now ? 0 : rounds + 1
            precondition(rounds < 1000, "a deadline does not move on")
            now = max(now, next)
            let arrived = flights.filter { $0.at <= now }.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
            flights.removeAll { $0.at <= now }
            for flight in arrived { deliver(flight) }
            if client.deadline.map({ $0 <= now }) ?? false {
                client.tick(now: now, into: &outbox)
                flushClient()
            }
            if server.deadline.map({ $0 <= now }) ?? false {
                server.tick(now: now, into: &outbox)
                flushServer()
            }
            relays?.tick(now: now)
        }
        now = end
    }

    private func deliver(_ flight: Flight) {
        var bytes = flight.bytes
        bytes.withUnsafeMutableBytes { buffer in
            switch flight.arrival {
            case .toClient(let socket, let source):
                _ = client.receive(buffer, on: socket, from: source, now: now, into: &outbox)
                flushClient()
            case .toServer(let socket, let source):
                let inbound = server.receive(buffer, on: socket, from: source, now: now, into: &outbox)
                if case .media(let packet) = inbound {
                    media.append(
                        Array(buffer[packet.payloadOffset..<packet.payloadOffset + packet.payloadCount]))
                }
                flushServer()
            case .toRelayServer(let source, let isStream):
                relays?.receive(
                    UnsafeRawBufferPointer(buffer), on: Self.relaySocket, from: source, isStream: isStream,
                    now: now, into: &outbox)
                flushRelays()
            case .toRelay(let relay, let source):
                relays?.receiveFromPeer(
                    UnsafeRawBufferPointer(buffer), on: relay, from: source, now: now, into: &outbox)
                flushRelays()
            case .opened(let socket, let remote):
                server.streamAccepted(socket: socket + 1000, from: Self.clientAddress)
                client.streamOpened(socket: socket, to: remote, now: now)
            case .refused(let remote):
                client.streamClosed(socket: .min, to: remote, because: .refused, now: now)
            }
        }
    }

    private func flushClient() {
        while let event = client.nextEvent() {
            clientEvents.append(event)
            if case .path(.streamWanted(let remote)) = event, opensStreams { open(remote) }
            if case .path(.streamUnneeded(let socket)) = event { streams[socket] = nil }
        }
        for entry in outbox.entries {
            let bytes = Array(outbox.bytes(of: entry))
            if let remote = streams[entry.socket] {
                precondition(remote == entry.destination)
                launch(
                    remote == Self.listener
                        ? .toServer(on: entry.socket + 1000, from: Self.clientAddress)
                        : .toRelayServer(from: streamAddress(entry.socket), isStream: true), bytes)
            } else if entry.socket == Self.clientSocket, carriesUDP {
                launch(
                    entry.destination == Self.relayServer
                        ? .toRelayServer(from: Self.clientAddress, isStream: false)
                        : .toServer(on: Self.serverSocket, from: Self.clientAddress), bytes)
            }
        }
        outbox.removeAll()
    }

    private func open(_ remote: SocketAddress) {
        guard listens else { return launch(.refused(remote), []) }
        nextStream += 1
        openedStreams += 1
        streams[nextStream] = remote
        launch(.opened(nextStream, remote), [])
    }

    private func flushServer() {
        while let event = server.nextEvent() { serverEvents.append(event) }
        for entry in outbox.entries {
            let bytes = Array(outbox.bytes(of: entry))
            if entry.socket >= 1 << 30 {
                launch(.toClient(on: entry.socket - 1000, from: Self.listener), bytes)
            } else if let relay = openRelays.first(where: { relayAddress($0) == entry.destination }) {
                launch(.toRelay(relay, from: Self.serverAddress), bytes)
            } else if carriesUDP {
                launch(.toClient(on: Self.clientSocket, from: Self.serverAddress), bytes)
            }
        }
        outbox.removeAll()
    }

    private func flushRelays() {
        for entry in outbox.entries {
            let bytes = Array(outbox.bytes(of: entry))
            if entry.socket != Self.relaySocket {
                launch(.toServer(on: Self.serverSocket, from: relayAddress(entry.socket)), bytes)
            } else if let stream = streams.keys.sorted().first(where: {
                streamAddress($0) == entry.destination
            }) {
                launch(.toClient(on: stream, from: Self.relayServer), bytes)
            } else if carriesUDP {
                launch(.toClient(on: Self.clientSocket, from: Self.relayServer), bytes)
            }
        }
        outbox.removeAll()
    }

    private func launch(_ arrival: Arrival, _ bytes: [UInt8]) {
        order += 1
        flights.append(Flight(at: now + .milliseconds(10), order: order, arrival: arrival, bytes: bytes))
    }

    private func streamAddress(_ socket: Int32) -> SocketAddress {
        Self.clientAddress.with(port: UInt16(40_000 + socket & 0xfff))
    }

    private func relayAddress(_ socket: Int32) -> SocketAddress {
        Self.relayServer.with(port: UInt16(50_000 + socket))
    }

    // MARK: DatagramSockets, for relays

    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) {
        let socket = Int32(100 + openRelays.count)
        openRelays.append(socket)
        return (socket, relayAddress(socket))
    }

    func connect(socket: Int32, to destination: SocketAddress) {}

    func close(socket: Int32) { openRelays.removeAll { $0 == socket } }

    /// How many relays are open.
    var relayCount: Int { openRelays.count }
}
