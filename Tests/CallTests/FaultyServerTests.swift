import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Testing

@Suite("Calls whose server has a fault")
struct FaultyServerTests {
    /// The server stops in the middle of the call: everybody notices, nobody hangs, and what was measured stays.
    @Test func silenceEndsTheCallWithACause() throws {
        var call = Call(phases: "[{arrive: {storm: 1s}}, {hold: 60s}, {leave: {over: 1s}}]")
        call.behaviour.silentFrom = .seconds(8)
        let record = try call.run()
        #expect(record.endedByItself)
        #expect(record.failures.count == 3)
        for failure in record.failures.values {
            #expect(failure.stage == .call)
            #expect(!failure.cause.isEmpty)
        }
        for outcome in record.outcomes {
            #expect(outcome.video.framesRendered > 100)
            #expect(outcome.video.stalledMilliseconds > 1000)
            // They try to come back as long as they were to stay; two more for the handshake nobody answers.
            let ended = try #require(outcome.endedAt)
            #expect((61...66).contains(ended.seconds))
        }
        #expect(record.batch.losses.count == 3)
        #expect(record.batch.losses.allSatisfy { $0.outcome == .lost && $0.recovery == nil })
        #expect(record.mostRoundsPerInstant < 50)
    }

    /// The room takes two; the third is told, and the other two do not suffer.
    @Test func aFullRoomIsToldWithItsCode() throws {
        var call = Call()
        call.behaviour.maximumPerRoom = 2
        let record = try call.run()
        #expect(record.endedByItself)
        #expect(record.failures.count == 1)
        let failure = try #require(record.failures.values.first)
        #expect(failure.stage == .webSocket)
        #expect(failure.code == 500)
        #expect(failure.cause.contains("500"))
        #expect(record.server.refusedJoins == 1)
        #expect(record.outcomes.count { $0.end == .left } == 2)
        #expect(record.outcomes.count { $0.tracksReceived == 2 } == 2)
    }

    /// A full deployment answers 503.
    @Test func aFullDeploymentIsTold() throws {
        var call = Call()
        call.behaviour.maximumParticipants = 1
        let record = try call.run()
        #expect(record.failures.count == 2)
        #expect(record.failures.values.allSatisfy { $0.code == 503 && $0.stage == .webSocket })
    }

    /// Every camera stands still for two seconds: one freeze for each viewer and camera, that long give or take a frame.
    @Test func frozenSendersAreSeen() throws {
        var call = Call()
        call.behaviour.frozenSender = EmbeddedConfiguration.FrozenSender(
            first: .seconds(6), every: .seconds(60), duration: .seconds(2))
        let record = try call.run()
        for outcome in record.outcomes {
            #expect(outcome.video.freezes == 2)
            // Two cameras at 20 frames per second: a frame is 50 ms.
            let frozen = Double(outcome.video.frozenMilliseconds) / 2
            // From the last frame before to the first one after it: the time itself, and a part of a frame.
            #expect((1999...2051).contains(frozen))
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.audio.missed == 0)
        }
        #expect(record.server.packetsWithheld > 0)
        // Seconds add up to the same time of standing still, whenever it was noticed.
        let still = record.batch.cohorts.reduce(0) {
            $0 + $1.video.frozenMilliseconds + $1.video.stalledMilliseconds
        }
        #expect(still == record.video.frozenMilliseconds)
    }

    /// A server that forwards less than comes in loses packets, and that is visible.
    @Test func aServerAtItsLimitLosesPackets() throws {
        var call = Call(participants: 4)
        call.behaviour.maximumForwardedPerSecond = 200
        let record = try call.run()
        #expect(record.server.packetsWithheld > 500)
        #expect(record.video.packets.lost + record.audio.packets.lost > 200)
    }
}
