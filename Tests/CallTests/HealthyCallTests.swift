import EmbeddedVisio
import Primitives
import Probe
import Testing

@Suite("A call without any fault")
struct HealthyCallTests {
    static let record = Result { try Call(participants: 4).run() }

    @Test func everybodyComesInAndLeaves() throws {
        let record = try Self.record.get()
        #expect(record.endedByItself)
        #expect(record.outcomes.count == 4)
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            #expect(outcome.malformed.isEmpty)
            for stage in JoinTimeline.Stage.ofGuests { #expect(outcome.join[stage] != nil, "\(stage)") }
            #expect(outcome.tracksExpected == 6)
            #expect(outcome.tracksReceived == 6)
        }
    }

    @Test func nothingIsLostAndNothingFreezes() throws {
        let record = try Self.record.get()
        for outcome in record.outcomes {
            for packets in [outcome.audio.packets, outcome.video.packets] {
                #expect(packets.received > 0)
                #expect(packets.received == packets.expected)
                #expect(packets.lostBeforeRepair == 0)
                #expect(packets.lost == 0)
                #expect(packets.duplicates == 0)
                #expect(packets.reordered == 0)
            }
            #expect(outcome.audio.missed == 0)
            #expect(outcome.audio.concealedMilliseconds == 0)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.stalledMilliseconds == 0)
            #expect(outcome.retransmissions == 0)
        }
        #expect(record.server.strayDatagrams == 0)
        #expect(record.server.packetsWithheld == 0)
    }

    /// One millisecond up, one down, and no other delay: arithmetic, not measurement.
    @Test func delayIsThatOfThePath() throws {
        let record = try Self.record.get()
        #expect(record.video.meanDelayMilliseconds == 2)
        #expect(record.audio.meanNetworkDelayMilliseconds == 2)
        for delays in record.batch.delays where [.audioNetwork, .video].contains(delays.quantity) {
            #expect(delays.cells.map(\.microseconds) == [2000])
        }
    }

    @Test func soundIsAsGoodAsTheCodecAllows() throws {
        let record = try Self.record.get()
        let rating = try #require(
            record.audio.rating(codec: OpusImpairment(bitrate: 48_000, inbandFEC: false)))
        // R0 129 less Ie 3.7 for the codec and what little Idd costs above 100 ms.
        #expect((120...125.3).contains(rating))
        #expect(EModel.wideband(mosOf: rating) > 4.3)
        let delay = try #require(record.audio.meanPlayoutDelayMilliseconds)
        #expect((20...102).contains(delay))
    }

    @Test func picturesComeAtTheCameraRate() throws {
        let record = try Self.record.get()
        let rate = try #require(record.video.frameRate)
        #expect((19.5...20.01).contains(rate))
        #expect(record.video.recognised == record.video.framesRendered)
        #expect(try #require(record.video.meanPSNR) > 25)
    }
}
