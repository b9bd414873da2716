import Primitives
import RTC
import Testing

/// A client and a server with simulated DTLS on a virtual network: latency, and loss as the test wants it.
final class PeerPair {
    /// One side, with what came out of it.
    final class Side {
        let peer: PeerConnection
        let address: SocketAddress
        let socket: Int32
        var events: [PeerEvent] = []
        var media: [(packet: InboundPacket, payload: [UInt8])] = []
        /// Payloads by token, for retransmissions.
        var payloads: [UInt64: [UInt8]] = [:]
        /// Whether retransmissions are answered.
        var answersRequests = true
        /// Datagrams that left.
        var sentCount = 0

        init(_ peer: PeerConnection, address: SocketAddress, socket: Int32) {
            self.peer = peer
            self.address = address
            self.socket = socket
            peer.addLocalCandidate(address, socket: socket)
        }
    }

    private struct Flight {
        var at: Instant
        var toServer: Bool
        var bytes: [UInt8]
    }

    let client: Side
    let server: Side
    var now = Instant.zero
    var latency = Interval.milliseconds(10)
    /// Decides which datagrams get lost.
    var isLost: (_ toServer: Bool, _ datagram: [UInt8]) -> Bool = { _, _ in false }
    private var flights: [Flight] = []
    private var outbox = Outbox(capacity: 1 << 20)

    init(
        seed: UInt64 = 1, configureClient: (inout PeerConnection.Configuration) -> Void = { _ in },
        configureServer: (inout PeerConnection.Configuration) -> Void = { _ in }
    ) {
        let generator = SeededGenerator(seed: seed)
        let origin = WallClockOrigin(unixNanoseconds: 1_700_000_000_000_000_000)
        var clientSettings = PeerConnection.Configuration(role: .client, wallClock: origin, cname: "client")
        var serverSettings = PeerConnection.Configuration(role: .server, wallClock: origin, cname: "server")
        configureClient(&clientSettings)
        configureServer(&serverSettings)
        client = Side(
            PeerConnection(
                configuration: clientSettings,
                handshake: SimulatedHandshake(generator: generator.fork("client dtls")),
                generator: generator.fork("client")),
            address: SocketAddress(v4: 0x0a00_0001, port: 1000), socket: 1)
        server = Side(
            PeerConnection(
                configuration: serverSettings,
                handshake: SimulatedHandshake(generator: generator.fork("server dtls")),
                generator: generator.fork("server")),
            address: SocketAddress(v4: 0x0a00_0002, port: 7882), socket: 2)
    }

    /// One round of offer and answer.
    func negotiate(beforeAnswer: (PeerConnection) -> Void = { _ in }) throws {
        try server.peer.applyOffer(client.peer.createOffer(), now: now)
        beforeAnswer(server.peer)
        try client.peer.applyAnswer(server.peer.createAnswer(now: now), now: now)
    }

    /// One round in which the server offers, as on LiveKit's subscriber connection.
    func negotiateFromServer() throws {
        try client.peer.applyOffer(server.peer.createOffer(), now: now)
        try server.peer.applyAnswer(client.peer.createAnswer(now: now), now: now)
    }

    /// Joins as a LiveKit client does, and waits until media may flow.
    func connect() throws {
        client.peer.addReceiveSections(audio: 3, video: 3)
        client.peer.addDataSection()
        try negotiate()
        run(for: .seconds(2))
        try #require(client.peer.isConnected && server.peer.isConnected)
    }

    /// Sends a packet whose payload `bytes` are.
    @discardableResult
    func send(
        from side: Side, section: Int, layer: Int = 0, payloadType: UInt8, timestamp: UInt32,
        marker: Bool = true,
        audioLevel: UInt8? = nil, _ bytes: [UInt8]
    ) -> Bool {
        let token = UInt64(side.payloads.count)
        side.payloads[token] = bytes
        let isSent = side.peer.send(
            section: section, layer: layer, payloadType: payloadType, timestamp: timestamp, marker: marker,
            sequenceNumber: nil, token: token, audioLevel: audioLevel, now: now, into: &outbox
        ) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
        launch(from: side)
        return isSent
    }

    /// Sends to `side` what no peer sent.
    func inject(_ bytes: [UInt8], into side: Side) {
        flights.append(Flight(at: now + latency, toServer: side === server, bytes: bytes))
    }

    /// Lets time pass.
    func run(for interval: Interval) {
        let end = now + interval
        while let next = nextInstant(), next <= end {
            now = max(now, next)
            var arrived: [Flight] = []
            flights.removeAll { flight in
                guard flight.at <= now else { return false }
                arrived.append(flight)
                return true
            }
            for flight in arrived { deliver(flight) }
            for side in [client, server] { tick(side) }
        }
        now = end
    }

    /// Ends one side.
    func close(_ side: Side) {
        side.peer.close(now: now, into: &outbox)
        launch(from: side)
    }

    private func nextInstant() -> Instant? {
        let deadlines = earliest(client.peer.deadline, server.peer.deadline)
        return earliest(flights.map(\.at).min(), deadlines)
    }

    private func tick(_ side: Side) {
        guard let deadline = side.peer.deadline, deadline <= now else { return }
        side.peer.tick(now: now, into: &outbox)
        drain(side)
        let next = side.peer.deadline
        if let next { precondition(next > now, "a tick must settle what was due") }
    }

    private func deliver(_ flight: Flight) {
        let side = flight.toServer ? server : client
        let source = flight.toServer ? client.address : server.address
        var bytes = flight.bytes
        bytes.withUnsafeMutableBytes { buffer in
            let inbound = side.peer.receive(buffer, on: side.socket, from: source, now: now, into: &outbox)
            guard case .media(let packet) = inbound else { return }
            let range = packet.payloadOffset..<packet.payloadOffset + packet.payloadCount
            side.media.append((packet, Array(buffer[range])))
        }
        drain(side)
    }

    private func drain(_ side: Side) {
        while let event = side.peer.nextEvent() { side.events.append(event) }
        while let request = side.peer.nextRetransmission() {
            guard side.answersRequests, let payload = side.payloads[request.token] else { continue }
            side.peer.retransmit(request, now: now, into: &outbox) { buffer in
                buffer.copyBytes(from: payload)
                return payload.count
            }
        }
        launch(from: side)
    }

    private func launch(from side: Side) {
        let toServer = side === client
        for entry in outbox.entries {
            side.sentCount += 1
            let bytes = Array(outbox.bytes(of: entry))
            precondition(entry.socket == side.socket)
            precondition(entry.destination == (toServer ? server : client).address)
            if !isLost(toServer, bytes) {
                flights.append(Flight(at: now + latency, toServer: toServer, bytes: bytes))
            }
        }
        outbox.removeAll()
    }
}
