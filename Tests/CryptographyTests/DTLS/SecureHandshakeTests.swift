import Cryptography
import Primitives
import RTC
import Testing

/// What every handshake must do: BoringSSL's and the simulated one.
@Suite struct SecureHandshakeTests {
    enum Kind: CaseIterable, CustomTestStringConvertible {
        case boringSSL, simulated

        var testDescription: String { "\(self)" }

        func link() throws -> HandshakeLink {
            switch self {
            case .boringSSL:
                return HandshakeLink(
                    client: try DTLSContext().makeHandshake(), server: try DTLSContext().makeHandshake())
            case .simulated:
                let generator = SeededGenerator(seed: 11)
                return HandshakeLink(
                    client: SimulatedHandshake(generator: generator.fork("client")),
                    server: SimulatedHandshake(generator: generator.fork("server")))
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func bothSidesConnectInTwoRoundTrips(kind: Kind) throws {
        let link = try kind.link()
        #expect(link.client.localFingerprint.count == 32)
        #expect(link.client.localFingerprint != link.server.localFingerprint)
        link.start()
        link.run(until: .seconds(0.045))
        #expect(link.areBothConnected)
        #expect(link.client.profile == .aeadAES128GCM)
        #expect(link.server.profile == .aeadAES128GCM)
        #expect(link.client.deadline == nil)
        #expect(link.server.deadline == nil)
        for datagram in link.sent {
            #expect(datagram.bytes.count <= 1200)
            #expect((20...63).contains(datagram.bytes[0]))
        }
    }

    @Test(arguments: Kind.allCases)
    func ciphersOfBothSidesMatch(kind: Kind) throws {
        let link = try kind.link()
        #expect(link.client.makeCiphers() == nil)
        link.start()
        link.run()
        let client = try #require(link.client.makeCiphers())
        let server = try #require(link.server.makeCiphers())
        let packet = TestPacket(ssrc: 7, sequenceNumber: 100, payload: Array(0..<200))
        for (sender, receiver) in [(client.outbound, server.inbound), (server.outbound, client.inbound)] {
            let protected = sender.protected(packet, ssrc: 7, index: 100)
            #expect(receiver.unprotected(protected, headerLength: 12, ssrc: 7, index: 100) == packet.bytes)
        }
        let reflected = client.outbound.protected(packet, ssrc: 7, index: 100)
        #expect(client.inbound.unprotected(reflected, headerLength: 12, ssrc: 7, index: 100).isEmpty)
    }

    @Test(arguments: Kind.allCases, 0..<12)
    func lossOrderAndCopiesDelayButDoNotPrevent(kind: Kind, seed: Int) throws {
        let link = try kind.link()
        var generator = SeededGenerator(seed: UInt64(seed))
        var held: [Bool: [UInt8]] = [:]
        link.network = { isToServer, bytes in
            if generator.chance(0.3) { return [] }
            if generator.chance(0.2) { return [bytes, bytes] }
            if generator.chance(0.2) {
                held[isToServer] = bytes
                return []
            }
            return held.removeValue(forKey: isToServer).map { [bytes, $0] } ?? [bytes]
        }
        link.start()
        link.run()
        #expect(link.areBothConnected, "\(link.client.state) \(link.server.state)")
    }

    @Test(arguments: Kind.allCases)
    func everySingleDatagramMayBeLost(kind: Kind) throws {
        for lost in 0..<6 {
            let link = try kind.link()
            var count = 0
            link.network = { _, bytes in
                defer { count += 1 }
                return count == lost ? [] : [bytes]
            }
            link.start()
            link.run()
            #expect(link.areBothConnected, "datagram \(lost)")
        }
    }

    @Test(arguments: Kind.allCases)
    func flightsAreRepeatedAfterDoublingIntervals(kind: Kind) throws {
        let link = try kind.link()
        link.network = { _, _ in [] }
        link.start()
        var times: [Double] = []
        for _ in 0..<4 {
            let deadline = try #require(link.client.deadline)
            times.append(deadline.seconds)
            let before = link.sent.count
            link.run(until: deadline)
            #expect(link.sent.count == before + 1)
        }
        #expect(zip(times, [0.1, 0.3, 0.7, 1.5]).allSatisfy { abs($0 - $1) < 1e-9 }, "\(times)")
        #expect(link.sent.allSatisfy { $0.isToServer })
    }

    @Test(arguments: Kind.allCases)
    func silenceEndsInFailure(kind: Kind) throws {
        let link = try kind.link()
        link.network = { _, _ in [] }
        link.start()
        link.run()
        #expect(link.now <= .seconds(30.0))
        #expect(link.client.state == .failed("the handshake timed out"))
        #expect(link.server.state == .failed("the handshake timed out"))
        #expect(link.client.deadline == nil)
    }

    @Test(arguments: Kind.allCases, [true, false])
    func aForeignCertificateIsRefused(kind: Kind, isServerForeign: Bool) throws {
        let link = try kind.link()
        let foreign = [UInt8](repeating: 1, count: 32)
        link.start(
            serverFingerprint: isServerForeign ? foreign : nil,
            clientFingerprint: isServerForeign ? nil : foreign)
        link.run()
        let refuser = isServerForeign ? link.client : link.server
        let refused = isServerForeign ? link.server : link.client
        #expect(refuser.state == .failed("the peer's certificate does not match its fingerprint"))
        guard case .failed = refused.state else {
            Issue.record("\(refused.state)")
            return
        }
        #expect(refuser.makeCiphers() == nil)
        #expect(refused.makeCiphers() == nil)
    }

    @Test(arguments: Kind.allCases)
    func applicationDataPassesBothWaysAsDatagrams(kind: Kind) throws {
        let link = try kind.link()
        link.send([1, 2, 3], fromClient: true)  // dropped: not connected
        link.start()
        link.run()
        let messages: [[UInt8]] = [[1], Array(0..<200), [UInt8](repeating: 7, count: 1150), [9, 9]]
        let before = link.sent.count
        for message in messages {
            link.send(message, fromClient: true)
            link.send(message.reversed(), fromClient: false)
        }
        link.run()
        #expect(link.receivedByServer == messages)
        #expect(link.receivedByClient == messages.map { $0.reversed() })
        // Record header 13, explicit nonce 8, tag 16 (RFC 6347 §4.1, RFC 5288 §3).
        #expect(link.sent[before].bytes.count == 1 + 37)
        #expect(link.sent.count == before + 2 * messages.count)
    }

    @Test(arguments: Kind.allCases)
    func repeatedAndAlteredApplicationDataIsDropped(kind: Kind) throws {
        let link = try kind.link()
        link.start()
        link.run()
        link.network = { _, bytes in
            var altered = bytes
            altered[bytes.count - 20] ^= 1
            return [altered, bytes, bytes]
        }
        link.send(Array(0..<100), fromClient: true)
        link.run()
        #expect(link.receivedByServer == [Array(0..<100)])
        #expect(link.areBothConnected)
    }

    @Test(arguments: Kind.allCases)
    func aHelloBeforeTheStartIsAnswered(kind: Kind) throws {
        let link = try kind.link()
        link.client.start(role: .client, remoteFingerprint: link.server.localFingerprint, now: link.now)
        link.run(until: .seconds(0.02))
        #expect(link.server.state == .idle)
        link.server.start(role: .server, remoteFingerprint: link.client.localFingerprint, now: link.now)
        link.run(until: .seconds(0.06))
        #expect(link.areBothConnected)
    }

    @Test(arguments: Kind.allCases)
    func closingTellsThePeer(kind: Kind) throws {
        let link = try kind.link()
        link.start()
        link.run()
        link.client.close()
        #expect(link.client.state == .closed)
        link.run()
        #expect(link.server.state == .closed)
        link.send([1], fromClient: false)
        #expect(link.receivedByClient.isEmpty)
    }

    @Test(arguments: Kind.allCases, 0..<40)
    func alteredHandshakesNeverCrash(kind: Kind, seed: Int) throws {
        let link = try kind.link()
        var generator = SeededGenerator(seed: UInt64(seed))
        link.network = { _, bytes in
            var altered = bytes
            for _ in 0..<3 where generator.chance(0.5) {
                altered[Int(generator.next() % UInt64(altered.count))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            if generator.chance(0.1) { altered.removeLast(Int(generator.next() % UInt64(altered.count))) }
            return [altered]
        }
        link.start()
        link.run()
        // Alteration may fail the handshake, but neither side may believe in it alone and go on for ever.
        #expect(link.client.deadline == nil)
        #expect(link.server.deadline == nil)
    }

    @Test(arguments: Kind.allCases)
    func anAlteredHelloPreventsTheConnection(kind: Kind) throws {
        let link = try kind.link()
        var isFirst = true
        link.network = { _, bytes in
            guard isFirst else { return [bytes] }
            isFirst = false
            var altered = bytes
            altered[30] ^= 1  // inside the client's random
            return [altered]
        }
        link.start()
        link.run()
        for side in [link.client, link.server] {
            guard case .failed = side.state else {
                Issue.record("\(side.state)")
                continue
            }
            #expect(side.makeCiphers() == nil)
        }
    }

    @Test(arguments: Kind.allCases)
    func aSecondStartChangesNothing(kind: Kind) throws {
        let link = try kind.link()
        link.start()
        link.start(serverFingerprint: [1], clientFingerprint: [2])
        link.run()
        #expect(link.areBothConnected)
    }
}
