import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Calls over paths that delay, reorder and duplicate")
struct DisorderedCallTests {
    /// Datagrams that overtake each other are all there in the end: no loss may be counted.
    @Test func reorderingIsNoLoss() throws {
        var call = Call()
        call.network.down.reordering = 0.02
        call.network.down.reorderingDelay = .milliseconds(8 as Int64)
        let record = try call.run()
        #expect(record.downward.reduce(0) { $0 + $1.reordered } > 50)
        #expect(record.video.packets.reordered > 0)
        for packets in [record.audio.packets, record.video.packets] {
            #expect(packets.lost == 0)
            #expect(packets.received == packets.expected)
        }
        #expect(record.audio.missed == 0)
        #expect(record.video.freezes == 0)
        #expect(record.video.framesSkipped == 0)
    }

    @Test func duplicatesAreCountedAndIgnored() throws {
        var call = Call()
        call.network.down.duplication = 0.1
        let record = try call.run()
        let copies = record.downward.reduce(0) { $0 + $1.duplicated }
        #expect(copies > 200)
        for outcome in record.outcomes {
            for packets in [outcome.audio.packets, outcome.video.packets] {
                #expect(packets.received == packets.expected)
                #expect(packets.lostBeforeRepair == 0)
            }
            #expect(outcome.video.framesSkipped == 0)
            // SRTP throws copies away before anybody can count them as media.
            #expect(outcome.malformed.isEmpty)
        }
    }

    /// The server holds everything back by 100 ms: the delay must come out to the millisecond.
    @Test func addedDelayIsMeasuredExactly() throws {
        var call = Call()
        call.behaviour.addedDelay = .milliseconds(100)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.video.meanDelayMilliseconds == 102)
        #expect(record.audio.meanNetworkDelayMilliseconds == 102)
        let plain = try #require(try Call().run().audio.meanPlayoutDelayMilliseconds)
        let delayed = try #require(record.audio.meanPlayoutDelayMilliseconds)
        // The player changes its offset in steps of 2 ms.
        #expect(abs(delayed - plain - 100) < 2)
        #expect(record.video.packets.lost == 0)
        let roundTrips = record.batch.participants.compactMap(\.roundTripMilliseconds)
        #expect(!roundTrips.isEmpty)
        #expect(roundTrips.allSatisfy { abs($0 - 102) < 1 })
    }

    /// Uniform jitter of up to 40 ms: half of it is the mean, and the RFC 3550 estimate lies in its range.
    @Test func jitterIsMeasuredAndPlayedOut() throws {
        var call = Call(role: "microphone: monologue, camera: vp8-simulcast")
        call.network.down.jitter = .uniform(maximum: .milliseconds(40 as Int64))
        call.network.down.keepsOrder = false
        let record = try call.run()
        let delay = try #require(record.audio.meanNetworkDelayMilliseconds)
        #expect(abs(delay - 22) < 1.5)
        let jitters = record.batch.participants.compactMap(\.jitterMilliseconds)
        // The mean difference of two uniform delays is a third of their range.
        #expect(jitters.contains { (8...20).contains($0) })
        #expect(record.audio.packets.lost == 0)
        #expect(Double(record.audio.missed) < 0.01 * Double(record.audio.turns))
    }
}
