import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Testing

@Suite("Participants who change networks, reload, and close tabs")
struct ConnectionChangeTests {
    /// New sockets, a new WebSocket, and ICE finds the way: the session goes on after a short gap.
    @Test(arguments: [SignallingMode.single, .dual])
    func anotherNetworkIsNoNewSession(mode: SignallingMode) throws {
        var call = ResumeTests.call(mode)
        call.role += ", network-change: at 8s"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.server.joins == 3)
        #expect(record.batch.losses.count == 3)
        for loss in record.batch.losses {
            #expect(loss.cause == .network && loss.outcome == .resumed && loss.attempts == 1)
            #expect(loss.at == .seconds(8))
            #expect(try #require(loss.recovery) < .milliseconds(500))
        }
        #expect(record.upward.count == (mode == .single ? 6 : 12), "every socket was replaced")
        for outcome in record.outcomes {
            #expect(outcome.end == .left && outcome.tracksReceived == 4)
            #expect(outcome.video.framesRendered > 2 * 20 * 18)
            #expect(outcome.video.stalledMilliseconds == 0)
        }
    }

    /// Moments by rate are drawn from the seed, for each participant its own.
    @Test func ratesAreDrawnFromTheSeed() throws {
        var call = ResumeTests.call(.auto, hold: "60s")
        call.role += ", network-change: 4/min"
        let plan = try call.plan()
        let moments = plan.participants.map { $0.changes.map(\.at) }
        #expect(moments.flatMap { $0 }.count > 4)
        #expect(Set(moments).count == 3, "not all at once")
        #expect(try call.plan() == plan)
        call.seed = 8
        #expect(try call.plan().participants.map { $0.changes.map(\.at) } != moments)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.allSatisfy { $0.cause == .network })
    }

    @Test func aReloadIsANewParticipantForTheOthers() throws {
        var call = ResumeTests.call(.auto)
        call.guests = 1
        call.guestRole = "microphone: monologue, camera: vp8-simulcast, reload: [at 6s, at 12s]"
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.map(\.outcome) == [.rejoined, .rejoined])
        #expect(record.server.joins == 5)
        for outcome in record.outcomes { #expect(outcome.tracksReceived == outcome.tracksExpected) }
        let story = record.batch.events.filter { $0.kind == .joining }
        #expect(story.count == 5)
    }

    /// A closed tab says nothing: the server finds out by its silence, and the others watch a picture that stands still.
    @Test(arguments: [SignallingMode.single, .dual])
    func aClosedTabIsFoundOut(mode: SignallingMode) throws {
        var call = ResumeTests.call(mode, hold: "40s")
        call.guests = 1
        call.guestRole = "microphone: monologue, camera: vp8-simulcast, close-tab: at 6s"
        let record = try call.run()
        #expect(record.failures.isEmpty && record.batch.losses.isEmpty)
        let guest = try #require(record.plan.participants.first { $0.role == "guest" })
        let gone = try record.outcome(of: guest.index)
        #expect(gone.end == .left && gone.endedAt == .seconds(6))
        for outcome in record.outcomes where outcome.participant != guest.index {
            // Ten seconds until the server misses it, five more until it gives up, five to come back.
            #expect(outcome.video.framesRendered > 0)
        }
        #expect(record.server.participants == 0)
        #expect(record.endedByItself)
    }
}
