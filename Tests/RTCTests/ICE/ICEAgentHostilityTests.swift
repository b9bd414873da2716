import Primitives
import RTC
import Testing
import WireFormats

@Suite struct ICEAgentHostilityTests {
    private let stranger = SocketAddress(v4: 0x0707_0707, port: 777)

    /// What a request claims and how it is made.
    private struct Request {
        var username: String
        var password: String
        var isNominating = true
        var isControlling = true
        var tieBreaker = UInt64.max
        var isSigned = true
        var extra: UInt16?
    }

    @Test(arguments: [false, true])
    func refusesRequestsWithoutTheRightSecret(isLite: Bool) {
        let network = connected(isLite: isLite)
        let credentials = network.agents[1].localCredentials
        let before = network.agents[1]
        let good = "\(credentials.ufrag):x"
        let cases: [(Request, Int)] = [
            (Request(username: good, password: "wrong"), 401),
            (Request(username: "other:x", password: credentials.password), 401),
            (Request(username: good, password: credentials.password, isSigned: false), 400),
            (Request(username: good, password: credentials.password, extra: 0x7001), 420),
        ]
        for (request, code) in cases {
            #expect(answer(to: request, agent: network.agents[1], now: network.now) == code)
            network.inject(compose(request), to: 1, from: stranger)
        }
        let after = network.agents[1]
        #expect(after.remoteCandidates == before.remoteCandidates)
        #expect(after.selectedPair == before.selectedPair)
        #expect(after.role == before.role)
        #expect(after.statistics.unauthenticMessages == 2)
        #expect(after.statistics.foreignRequests == 1)
        #expect(after.statistics.errorResponsesSent == 4)
        #expect(after.statistics.peerReflexiveCandidates == 0)
    }

    @Test func aLiteAgentNeverControls() {
        let network = connected(isLite: true)
        let credentials = network.agents[1].localCredentials
        let request = Request(
            username: "\(credentials.ufrag):x", password: credentials.password, isControlling: false)
        #expect(answer(to: request, agent: network.agents[1], now: network.now) == 487)
    }

    @Test(arguments: [ICERole.controlling, .controlled])
    func theGreaterTieBreakerControls(role: ICERole) {
        for (tieBreaker, isPeerStronger) in [(UInt64.min, false), (.max, true)] {
            let network = VirtualICENetwork(left: (role.opposite, false), right: (role, false))
            let credentials = network.agents[1].localCredentials
            let request = Request(
                username: "\(credentials.ufrag):x", password: credentials.password, isNominating: false,
                isControlling: role == .controlling, tieBreaker: tieBreaker)
            // The stronger one controls: the weaker one gives way, or is told to.
            let isPeerToChange = role == .controlling ? !isPeerStronger : isPeerStronger
            #expect(answer(to: request, agent: network.agents[1], now: .zero) == (isPeerToChange ? 487 : 0))
            network.inject(compose(request), to: 1, from: stranger)
            #expect(network.agents[1].role == (isPeerToChange ? role : role.opposite))
            #expect(network.agents[1].statistics.roleConflicts == 1)
        }
    }

    @Test func answersARequestThatIsRight() {
        let network = connected(isLite: true)
        let credentials = network.agents[1].localCredentials
        let request = Request(username: "\(credentials.ufrag):x", password: credentials.password)
        #expect(answer(to: request, agent: network.agents[1], now: network.now) == 0)
    }

    @Test func aFloodOfSourcesIsBounded() {
        let network = connected(isLite: false)
        let credentials = network.agents[1].localCredentials
        let request = Request(
            username: "\(credentials.ufrag):x", password: credentials.password, isNominating: false)
        for port in 1...500 {
            network.inject(compose(request), to: 1, from: stranger.with(port: UInt16(port)))
        }
        #expect(network.agents[1].remoteCandidates.count <= 32)
        #expect(network.agents[1].selectedPair?.remote == network.addresses[0][0])
    }

    @Test func survivesNoiseAndMutations() {
        var generator = SeededGenerator(seed: 3).fork("hostile")
        for isLite in [false, true] {
            let network = connected(isLite: isLite)
            let credentials = network.agents[1].localCredentials
            let request = compose(Request(username: "\(credentials.ufrag):x", password: credentials.password))
            let before = (network.agents[1].remoteCandidates, network.agents[1].selectedPair)
            for _ in 0..<3_000 {
                var bytes = generator.chance(0.3) ? generator.bytes(Int(9 + generator.next() % 100)) : request
                // All but FINGERPRINT, whose type is all that one could change in an authentic message.
                let index = Int(generator.next() % UInt64(bytes.count - 8))
                bytes[index] ^= UInt8(1 + generator.next() % 255)
                network.inject(bytes, to: 1, from: stranger)
            }
            #expect(network.agents[1].statistics.malformedMessages > 2_000)
            #expect(network.agents[1].remoteCandidates == before.0)
            #expect(network.agents[1].selectedPair == before.1)
            network.run(until: network.now + .seconds(60.0))
            #expect(network.areConnected)
        }
    }

    @Test func ignoresResponsesToNothing() {
        let network = connected(isLite: false)
        network.inject(response(id: STUNTransactionID(high: 1, low: 2)), to: 0, from: network.addresses[1][0])
        #expect(network.agents[0].statistics.strayResponses == 1)
    }

    @Test func distrustsAnswersFromElsewhere() {
        // The peer's answers come from an address that was never asked: what RFC 8445 calls non-symmetric.
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, true), isStarted: false)
        network.translations = [network.addresses[1][0]: stranger]
        network.introduce()
        network.run(until: .seconds(3.0))
        #expect(network.agents[0].state == .checking)
        #expect(network.agents[0].selectedPair == nil)
        #expect(network.agents[0].statistics.strayResponses > 0)
    }

    private func connected(isLite: Bool) -> VirtualICENetwork {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, isLite))
        network.run(until: .seconds(1.0))
        #expect(network.areConnected)
        return network
    }

    /// 0 for success, an error code, or nil for silence.
    private func answer(to request: Request, agent: ICEAgent, now: Instant) -> Int? {
        var agent = agent
        var outbox = Outbox(capacity: 1 << 14)
        compose(request).withUnsafeBytes {
            agent.receive($0, on: 0, from: stranger, now: now, into: &outbox)
        }
        guard let entry = outbox.entries.first, let message = try? STUNMessage(outbox.bytes(of: entry).bytes),
            entry.destination == stranger
        else { return nil }
        return message.messageClass == .success ? 0 : message.errorCode
    }

    private func compose(_ request: Request) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = bytes.withUnsafeMutableBytes { buffer in
            let id = STUNTransactionID(high: 1, low: 1)
            var writer = STUNWriter(buffer, .request, transactionID: id)
            writer.writeUsername(Array(request.username.utf8))
            writer.writePriority(1)
            writer.writeRole(isControlling: request.isControlling, tieBreaker: request.tieBreaker)
            if request.isNominating { writer.writeUseCandidate() }
            if let extra = request.extra { writer.write(empty: STUNAttributeType(rawValue: extra)) }
            if request.isSigned { writer.writeIntegrity(key: Array(request.password.utf8)) }
            writer.writeFingerprint()
            return writer.count
        }
        return Array(bytes[..<count])
    }
}
