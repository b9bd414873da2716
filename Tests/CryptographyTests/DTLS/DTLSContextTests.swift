import Cryptography
import Primitives
import RTC
import Testing

@Suite struct DTLSContextTests {
    @Test func handshakesOfOneContextShareItsCertificate() throws {
        let context = try DTLSContext()
        let first = context.makeHandshake()
        let second = context.makeHandshake()
        #expect(first.localFingerprint == context.fingerprint)
        #expect(second.localFingerprint == context.fingerprint)
        let link = HandshakeLink(client: first, server: second)
        link.start()
        link.run()
        #expect(link.areBothConnected)
    }

    @Test func aHandshakeOutlivesItsContext() throws {
        let link = HandshakeLink(
            client: try DTLSContext().makeHandshake(), server: try DTLSContext().makeHandshake())
        link.start()
        link.run()
        link.send([1, 2], fromClient: true)
        link.run()
        #expect(link.receivedByServer == [[1, 2]])
    }

    @Test func manyHandshakesRunOnSeveralThreads() async throws {
        let context = try DTLSContext()
        let connected = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<10).count { _ in
                        let link = HandshakeLink(
                            client: context.makeHandshake(), server: context.makeHandshake())
                        link.start()
                        link.run()
                        return link.areBothConnected
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(connected == 40)
    }

    @Test func theCertificateIsOneOfP256() throws {
        let link = HandshakeLink(
            client: try DTLSContext().makeHandshake(), server: try DTLSContext().makeHandshake())
        link.start()
        link.run()
        // ServerHello names the suite right after the session id: ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0xc02b.
        let flight = try #require(link.sent.first { !$0.isToServer }).bytes
        let sessionIDCount = Int(flight[13 + 12 + 34])
        let suiteOffset = 13 + 12 + 35 + sessionIDCount
        #expect(Array(flight[suiteOffset..<suiteOffset + 2]) == [0xc0, 0x2b])
    }
}
