import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing

@Suite("Calls over access networks")
struct AccessNetworkTests {
    private static func call(_ network: String, participants: Int = 3) -> Call {
        Call(participants: participants, more: "network: {far: {\(network)}}")
    }

    /// Up, through the server's own two milliseconds, and down again: arithmetic, not measurement.
    @Test func delayIsThatOfBothLinksAndThePath() throws {
        let record = try Self.call("up: {delay: 30ms}, down: {delay: 50ms}").run()
        #expect(record.failures.isEmpty)
        #expect(record.video.meanDelayMilliseconds == 82)
        #expect(record.audio.meanNetworkDelayMilliseconds == 82)
        for delays in record.batch.delays where [.audioNetwork, .video].contains(delays.quantity) {
            #expect(delays.cells.allSatisfy { (82_000...82_100).contains($0.microseconds) })
        }
        for outcome in record.outcomes {
            let emulated = try #require(outcome.emulated)
            #expect(emulated.up.entered == emulated.up.delivered)
            #expect(emulated.down.entered > 1000)
        }
    }

    /// Every request is a round trip, and the first one more for TCP; the WebSocket takes one for TCP and one for its
    /// upgrade.
    @Test func joiningTakesTheRoundTripsThatItHas() throws {
        let near = try Self.call("loss: 0%").run().outcome(of: 0).join
        let far = try Self.call("delay: 50ms").run().outcome(of: 0).join
        func added(_ stage: JoinTimeline.Stage) throws -> Double {
            try #require(far[stage]).milliseconds - (try #require(near[stage]).milliseconds)
        }
        let api = try added(.api)
        #expect(api >= 199 && api.remainder(dividingBy: 100).magnitude < 1, "\(api)")
        #expect(abs(try added(.webSocket) - api - 200) < 1)
    }

    @Test func lossIsExactlyWhatTheLinkLost() throws {
        var call = Self.call("down: {loss: 4%}", participants: 4)
        call.role = "microphone: monologue, camera: vp8-simulcast"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            let down = try #require(outcome.emulated).down
            #expect(down.entered == down.delivered + down.lost)
            let packets = outcome.video.packets.lostBeforeRepair + outcome.audio.packets.lostBeforeRepair
            let expected = outcome.video.packets.expected + outcome.audio.packets.expected
            // Besides media, retransmissions and reports take the link and are lost on it.
            let share = Double(down.lost) / Double(down.entered)
            #expect(abs(Double(packets) / Double(expected) - share) < 0.008)
            #expect(packets <= down.lost)
            #expect(outcome.video.packets.lost <= outcome.video.packets.expected / 500)
        }
    }

    @Test func anOutageStopsThePictureAndIsSurvived() throws {
        var call = Self.call("outage: from 6s to 9s", participants: 2)
        call.phases = "[{arrive: {storm: 1s}}, {hold: 16s}, {leave: {over: 1s}}]"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            let emulated = try #require(outcome.emulated)
            #expect(emulated.up.lostInOutages > 100)
            #expect(emulated.down.lostInOutages > 0)
            #expect(outcome.video.freezes == 1)
            #expect((3000...4500).contains(outcome.video.frozenMilliseconds))
        }
    }

    /// A rate below that of the layers fills the queue first and loses then.
    @Test func aNarrowLinkDelaysAndDrops() throws {
        let wide = try Self.call("delay: 10ms", participants: 4).run()
        let narrow = try Self.call(
            "delay: 10ms, down: {rate: 600kbit/s, queue: 200ms, delay: 10ms}", participants: 4
        )
        .run()
        let overflowed = narrow.outcomes.reduce(0) { $0 + ($1.emulated?.down.overflowed ?? 0) }
        #expect(overflowed > 100)
        let before = try #require(wide.video.meanDelayMilliseconds)
        let after = try #require(narrow.video.meanDelayMilliseconds)
        #expect(after > before + 100)
    }

    @Test func duplicatesAndReorderingAreCounted() throws {
        let record = try Self.call("down: {duplicate: 2%, reorder: 1%}").run()
        let packets = record.video.packets
        let doubled = record.outcomes.reduce(0) { $0 + ($1.emulated?.down.duplicated ?? 0) }
        #expect(doubled > 50)
        #expect(packets.duplicates > 20)
        #expect(packets.duplicates + record.audio.packets.duplicates <= doubled)
        #expect(packets.reordered > 10)
        #expect(packets.lost == 0)
    }

    /// Only who is behind the network has its delay, and those who see and hear him.
    @Test func everyRoleHasItsOwnNetwork() throws {
        var call = Call(
            participants: 3, guestRole: "microphone: off, network: far", guests: 1,
            more: "network: {far: {delay: 60ms}, near: {share: 100%}}")
        call.role = "microphone: conversation, camera: vp8-simulcast"
        let record = try call.run()
        for outcome in record.outcomes {
            let isFar = record.plan.participants[outcome.participant].role == "guest"
            #expect(outcome.video.meanDelayMilliseconds == (isFar ? 62 : 2))
            #expect((outcome.emulated != nil) == isFar)
        }
    }

    @Test func aSeedGivesTheSameCallAgain() throws {
        let call = Self.call("delay: 20ms, jitter: {mean: 8ms, spread: pareto}, loss: {burst: 2%, length: 3}")
        let (first, second) = (try call.run(), try call.run())
        #expect(first.outcomes.map(\.video) == second.outcomes.map(\.video))
        #expect(first.outcomes.map(\.audio) == second.outcomes.map(\.audio))
        var other = call
        other.seed += 1
        #expect(try other.run().outcomes.map(\.video) != first.outcomes.map(\.video))
    }

    @Test func farewellsArriveFromBehindTheNetwork() throws {
        let record = try Self.call("delay: 200ms").run()
        #expect(record.endedByItself)
        #expect(record.outcomes.allSatisfy { $0.end == .left })
        #expect(record.server.participants == 0)
    }
}
