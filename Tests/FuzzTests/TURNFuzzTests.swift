import Primitives
import RTC
import Testing
import WireFormats

@Suite struct TURNFuzzTests {
    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("turn-noise")
        for _ in 0..<20_000 {
            var bytes = message(using: &generator)
            for _ in 0..<generator.next() % 5 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if generator.chance(0.3) { bytes.removeLast(min(bytes.count - 1, Int(generator.next() % 9))) }
            bytes.withUnsafeBytes { fuzzTURN($0) }
            for framing in [StreamFraming.turn, .lengthPrefixed] {
                bytes.withUnsafeBytes { fuzzStreamDeframer($0, framing) }
            }
        }
    }

    @Test func addressesOfServersSurviveMutations() {
        var generator = SeededGenerator(seed: 5).fork("turn-addresses")
        let seeds = ["turn:turn.example.org:3478?transport=udp", "turns:[2001:db8::1]:443", "stun:192.0.2.1"]
        for _ in 0..<20_000 {
            var bytes = Array(seeds[Int(generator.next() % 3)].utf8)
            for _ in 0..<1 + generator.next() % 4 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            bytes.withUnsafeBytes { fuzzICEServerURL($0) }
        }
    }

    /// A client that gets nonsense from its server, and a server that gets it from its clients.
    @Test func machinesSurviveNoise() {
        var generator = SeededGenerator(seed: 2).fork("turn-machines")
        let address = SocketAddress.loopback(port: 3478)
        var outbox = Outbox(capacity: 1 << 20)
        var client = TURNClient(
            TURNClient.Configuration(
                server: address, transport: .udp,
                credentials: TURNCredentials(username: "u", password: "p")), socket: 0,
            generator: SeededGenerator(seed: 3))
        client.start(now: .zero, into: &outbox)
        var server = TURNServer(
            TURNServer.Configuration(realm: "r", password: { _, _ in "p" }, permitsPeer: { _ in true }),
            sockets: NoSockets(), owner: 0, generator: SeededGenerator(seed: 4))
        var now = Instant.zero
        for _ in 0..<20_000 {
            now += .milliseconds(1)
            var bytes = message(using: &generator)
            if generator.chance(0.3), let entry = outbox.entries.last {
                // An answer to what was asked last, or something like it.
                let asked = Array(outbox.bytes(of: entry))
                if asked.count >= 20, bytes.count >= 20 { bytes.replaceSubrange(8..<20, with: asked[8..<20]) }
            }
            outbox.removeAll()
            bytes.withUnsafeBytes { bytes in
                if case .datagram(_, let offset, let count) = client.receive(bytes, now: now, into: &outbox) {
                    precondition(offset + count <= bytes.count)
                }
                server.receive(bytes, on: 1, from: address, isStream: false, now: now, into: &outbox)
            }
            while client.nextEvent() != nil {}
            client.tick(now: now, into: &outbox)
            server.tick(now: now)
            if client.state == .ended {
                client = TURNClient(client.configuration, socket: 0, generator: generator.fork("again"))
                client.start(now: now, into: &outbox)
            }
        }
    }

    private func message(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 300)
        let id = STUNTransactionID(using: &generator)
        if generator.chance(0.2) {
            let count = Int(generator.next() % 60)
            return [UInt8(0x40 + generator.next() % 16), 0, 0, UInt8(count)] + generator.bytes(count)
        }
        let classes: [STUNClass] = [.request, .indication, .success, .failure]
        let methods: [STUNMethod] = [
            .allocate, .refresh, .send, .data, .createPermission, .channelBind, .binding,
        ]
        let messageClass = classes[Int(generator.next() % 4)]
        let method = methods[Int(generator.next() % 7)]
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = STUNWriter(buffer, messageClass, method, transactionID: id)
            let address = SocketAddress(v4: UInt32(truncatingIfNeeded: generator.next()), port: 9)
            if generator.chance(0.4) { writer.writeXORAddress(.xorRelayedAddress, address) }
            if generator.chance(0.4) { writer.writeXORAddress(.xorPeerAddress, address) }
            if generator.chance(0.4) { writer.writeMappedAddress(address) }
            if generator.chance(0.4) { writer.write(.lifetime, UInt32(truncatingIfNeeded: generator.next())) }
            if generator.chance(0.3) { writer.writeErrorCode(401, reason: "Unauthorized") }
            if generator.chance(0.3) { writer.write(.realm, bytes: Array("realm".utf8)) }
            if generator.chance(0.3) { writer.write(.nonce, bytes: generator.bytes(12)) }
            if generator.chance(0.2) { writer.writeAddress(.alternateServer, address) }
            if generator.chance(0.3) {
                writer.write(.data, bytes: generator.bytes(Int(generator.next() % 40)))
            }
            return writer.count
        }
        return Array(bytes[..<count])
    }
}

/// A host that has no sockets to give.
private final class NoSockets: DatagramSockets {
    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) { throw .tooManyFiles }

    func connect(socket: Int32, to destination: SocketAddress) {}

    func close(socket: Int32) {}
}
