import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Calls through firewalls")
struct PathTests {
    /// A call on a deployment with these ways in, from these networks.
    private func call(
        _ ways: [EmbeddedWay], network: String = "all: {}", blocksUDP: Bool = false, participants: Int = 3
    ) -> Call {
        let words = ways.map(\.rawValue).joined(separator: ", ")
        var call = Call(participants: participants, target: "{embedded: {ways: [\(words)]}}")
        call.more = "network: {\(network)}"
        call.behaviour.ways = ways
        call.behaviour.blocksUDP = blocksUDP
        return call
    }

    /// Everybody got in by this way, and saw and heard everybody.
    private func expectGood(_ record: CallRecord, _ path: String, isIPv6: Bool = false) {
        #expect(record.endedByItself)
        for failure in record.failures { Issue.record("\(failure)") }
        for outcome in record.outcomes {
            #expect(outcome.path == PathTaken(path: path, isIPv6: isIPv6))
            #expect(outcome.tracksExpected > 0 && outcome.tracksReceived == outcome.tracksExpected)
            #expect(outcome.video.framesRendered > 100)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.audio.packets.received > 100)
        }
        #expect(record.audio.packets.lost == 0 && record.video.packets.lost == 0)
        #expect(record.mostRoundsPerInstant < 100)
    }

    @Test func udpIsTakenWhereItWorks() throws {
        expectGood(try call([.udp, .tcp, .turn]).run(), "udp")
    }

    @Test func tcpAloneIsEnough() throws {
        expectGood(try call([.tcp]).run(), "tcp")
    }

    /// UDP is announced and dead: the page finds out by itself, without waiting for UDP to time out.
    @Test func deadUDPFallsBackOnTCP() throws {
        let record = try call([.udp, .tcp, .turn], blocksUDP: true).run()
        expectGood(record, "tcp")
        for outcome in record.outcomes {
            let ice = try #require(outcome.join[.ice])
            #expect(ice < .seconds(1.0))
        }
    }

    @Test func deadUDPWithoutTCPFallsBackOnTURN() throws {
        expectGood(try call([.udp, .turn], blocksUDP: true).run(), "turn-tcp")
    }

    @Test(arguments: ["turn-udp", "turn-tcp", "turn-tls"])
    func everyWayThroughTURNCarriesACall(path: String) throws {
        let record = try call([.udp, .tcp, .turn], network: "all: {path: \(path)}").run()
        expectGood(record, path)
    }

    @Test func relaysArePreferredByTheirTransport() throws {
        expectGood(try call([.udp, .tcp, .turn], network: "all: {path: relay}").run(), "turn-udp")
    }

    @Test(arguments: [("no-udp", "tcp"), ("only-tls", "turn-tls")])
    func firewallsOfANetworkAreGotThrough(firewall: String, path: String) throws {
        let record = try call([.udp, .tcp, .turn], network: "all: {firewall: \(firewall)}").run()
        expectGood(record, path)
    }

    @Test(arguments: [("any", true), ("v6", true), ("v4", false)])
    func ipv6IsPreferredAndMayBeForced(ip: String, isIPv6: Bool) throws {
        expectGood(
            try call([.udp, .tcp, .ipv6], network: "all: {ip: \(ip)}").run(), "udp", isIPv6: isIPv6)
    }

    @Test func tcpWorksOverIPv6() throws {
        expectGood(
            try call([.udp, .tcp, .ipv6], network: "all: {path: tcp, ip: v6}").run(), "tcp", isIPv6: true)
    }

    @Test(arguments: ["udp", "tcp", "turn-udp", "turn-tls"])
    func liteServersAreReachedByEveryWay(path: String) throws {
        var call = call([.udp, .tcp, .turn], network: "all: {path: \(path)}")
        call.isICELite = true
        expectGood(try call.run(), path)
    }

    @Test(arguments: ["tcp", "turn-tls"])
    func bothConnectionsOfTheOlderModeTakeIt(path: String) throws {
        var call = call([.udp, .tcp, .turn], network: "all: {path: \(path)}")
        call.target = "{embedded: {ways: [udp, tcp, turn]}, signalling: dual}"
        expectGood(try call.run(), path)
    }

    @Test func networksMixByTheirShares() throws {
        let record = try call(
            [.udp, .tcp, .turn],
            network:
                "fibre: {share: 50%}, vpn: {share: 25%, firewall: no-udp}, hotel: {share: rest, path: turn-tls}",
            participants: 8
        ).run()
        #expect(record.failures.isEmpty)
        var paths: [String: Int] = [:]
        for outcome in record.outcomes { paths[outcome.path?.path ?? "none", default: 0] += 1 }
        #expect(paths == ["udp": 4, "tcp": 2, "turn-tls": 2])
        #expect(record.outcomes.allSatisfy { $0.tracksReceived == $0.tracksExpected })
    }

    /// LiveKit may tell a participant to use relays alone after its other ways broke.
    @Test func theServerMayForceRelays() throws {
        var call = call([.udp, .tcp, .turn])
        call.behaviour.forcesRelay = true
        expectGood(try call.run(), "turn-udp")
    }

    /// A relay outlives permissions and channels, and nonces that grow old on the way.
    @Test func longCallsKeepTheirRelays() throws {
        var call = call([.udp, .turn], network: "all: {path: turn-udp}", participants: 2)
        call.role = "microphone: conversation"
        call.phases = "[{arrive: {storm: 1s}}, {hold: 700s}, {leave: {over: 1s}}]"
        call.behaviour.relayNonceLifetime = .seconds(100)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.audio.packets.lost == 0)
        #expect(record.outcomes.allSatisfy { $0.path?.path == "turn-udp" })
    }

    @Test(arguments: [401, 403, 486, 508])
    func aRelayThatRefusesIsNamed(code: Int) throws {
        var call = call(
            [.udp, .tcp, .turn], network: "good: {share: 67%}, bad: {share: rest, path: turn-tcp}")
        call.behaviour.relayRefusal = code
        let record = try call.run()
        #expect(record.endedByItself)
        #expect(record.failures.count == 1)
        let (index, failure) = try #require(record.failures.first)
        #expect(record.plan.networks[record.plan.participants[index].network ?? 0].name == "bad")
        #expect(failure.stage == .ice)
        #expect(failure.cause.contains("TURN over TCP"))
        #expect(failure.cause.contains(code == 401 ? "credentials" : "\(code)"))
        // The others do not suffer.
        for outcome in record.outcomes where outcome.participant != index {
            #expect(outcome.path?.path == "udp")
            #expect(outcome.video.framesRendered > 100)
        }
    }

    /// The server has no TURN, but the network needs it: told by name, soon, and for that one alone.
    @Test func aMissingRelayIsNamed() throws {
        var call = call([.udp, .tcp, .turn], network: "all: {path: turn-tls}")
        call.behaviour.ways = [.udp, .tcp]
        let record = try call.run()
        #expect(record.failures.count == 3)
        for failure in record.failures.values {
            #expect(failure.stage == .ice)
            #expect(failure.cause.contains("LiveKit names no TURN server"))
        }
    }

    @Test func lossOnTheWayDelaysStreamsAndLosesNothing() throws {
        var call = call([.tcp])
        call.network.down.loss = .random(0.02)
        call.network.up.loss = .random(0.02)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.audio.packets.lost == 0 && record.video.packets.lost == 0)
        #expect(record.outcomes.allSatisfy { $0.path?.path == "tcp" })
    }

    /// The same on an emulated access network: media over TCP waits, and loses nothing.
    @Test(arguments: ["tcp", "turn-tls"])
    func anAccessNetworkDelaysStreams(path: String) throws {
        let network = "all: {path: \(path), delay: 30ms, down: {delay: 50ms, loss: 2%}}"
        let record = try call([.udp, .tcp, .turn], network: network).run()
        #expect(record.failures.isEmpty)
        #expect(record.audio.packets.lostBeforeRepair == 0 && record.video.packets.lostBeforeRepair == 0)
        #expect(record.audio.packets.reordered == 0 && record.video.packets.reordered == 0)
        let delay = try #require(record.video.meanDelayMilliseconds)
        #expect(delay > 82.5 && delay < 120)
        for outcome in record.outcomes {
            #expect(outcome.path?.path == path)
            let emulated = try #require(outcome.emulated)
            #expect(emulated.down.lost > 5)
            #expect(emulated.down.entered == emulated.down.delivered + emulated.down.lost)
            #expect(emulated.up.lost == 0)
        }
    }

    /// TCP takes a round trip before ICE can ask for the first time, and TLS another; TURN asks twice for a relay, once
    /// for a permission.
    @Test func openingStreamsTakesRoundTrips() throws {
        func time(_ path: String, _ delay: String) throws -> Double {
            let record = try call([.udp, .tcp, .turn], network: "all: {path: \(path), delay: \(delay)}").run()
            let join = try record.outcome(of: 0).join
            return try #require(join[.ice]).milliseconds - (try #require(join[.signalling])).milliseconds
        }
        let rounds = try ["udp", "tcp", "turn-udp", "turn-tcp", "turn-tls"].map { path in
            Int(((try time(path, "100ms") - time(path, "50ms")) / 100).rounded())
        }
        #expect(rounds == [2, 3, 5, 6, 7])
    }

    /// Every way is found again by new sockets, streams and relays, however often.
    @Test(arguments: ["udp", "tcp", "turn-udp", "turn-tcp", "turn-tls"])
    func anotherNetworkTakesTheSameWay(path: String) throws {
        let moments = stride(from: 4, to: 34, by: 3).map { "at \($0)s" }
        var call = call([.udp, .tcp, .turn], network: "all: {path: \(path)}")
        call.role += ", network-change: [\(moments.joined(separator: ", "))]"
        call.phases = "[{arrive: {storm: 1s}}, {hold: 36s}, {leave: {over: 1s}}]"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.server.joins == 3)
        #expect(record.batch.losses.count == 3 * moments.count)
        for loss in record.batch.losses {
            #expect(loss.outcome == .resumed && loss.attempts == 1)
            #expect(try #require(loss.recovery) < .milliseconds(500))
        }
        for outcome in record.outcomes {
            #expect(outcome.end == .left && outcome.path?.path == path)
            #expect(outcome.tracksReceived == 4 && outcome.video.stalledMilliseconds == 0)
        }
    }

    /// New sessions get credentials of their own.
    @Test(arguments: ["tcp", "turn-udp", "turn-tls"], [SignallingMode.single, .dual])
    func aNewSessionTakesTheSameWay(path: String, mode: SignallingMode) throws {
        var call = call([.udp, .tcp, .turn], network: "all: {path: \(path)}")
        call.target = "{embedded: {ways: [udp, tcp, turn]}, signalling: \(mode.rawValue)}"
        call.behaviour.leaves = [.init(at: .seconds(5), action: .reconnect)]
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.server.joins == 6)
        #expect(record.batch.losses.count == 3)
        #expect(record.batch.losses.allSatisfy { $0.outcome == .restarted && $0.attempts == 1 })
        #expect(record.outcomes.allSatisfy { $0.path?.path == path && $0.tracksReceived == 8 })
    }

    /// Silence on a way through TCP or a relay is found out, and another connection or relay is opened.
    ///
    /// Not over TURN and TCP: the server forgets what it hears in a blackout, which TCP would have kept for later.
    @Test(arguments: ["tcp", "turn-udp"])
    func aBlackoutIsSurvived(path: String) throws {
        var call = call([.udp, .tcp, .turn], network: "all: {path: \(path)}")
        call.behaviour.blackout = TimeSpan(start: .seconds(5), end: .seconds(25))
        call.phases = "[{arrive: {storm: 1s}}, {hold: 40s}, {leave: {over: 1s}}]"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.count == 3)
        #expect(record.batch.losses.allSatisfy { $0.recovery.map { $0 < .seconds(20) } ?? false })
        #expect(record.outcomes.allSatisfy { $0.path?.path == path })
    }

    @Test func theSameNetworksGiveTheSameCall() throws {
        func dump() throws -> String {
            var call = call(
                [.udp, .tcp, .turn],
                network: "a: {share: 50%, path: turn-udp}, b: {share: rest, firewall: no-udp}",
                participants: 4)
            call.network.down.loss = .random(0.01)
            var text = ""
            Swift.dump(try call.run().batch, to: &text)
            return text
        }
        #expect(try dump() == (try dump()))
    }
}
