import Primitives
import RTC
import Testing

@Suite struct ICECandidateTests {
    @Test func readsWhatServersAndBrowsersWrite() throws {
        let host = try #require(
            ICECandidate(
                sdp: "a=candidate:2878742611 1 udp 2130706431 127.0.0.1 17882 typ host ufrag jRjdXTeM"))
        #expect(host.foundation == "2878742611")
        #expect(host.component == 1)
        #expect(host.transport == .udp)
        #expect(host.priority == 2_130_706_431)
        #expect(host.address == .loopback(port: 17882))
        #expect(host.type == .host)
        #expect(host.tcpType == nil)

        let tcp = try #require(
            ICECandidate(
                sdp: "candidate:375738803 2 TCP 1671430143 127.0.0.1 17881 typ host tcptype passive ufrag x"))
        #expect(tcp.transport == .tcp)
        #expect(tcp.component == 2)
        #expect(tcp.tcpType == .passive)

        let reflexive = try #require(
            ICECandidate(
                sdp:
                    "candidate:1 1 udp 1694498815 192.0.2.3 4500 typ srflx raddr 10.0.1.1 rport 8998 generation 0"
            ))
        #expect(reflexive.type == .serverReflexive)

        let v6 = try #require(
            ICECandidate(sdp: "candidate:3587468707 1 udp 2122265343 fd00::2 35994 typ host generation 0"))
        #expect(v6.address.family == .v6)
    }

    @Test(arguments: [
        "", "candidate:", "candidate:1 1 udp 1 1.2.3.4 5", "candidate:1 1 udp 1 1.2.3.4 5 typ",
        "candidate:1 1 udp 1 1.2.3.4 5 type host", "candidate:1 1 udp 1 1.2.3.4 5 typ other",
        "candidate:1 1 sctp 1 1.2.3.4 5 typ host", "candidate:1 1 udp 4294967296 1.2.3.4 5 typ host",
        "candidate:1 1 udp 1 1.2.3.4 65536 typ host", "candidate:1 0 udp 1 1.2.3.4 5 typ host",
        "candidate:1 257 udp 1 1.2.3.4 5 typ host", "candidate:1 1 udp -1 1.2.3.4 5 typ host",
        "candidate:1 1 udp 1 7b4c.local 5 typ host", "candidate:1 1 udp 1 example.org 5 typ host",
        "a=ice-ufrag:abcd", "candidate:123456789012345678901234567890123 1 udp 1 1.2.3.4 5 typ host",
    ])
    func refusesOthers(line: String) {
        #expect(ICECandidate(sdp: line) == nil)
    }

    @Test(arguments: [
        "candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host",
        "candidate:2 1 udp 1 192.0.2.1 5000 typ srflx raddr 0.0.0.0 rport 0",
        "candidate:3 1 tcp 1671430143 10.0.0.1 9 typ host tcptype active",
    ])
    func writesWhatItReads(line: String) {
        #expect(ICECandidate(sdp: line)?.sdp == line)
    }

    @Test func computesThePrioritiesOfRFC8445() {
        #expect(ICECandidate.priority(type: .host, localPreference: 65535) == 2_130_706_431)
        #expect(ICECandidate.priority(type: .serverReflexive, localPreference: 65535) == 1_694_498_815)
        #expect(ICECandidate.priority(type: .relayed, localPreference: 65535) == 16_777_215)
    }

    @Test func ranksItsOwnCandidates() {
        var agent = ICEAgent(role: .controlling, isLite: false, generator: SeededGenerator(seed: 1))
        agent.addLocalCandidate(SocketAddress(v4: 1, port: 10), socket: 3)
        agent.addLocalCandidate(SocketAddress(v4: 1, port: 11), socket: 4)
        agent.addLocalCandidate(SocketAddress(v4: 2, port: 12), socket: 5)
        agent.addLocalCandidate(SocketAddress(v4: 2, port: 12), socket: 5)
        let candidates = agent.localCandidates
        #expect(candidates.count == 3)
        #expect(candidates.map(\.priority) == candidates.map(\.priority).sorted(by: >))
        #expect(Set(candidates.map(\.priority)).count == 3)
        #expect(candidates[0].foundation == candidates[1].foundation)
        #expect(candidates[0].foundation != candidates[2].foundation)
        #expect(candidates[0].priority == 2_130_706_431)
    }

    @Test func drawsCredentialsThatSDPAllows() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<50 {
            let credentials = ICECredentials(using: &generator)
            #expect(4...256 ~= credentials.ufrag.utf8.count)  // RFC 8839 section 5.4
            #expect(22...256 ~= credentials.password.utf8.count)
        }
    }
}
