import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Testing

@Suite("Calls with two peer connections each")
struct DualConnectionTests {
    /// Everything that holds for one connection holds for two.
    private func expectHealthy(_ record: CallRecord) throws {
        #expect(record.endedByItself)
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            #expect(outcome.malformed.isEmpty)
            for stage in JoinTimeline.Stage.ofGuests { #expect(outcome.join[stage] != nil, "\(stage)") }
            #expect(outcome.tracksExpected == 4)
            #expect(outcome.tracksReceived == 4)
            #expect(outcome.video.freezes == 0 && outcome.video.packets.lost == 0)
            #expect(outcome.audio.missed == 0 && outcome.audio.packets.lost == 0)
            #expect(outcome.sentPackets > 0)
        }
        #expect(record.server.strayDatagrams == 0)
        #expect(record.server.participants == 0)
        #expect(record.video.meanDelayMilliseconds == 2)
        #expect(record.mostRoundsPerInstant < 50)
    }

    @Test func twoConnectionsCarryWhatOneDoes() throws {
        var call = Call()
        call.target = "{embedded: {}, signalling: dual}"
        let record = try call.run()
        try expectHealthy(record)
        #expect(record.upward.count == 6, "a socket for each connection")
    }

    /// An older server answers 404 to `/rtc/v1`: the page asks why, and comes in by `/rtc`.
    @Test func anOlderServerIsJoinedAllTheSame() throws {
        var call = Call()
        call.behaviour.signalling = .dual
        let record = try call.run()
        try expectHealthy(record)
        #expect(record.server.refusedJoins == 0)
        #expect(record.batch.events.count { $0.text.contains("no single peer connection") } == 3)
    }

    /// Who insists on one connection fails at a server that knows only two, and is told why.
    @Test func insistingOnOneConnectionFailsThere() throws {
        var call = Call()
        call.target = "{embedded: {}, signalling: single}"
        call.behaviour.signalling = .dual
        let record = try call.run()
        #expect(record.failures.count == 3)
        #expect(record.failures.values.allSatisfy { $0.stage == .webSocket && $0.code == 404 })
    }

    /// Both modes in one room see and hear each other.
    @Test func messagesGoBothWays() throws {
        var call = Call(role: "microphone: conversation, camera: vp8-simulcast, reactions: 1/s")
        call.target = "{embedded: {}, signalling: dual}"
        let record = try call.run()
        try expectHealthy(record)
        for outcome in record.outcomes { #expect(outcome.dataMessages > 15) }
    }

    /// Lost packets are repaired on the server's own connection as on the shared one.
    @Test func lossIsRepaired() throws {
        var call = Call()
        call.target = "{embedded: {}, signalling: dual}"
        call.behaviour.lossRate = 0.02
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.video.packets.lostBeforeRepair > 20)
        #expect(record.video.packets.repaired > record.video.packets.lostBeforeRepair * 9 / 10)
    }

    /// A late joiner gets everybody's tracks in the first offer; leavers' sections are used again.
    @Test func comingAndGoing() throws {
        var call = Call(participants: 5)
        call.target = "{embedded: {}, signalling: dual}"
        let record = try call.run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .seconds(13))
            }
            plan.participants[1].presence.end = .seconds(4)
            plan.participants[2].presence.start = .seconds(5)
            plan.participants[3].presence.start = .seconds(9)
        }
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes { #expect(outcome.tracksReceived == outcome.tracksExpected) }
        #expect(try record.outcome(of: 0).video.freezes == 0)
        #expect(try record.outcome(of: 3).tracksReceived == 6)
    }
}
