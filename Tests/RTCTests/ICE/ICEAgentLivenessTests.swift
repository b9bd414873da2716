import Primitives
import RTC
import Testing
import WireFormats

@Suite struct ICEAgentLivenessTests {
    @Test(arguments: [false, true])
    func losesConsentAndGetsItBack(isPeerLite: Bool) {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, isPeerLite))
        network.run(until: .seconds(30.0))
        network.cut = network.addresses[1]
        network.run(until: .seconds(42.0))
        #expect(network.agents.allSatisfy { $0.state == .disconnected })
        #expect(network.agents.allSatisfy { $0.selectedPair != nil })
        network.cut = []
        // A disconnected agent asks every half second.
        network.run(until: .seconds(43.0))
        #expect(network.areConnected)
        network.run(until: .seconds(80.0))
        #expect(network.areConnected)
    }

    @Test(arguments: [false, true])
    func failsAfterALongSilence(isPeerLite: Bool) {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, isPeerLite))
        network.run(until: .seconds(30.0))
        network.cut = network.addresses[1]
        network.run(until: .seconds(37.0))
        #expect(network.areConnected)
        network.run(until: .seconds(46.0))
        #expect(network.agents.allSatisfy { $0.state == .failed })
        #expect(network.agents.allSatisfy { $0.selectedPair == nil && $0.deadline == nil })
        let sent = network.sentCount
        network.cut = []
        network.run(until: .seconds(200.0))
        #expect(network.sentCount == sent)
    }

    @Test func failsWhenNobodyAnswers() {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, true), isStarted: false)
        network.cut = network.addresses[1]
        network.introduce()
        network.run(until: .seconds(14.9))
        #expect(network.agents.allSatisfy { $0.state == .checking })
        network.run(until: .seconds(15.1))
        #expect(network.agents.allSatisfy { $0.state == .failed })
    }

    @Test func asksForConsentAtItsPace() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, true))
        network.run(until: .seconds(1000.0))
        let checks = network.agents[0].statistics.consentChecksSent
        #expect(380...420 ~= checks)
        #expect(network.agents[0].statistics.checksSent == 2)
        #expect(network.agents[1].statistics.requestsReceived == checks + 2)
    }

    @Test func answersOfOthersGiveNoConsent() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.run(until: .seconds(5.0))
        network.cut = network.addresses[1]
        // Someone who does not know the password keeps talking from the peer's address.
        for second in 6..<25 {
            network.run(until: .seconds(Double(second)))
            let id = STUNTransactionID(high: UInt32(second), low: 1)
            network.inject(response(id: id), to: 0, from: network.addresses[1][0])
        }
        #expect(network.agents[0].state == .failed)
    }

    @Test func restartsWithoutLosingThePath() throws {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.run(until: .seconds(5.0))
        let old = (network.agents[0].localCredentials, network.agents[1].localCredentials)
        let pair = try #require(network.agents[0].selectedPair)

        network.agents[0].restart(now: network.now)
        #expect(network.agents[0].localCredentials != old.0)
        #expect(network.agents[0].state == .checking)
        #expect(network.agents[0].selectedPair == pair)
        // While signalling takes its time, both ends keep the consent to the old path.
        network.run(until: .seconds(13.0))
        #expect(network.agents[1].state == .connected)
        #expect(network.agents[0].selectedPair == pair)

        network.agents[1].restart(now: network.now)
        network.introduce()
        #expect(network.agents[1].localCredentials != old.1)
        network.run(until: .seconds(14.0))
        #expect(network.areConnected)
        #expect(network.agree)
        network.run(until: .seconds(60.0))
        #expect(network.areConnected)
        #expect(network.agents.allSatisfy { $0.statistics.restarts == 1 })
    }

    @Test func restartsAfterAFailure() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, true))
        network.run(until: .seconds(5.0))
        network.cut = network.addresses[1]
        network.run(until: .seconds(30.0))
        network.cut = []
        for index in 0..<2 { network.agents[index].restart(now: network.now) }
        network.introduce()
        network.run(until: .seconds(31.0))
        #expect(network.areConnected)
        #expect(network.agree)
    }

    @Test func followsAPeerThatRestartsAlone() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.run(until: .seconds(20.0))
        network.agents[0].restart(now: network.now)
        network.introduce()
        network.run(until: .seconds(21.0))
        #expect(network.areConnected)
        #expect(network.agents[1].statistics.restarts == 1)
    }

    @Test func tellingTheSameAgainChangesNothing() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.run(until: .seconds(5.0))
        let statistics = network.agents.map(\.statistics)
        network.introduce()
        #expect(network.areConnected)
        #expect(network.agents.map(\.statistics) == statistics)
    }

    @Test func movesToAnotherSocket() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.run(until: .seconds(5.0))
        network.cut = network.addresses[0]
        network.agents[0].removeLocalCandidate(socket: 0)
        #expect(network.agents[0].selectedPair == nil)
        network.addSocket(0, SocketAddress(v4: 0x0a00_0009, port: 7000))
        for index in 0..<2 { network.agents[index].restart(now: network.now) }
        network.introduce()
        network.run(until: .seconds(6.0))
        #expect(network.areConnected)
        #expect(network.agents[0].selectedPair?.socket == 1)
        #expect(network.agents[1].selectedPair?.remote == network.addresses[0][1])
    }

    @Test func doesNothingBeforeItsDeadline() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        var outbox = Outbox(capacity: 1 << 16)
        for step in 1..<400 {
            network.run(until: .seconds(Double(step) * 0.05))
            var agent = network.agents[0]
            guard let deadline = agent.deadline, deadline > network.now else { continue }
            let state = agent.state
            agent.tick(now: deadline - .nanoseconds(1), into: &outbox)
            #expect(outbox.entries.isEmpty)
            #expect(agent.deadline == deadline)
            #expect(agent.state == state)
        }
    }
}

/// A success response that nobody signed.
func response(id: STUNTransactionID) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = bytes.withUnsafeMutableBytes { buffer in
        var writer = STUNWriter(buffer, .success, transactionID: id)
        writer.writeMappedAddress(.loopback(port: 1))
        writer.writeFingerprint()
        return writer.count
    }
    return Array(bytes[..<count])
}
