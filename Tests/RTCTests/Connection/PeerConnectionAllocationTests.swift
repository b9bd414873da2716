import Primitives
import RTC
import Testing
import WireFormats

/// Media in steady state, feedback, loss and repair included, must not allocate; run with `-c release`.
@Suite struct PeerConnectionAllocationTests {
    @Test(.enabled(if: AllocationCounter.isAvailable)) func theCounterCounts() {
        var arrays: [[Int]] = []
        arrays.reserveCapacity(10)
        let count = AllocationCounter.count {
            for index in 0..<10 { arrays.append(Array(repeating: index, count: index + 1)) }
        }
        #expect(count == 10 && arrays.count == 10)
    }

    @Test(.enabled(if: AllocationCounter.isConclusive)) func steadyStateAllocatesNothing() throws {
        let pair = PeerPair()
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        let video = pair.client.peer.addSendSection(NegotiatorFixture.camera)
        try pair.negotiate()
        pair.run(for: .milliseconds(100))
        var line = PacketLine(pair)
        line.run(seconds: 4, audio: audio, video: video)
        let received = line.receivedCount
        let repaired = line.repairedCount
        line.housekeepingCount = 0
        let allocations = AllocationCounter.count { line.run(seconds: 4, audio: audio, video: video) }
        #expect(line.receivedCount - received > 500, "media flowed while it was counted")
        #expect(line.repairedCount - repaired > 3, "losses were repaired while it was counted")
        #expect(line.eventCount > 0, "reports came in")
        #expect(allocations - line.housekeepingCount == 0)
    }

    /// A sender that adapts: pacing, padding, probes, and everything that follows from feedback.
    @Test(.enabled(if: AllocationCounter.isConclusive)) func adaptingAllocatesNothing() throws {
        let pair = PeerPair(configureClient: { $0.congestion = CongestionSettings() })
        try pair.connect()
        let audio = pair.client.peer.addSendSection(NegotiatorFixture.microphone)
        let video = pair.client.peer.addSendSection(NegotiatorFixture.camera)
        try pair.negotiate()
        pair.client.peer.setWantedBitrates(
            minimum: .kilobitsPerSecond(30), maximum: .kilobitsPerSecond(2310),
            padding: .kilobitsPerSecond(2000), probesPeriodically: true, now: pair.now)
        pair.run(for: .milliseconds(100))
        var line = PacketLine(pair)
        line.run(seconds: 12, audio: audio, video: video)
        let received = line.receivedCount
        let padding = pair.client.peer.sendStreams.reduce(0) { $0 + $1.sender.statistics.paddingPacketCount }
        line.housekeepingCount = 0
        let allocations = AllocationCounter.count { line.run(seconds: 10, audio: audio, video: video) }
        #expect(line.receivedCount - received > 1500, "media flowed while it was counted")
        #expect(
            pair.client.peer.sendStreams.reduce(0) { $0 + $1.sender.statistics.paddingPacketCount }
                > padding + 100, "padding flowed while it was counted")
        #expect(try #require(pair.client.peer.congestionState).target > .kilobitsPerSecond(1500))
        #expect(allocations - line.housekeepingCount == 0)
    }
}

/// Two connected peers with a wire that itself allocates nothing: what one sends is received by the other at
/// once.
private struct PacketLine: ~Copyable {
    /// Media packets the server got.
    var receivedCount = 0
    /// How many of them were repairs.
    var repairedCount = 0
    /// Events on either side.
    var eventCount = 0
    /// Allocations for connectivity checks, which come every 2.5 s and are no packet path.
    var housekeepingCount = 0
    private let client: PeerConnection
    private let server: PeerConnection
    private let clientAddress: SocketAddress
    private let serverAddress: SocketAddress
    private var now: Instant
    private var outbox = Outbox(capacity: 1 << 20)
    private var echo = Outbox(capacity: 1 << 20)
    private let datagram = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 8)
    private var timestamp: UInt32 = 0
    private var sentCount = 0

    init(_ pair: PeerPair) {
        client = pair.client.peer
        server = pair.server.peer
        clientAddress = pair.client.address
        serverAddress = pair.server.address
        now = pair.now
    }

    deinit { datagram.deallocate() }

    mutating func run(seconds: Int64, audio: Int, video: Int) {
        let end = now + .seconds(seconds)
        while now < end {
            send(audio, layer: 0, payloadType: 63, byteCount: 80)
            for layer in 0..<3 { send(video, layer: layer, payloadType: 96, byteCount: 1100) }
            timestamp &+= 1800
            tick(client)
            carry(toServer: true)
            tick(server)
            carry(toServer: false)
            // Padding comes between the pictures.
            for _ in 0..<4 {
                drain()
                now += .milliseconds(5)
            }
        }
    }

    private mutating func drain() {
        while let packet = client.nextOutgoing(now: now, into: &outbox) { send(packet) }
        carry(toServer: true)
    }

    private mutating func send(_ packet: OutgoingPacket) {
        switch packet {
        case .first(let packet):
            send(
                packet.section, layer: packet.layer, payloadType: packet.payloadType, byteCount: 1100,
                isPaced: true)
        case .again(let request):
            client.retransmit(request, now: now, into: &outbox) { buffer in
                buffer[0] = 1
                return 1100
            }
        }
    }

    private mutating func send(
        _ section: Int, layer: Int, payloadType: UInt8, byteCount: Int, isPaced: Bool = false
    ) {
        if client.isAdaptive, !isPaced, payloadType == 96 {
            let packet = PacedPacket(
                section: section, layer: layer, payloadType: payloadType, marker: true, timestamp: timestamp,
                token: 0)
            let isTaken = client.pace(packet, byteCount: byteCount, now: now)
            precondition(isTaken)
            return
        }
        let isSent = client.send(
            section: section, layer: layer, payloadType: payloadType, timestamp: timestamp, marker: true,
            sequenceNumber: nil, token: 0, audioLevel: 20, now: now, into: &outbox
        ) { buffer in
            buffer[0] = 1
            return byteCount
        }
        precondition(isSent)
        sentCount += 1
        // Every hundredth packet gets lost.
        if sentCount % 100 == 50 { outbox.removeAll() }
    }

    private mutating func tick(_ peer: PeerConnection) {
        guard let deadline = peer.deadline, deadline <= now else { return }
        let before = AllocationCounter.total
        peer.tick(now: now, into: &outbox)
        for entry in outbox.entries where DatagramKind.classify(outbox.bytes(of: entry)) == .stun {
            housekeepingCount += AllocationCounter.total - before
            break
        }
    }

    private mutating func carry(toServer: Bool) {
        for index in outbox.entries.indices {
            let entry = outbox.entries[index]
            datagram.copyMemory(from: outbox.bytes(of: entry))
            let bytes = UnsafeMutableRawBufferPointer(rebasing: datagram[..<entry.count])
            let peer = toServer ? server : client
            let before = AllocationCounter.total
            let isCheck = DatagramKind.classify(UnsafeRawBufferPointer(bytes)) == .stun
            let inbound = peer.receive(
                bytes, on: toServer ? 2 : 1, from: toServer ? clientAddress : serverAddress, now: now,
                into: &echo)
            if isCheck { housekeepingCount += AllocationCounter.total - before }
            if case .media(let packet) = inbound {
                receivedCount += 1
                if packet.isRepair { repairedCount += 1 }
            }
            while peer.nextEvent() != nil { eventCount += 1 }
        }
        outbox.removeAll()
        guard !echo.isEmpty else { return }
        swap(&outbox, &echo)
        carry(toServer: !toServer)
    }
}
