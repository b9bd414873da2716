import Primitives
import RTC
import Testing

@Suite struct ICEAgentConnectingTests {
    /// Every way in which two agents can be full or lite and claim roles.
    static let sides: [(ICERole, Bool)] = [
        (.controlling, false), (.controlled, false), (.controlling, true), (.controlled, true),
    ]

    @Test(arguments: sides, sides)
    func connects(left: (ICERole, Bool), right: (ICERole, Bool)) {
        let network = VirtualICENetwork(left: left, right: right)
        network.run(until: .seconds(2.0)) { $0.areConnected }
        #expect(network.areConnected)
        #expect(network.agree)
        #expect(network.now < .seconds(0.5))
        let isBothLite = left.1 && right.1
        if !isBothLite { #expect(network.agents[0].role != network.agents[1].role) }
        if left.1 != right.1 { #expect(network.agents[left.1 ? 1 : 0].role == .controlling) }
        for agent in network.agents where agent.isLite { #expect(agent.statistics.checksSent == 0) }
        // It stays so: consent is given and taken.
        network.run(until: .seconds(120.0))
        #expect(network.areConnected)
        #expect(network.agents.allSatisfy { $0.statistics.strayResponses == 0 })
        #expect(network.agents.allSatisfy { $0.statistics.unauthenticMessages == 0 })
    }

    @Test func measuresTheRoundTrip() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.delay = .seconds(0.037)
        network.run(until: .seconds(20.0))
        for agent in network.agents {
            #expect(agent.roundTripTime == .milliseconds(74))
            let statistics = agent.statistics
            #expect(statistics.roundTripTimes >= 7)
            #expect(statistics.totalRoundTripTime == Interval.milliseconds(74) * statistics.roundTripTimes)
        }
    }

    @Test func measuresNoRoundTripFromARetransmission() {
        let network = VirtualICENetwork(left: (.controlling, false), right: (.controlled, false))
        network.cut = network.addresses[0]
        network.run(until: .seconds(0.3))
        network.cut = []
        network.run(until: .seconds(20.0))
        #expect(network.areConnected)
        for agent in network.agents {
            let statistics = agent.statistics
            #expect(statistics.roundTripTimes > 0)
            #expect(statistics.totalRoundTripTime == Interval.milliseconds(40) * statistics.roundTripTimes)
        }
        #expect(network.agents[0].statistics.retransmissionsSent == 1)
    }

    @Test(arguments: 0..<40)
    func connectsThroughLoss(seed: Int) {
        for isLite in [false, true] {
            let network = VirtualICENetwork(
                left: (.controlling, false), right: (.controlled, isLite), seed: UInt64(seed))
            network.loss = 0.15
            network.run(until: .seconds(15.0)) { $0.areConnected && $0.agree }
            #expect(network.areConnected)
            #expect(network.agree)
        }
    }

    @Test func repeatsItselfFromOneSeed() {
        func trace(_ seed: UInt64) -> UInt64 {
            let network = VirtualICENetwork(
                left: (.controlling, false), right: (.controlled, false), seed: seed)
            network.loss = 0.3
            network.run(until: .seconds(60.0))
            return network.trace
        }
        #expect(trace(7) == trace(7))
        #expect(trace(7) != trace(8))
    }

    @Test func learnsAnAddressBehindTranslation() throws {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        let inner = network.addresses[0][0]
        let outer = SocketAddress(v4: 0xcb00_7107, port: 61_000)
        network.translations = [inner: outer]
        network.introduce()
        network.run(until: .seconds(3.0))
        #expect(network.areConnected)
        let left = try #require(network.agents[0].selectedPair)
        let right = try #require(network.agents[1].selectedPair)
        #expect(left.local == outer)
        #expect(right.remote == outer)
        #expect(right.remoteType == .peerReflexive)
        #expect(network.agents[1].statistics.peerReflexiveCandidates == 1)
        // Signalling that comes late tells what the address really is.
        let signalled = ICECandidate(foundation: "9", priority: 1, address: outer, type: .serverReflexive)
        network.agents[1].addRemoteCandidate(signalled)
        #expect(network.agents[1].remoteCandidates.contains(signalled))
    }

    @Test func answersBeforeItKnowsThePeer() {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        let (left, right) = (network.agents[0], network.agents[1])
        // The offerer's description is known to the answerer only; the answer takes 300 ms.
        network.agents[0].setRemote(credentials: right.localCredentials, isLite: false)
        network.agents[0].addRemoteCandidate(right.localCandidates[0])
        network.agents[0].start(now: .zero)
        network.agents[1].start(now: .zero)
        network.run(until: .seconds(0.3))
        #expect(network.agents[1].statistics.responsesSent > 0)
        #expect(network.agents[1].statistics.checksSent == 0)
        #expect(network.agents[1].state == .checking)
        network.agents[1].setRemote(credentials: left.localCredentials, isLite: false)
        network.run(until: .seconds(0.5))
        #expect(network.areConnected)
        #expect(network.agree)
    }

    @Test(arguments: [ICERole.controlling, .controlled])
    func resolvesARoleConflict(role: ICERole) {
        for seed in 0..<20 {
            let network = VirtualICENetwork(left: (role, false), right: (role, false), seed: UInt64(seed))
            network.run(until: .seconds(1.0))
            #expect(network.areConnected)
            #expect(network.agents[0].role != network.agents[1].role)
            #expect(network.agents.contains { $0.statistics.roleConflicts > 0 })
        }
    }

    @Test func prefersTheBestPairThatWorks() {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        let second = SocketAddress(v4: 0xc0a8_0001, port: 5001)
        network.addSocket(1, second)
        network.introduce()
        network.run(until: .seconds(2.0))
        #expect(network.areConnected)
        #expect(network.agents[0].selectedPair?.remote == network.addresses[1][0])

    }

    @Test func takesTheSecondBestPairWhereTheBestIsDead() {
        let second = SocketAddress(v4: 0xc0a8_0001, port: 5001)
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        network.addSocket(1, second)
        network.cut = [network.addresses[1][0]]
        network.introduce()
        network.run(until: .seconds(2.0)) { $0.areConnected }
        #expect(network.areConnected)
        #expect(network.agree)
        #expect(network.agents[0].selectedPair?.remote == second)
        // The better pair had its chance, but not for longer than that.
        #expect(network.now > .seconds(0.2) && network.now < .seconds(0.6))
    }

    @Test func pairsOnlyWhatCanTalk() {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        let peer = network.agents[1].localCredentials
        network.agents[0].setRemote(credentials: peer, isLite: false)
        let address = SocketAddress(v4: 1, port: 1)
        let v6 = SocketAddress(v6High: 1, low: 1, port: 1)
        for candidate in [
            ICECandidate(foundation: "1", priority: 1, address: v6, type: .host),
            ICECandidate(
                foundation: "1", transport: .tcp, priority: 1, address: address, type: .host,
                tcpType: .passive),
            ICECandidate(foundation: "1", component: 2, priority: 1, address: address, type: .host),
            ICECandidate(foundation: "1", priority: 1, address: address.with(port: 0), type: .host),
        ] {
            network.agents[0].addRemoteCandidate(candidate)
        }
        network.agents[0].start(now: .zero)
        network.run(until: .seconds(5.0))
        #expect(network.sentCount == 0)
    }

    @Test func boundsWhatAPeerMayTell() {
        var agent = ICEAgent(role: .controlling, isLite: false, generator: SeededGenerator(seed: 1))
        for socket in 0..<8 {
            agent.addLocalCandidate(SocketAddress(v4: 1, port: 1000 + UInt16(socket)), socket: Int32(socket))
        }
        for port in 1...200 {
            let address = SocketAddress(v4: 2, port: UInt16(port))
            agent.addRemoteCandidate(
                ICECandidate(foundation: "1", priority: 1, address: address, type: .host))
        }
        #expect(agent.remoteCandidates.count <= 32)
        #expect(agent.statistics.ignoredCandidates >= 168)
    }

    @Test func sendsChecksAtItsPace() {
        let network = VirtualICENetwork(
            left: (.controlling, false), right: (.controlled, false), isStarted: false)
        network.cut = network.addresses[1]
        network.introduce()
        // One pair: at 0, 0.5, 1.5, 3.5 and 7.5 s (RFC 8489 section 6.2.1).
        network.agents[1].removeLocalCandidate(socket: 0)
        for (time, count) in [
            (0.4, 1), (0.6, 2), (1.4, 2), (1.6, 3), (3.4, 3), (3.6, 4), (7.6, 5), (14.9, 5),
        ] {
            network.run(until: .seconds(time))
            #expect(network.sentCount == count)
        }
    }
}
