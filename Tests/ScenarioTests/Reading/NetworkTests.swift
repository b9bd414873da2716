import Primitives
import Scenario
import Testing

@Suite struct NetworkTests {
    private func network(_ words: String) throws -> AccessNetwork {
        try #require(try ScenarioText(more: "network: {a: {\(words)}}").plan().networks.first)
    }

    @Test func wordsHoldInBothDirectionsUnlessOneSaysOtherwise() throws {
        let network = try network(
            "delay: 40ms, jitter: 5ms, up: 1Mbit/s, down: {rate: 4 Mbit/s, delay: 10ms, queue: 100ms}")
        #expect(network.up.delay == .milliseconds(40))
        #expect(network.up.bitsPerSecond == 1_000_000)
        #expect(network.up.queue == LinkImpairment.defaultQueue)
        #expect(network.down.delay == .milliseconds(10))
        #expect(network.down.bitsPerSecond == 4_000_000)
        #expect(network.down.queue == .milliseconds(100))
        for link in [network.up, network.down] {
            #expect(link.jitter == LinkImpairment.Jitter(mean: .milliseconds(5), spread: .exponential))
        }
        #expect(!network.isTransparent)
    }

    @Test func everyImpairmentIsUnderstood() throws {
        let up = try network(
            """
            jitter: {mean: 3ms, spread: pareto}, loss: {burst: 2%, length: 2.5, inside: 80%}, reorder: 1%,
            duplicate: 0.5%, outage: [from 9s to 10s, from 3s to 4s]
            """
        ).up
        #expect(up.jitter == LinkImpairment.Jitter(mean: .milliseconds(3), spread: .pareto))
        #expect(up.loss == .bursts(share: 0.02, length: 2.5, inside: 0.8))
        #expect(up.reorder == 0.01)
        #expect(up.duplicate == 0.005)
        #expect(up.outages.map(\.start) == [.seconds(3), .seconds(9)])
        #expect(try network("loss: 3%").up.loss == .independent(share: 0.03))
        #expect(try network("loss: 0%, jitter: 0ms, delay: 0s, duplicate: 0%").isTransparent)
    }

    @Test(arguments: [
        ("delay: 11s", "\"11s\" as \"delay\" of network \"a\""),
        ("delay: 40", "\"40\" as \"delay\""),
        ("jitter: {spread: uniform}", "without \"mean\""),
        ("jitter: {mean: 1ms, spread: gauss}", "\"gauss\" as \"spread\""),
        ("loss: 101%", "\"101%\" as \"loss\""),
        ("loss: {burst: 1%}", "without \"length\""),
        ("loss: {burst: 1%, length: 0}", "\"0\" as \"length\""),
        ("loss: {burst: 50%, length: 4, inside: 40%}", "a loss of 50% in bursts that lose 40%"),
        ("up: 1Mbps", "\"1Mbps\" as \"up\""),
        ("up: {share: 5%}", "unknown word \"share\" in \"up\" of network \"a\""),
        ("down: {rate: 7bit/s}", "\"7bit/s\" as \"rate\" of \"down\""),
        ("queue: 0ms", "\"0ms\" as \"queue\""),
        ("outage: [from 1s to 3s, from 2s to 4s]", "spans that overlap in \"outage\""),
        ("reorder: often", "\"often\" as \"reorder\""),
    ])
    func mistakesAreTold(_ words: String, found: String) throws {
        let diagnostics = ScenarioText(more: "network: {a: {\(words)}}").diagnostics()
        #expect(diagnostics.contains { $0.found.contains(found) }, "\(diagnostics)")
    }

    @Test func aRoleMayNameItsNetwork() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 10, mix: {guest: 4, member: 6}}",
            roles: "{guest: {network: mobile}, member: {}}",
            more: "network: {mobile: {delay: 40ms}, fibre: {share: 50%}, vpn: {share: rest}}")
        let plan = try text.plan()
        for participant in plan.participants {
            let name = try #require(plan.network(of: participant)?.name)
            #expect(participant.role == "guest" ? name == "mobile" : name != "mobile")
        }
        #expect(plan.participants.count { plan.network(of: $0)?.name == "fibre" } == 3)
    }

    @Test func whenEveryRoleNamesOneNothingIsShared() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 4, mix: {guest: 2, member: 2}}",
            roles: "{guest: {network: mobile}, member: {network: fibre}}",
            more: "network: {mobile: {delay: 40ms}, fibre: {}}")
        #expect(try text.plan().participants.map(\.network) == [0, 0, 1, 1])
    }

    @Test func anUnknownNetworkOfARoleIsAMistake() throws {
        let text = ScenarioText(
            roles: "member: {network: mobil}", more: "network: {mobile: {share: 50%}, fibre: {share: rest}}")
        let diagnostic = try #require(text.diagnostics().first)
        #expect(diagnostic.found == "unknown network \"mobil\" in role \"member\"")
        #expect(diagnostic.hint?.contains("mobile") == true)
        #expect(ScenarioText(roles: "member: {network: fibre}").diagnostics().count == 1)
    }

    @Test func summariesReadAsTheWordsDo() throws {
        let network = try network(
            "delay: 40ms, jitter: 5ms, up: 1.5Mbit/s, down: {loss: {burst: 1%, length: 4}, outage: from 1s to 2s}"
        )
        #expect(network.up.summary == "40ms +5ms 1.5Mbit/s")
        #expect(network.down.summary == "40ms +5ms 1% lost in bursts of 4 an outage")
        #expect(LinkImpairment().summary == "as it is")
    }
}
