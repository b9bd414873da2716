import Primitives
import RTC
import Testing

/// Which ways an agent asks to be opened, and which it takes.
@Suite struct ICEAgentPathsTests {
    private let server = SocketAddress(v4: 0x0a00_0002, port: 7881)

    private func agent(_ role: ICERole = .controlling, isLite: Bool = false) -> ICEAgent {
        ICEAgent(role: role, isLite: isLite, generator: SeededGenerator(seed: 1).fork("agent"))
    }

    private func candidate(_ line: String) throws -> ICECandidate { try #require(ICECandidate(sdp: line)) }

    @Test func candidatesRankAsBrowsersRankThem() throws {
        var agent = agent()
        let address = SocketAddress(v4: 0x0a00_0001, port: 5000)
        agent.addLocalCandidate(address, socket: 1)
        agent.addStreamCandidate(address, .active)
        agent.addStreamCandidate(address.with(port: 7881), .passive)
        let lines = agent.localCandidates.map(\.sdp)
        #expect(lines[0].hasSuffix("udp 2130706431 10.0.0.1 5000 typ host"))
        #expect(lines[1].hasSuffix("10.0.0.1 9 typ host tcptype active"))
        // Pion's priority of a listening TCP candidate, as livekit-server shows it.
        #expect(lines[2].hasSuffix("tcp 1671430143 10.0.0.1 7881 typ host tcptype passive"))
        let priorities = agent.localCandidates.map(\.priority)
        #expect(priorities[0] > priorities[2] && priorities[2] > priorities[1])
        #expect(priorities[1] >> 24 == 90)
        // Both TCP candidates have one base; UDP is a foundation of its own (RFC 8445 section 5.1.1.3).
        #expect(Set(agent.localCandidates.map(\.foundation)).count == 2)
    }

    @Test func onlyListeningTCPIsPaired() throws {
        var agent = agent()
        agent.addStreamCandidate(SocketAddress(v4: 0x0a00_0001, port: 0), .active)
        for line in [
            "candidate:1 1 tcp 1671430143 10.0.0.2 7881 typ host tcptype passive",
            "candidate:2 1 tcp 1671430143 10.0.0.2 9 typ host tcptype active",
            "candidate:3 1 tcp 1671430143 10.0.0.2 7883 typ host",
        ] { agent.addRemoteCandidate(try candidate(line)) }
        #expect(agent.remoteCandidates.map(\.address) == [server])
    }

    @Test func closedStreamsAreNotChecked() throws {
        var agent = agent()
        var outbox = Outbox(capacity: 1 << 16)
        agent.addStreamCandidate(SocketAddress(v4: 0x0a00_0001, port: 0), .active)
        agent.addRemoteCandidate(
            try candidate("candidate:1 1 tcp 1671430143 10.0.0.2 7881 typ host tcptype passive"))
        agent.setRemote(
            credentials: ICECredentials(ufrag: "abcd", password: "0123456789012345678901"), isLite: true)
        agent.start(now: .zero)
        agent.tick(now: .zero, into: &outbox)
        let before = outbox.entries.count
        #expect(before == 0)
        agent.streamOpened(socket: 1 << 30, to: server)
        #expect(agent.deadline != nil)
        agent.tick(now: .zero + .milliseconds(100), into: &outbox)
        let entries = outbox.entries.map { ($0.socket, $0.destination) }
        #expect(entries.count == 1 && entries[0].0 == 1 << 30 && entries[0].1 == server)
        // A stream that broke is not tried again.
        agent.streamClosed(socket: 1 << 30, to: server)
        outbox.removeAll()
        for step in 2..<60 { agent.tick(now: .zero + .milliseconds(Int64(step * 100)), into: &outbox) }
        let after = outbox.entries.count
        #expect(after == 0)
    }
}
