import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing

@Suite("What hosts do to others")
struct ModerationTests {
    /// A host and three guests who talk; everybody is in from the start.
    private static func run(
        _ deeds: String, role: String = "microphone: monologue", hold: Int = 18
    ) throws -> CallRecord {
        let call = Call(
            participants: 4, role: role, guestRole: "login: owner, microphone: muted, moderates: {\(deeds)}",
            guests: 1, phases: "[{arrive: {storm: 1s}}, {hold: \(hold)s}, {leave: {over: 1s}}]")
        return try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
    }

    /// One microphone closes, everybody sees it, its owner opens it again ten seconds later.
    @Test func somebodyIsMuted() throws {
        let record = try Self.run("mute: at 4s")
        #expect(try record.deeds(.mute, of: 0).done == 1)
        let story = record.batch.events.filter { $0.kind == .muted }
        #expect(story.count == 2)
        let muted = try #require(story.first)
        #expect((4.0...4.01).contains(muted.at.seconds))
        #expect((14.0...14.02).contains(try #require(story.last).at.seconds))
        // The other two, and the one who was muted.
        #expect(record.noticed(.mute).count == 3)
        #expect((3.9...6).contains(record.noticed(.mute).mean))
        for index in 1..<4 {
            let mute = try record.deeds(.mute, of: index)
            #expect(mute.expected == 1)
            #expect(mute.seen == 1)
        }
        // Who was muted is told so by the host's page.
        let target = try #require(muted.participant)
        #expect(try record.outcome(of: target).dataMessages == 1)
    }

    /// "Mute everybody" is one request for each open microphone.
    @Test func everybodyIsMuted() throws {
        let record = try Self.run("mute-all: at 4s", hold: 8)
        #expect(record.accessLog.count { $0.hasSuffix("/mute-participant/") } == 3)
        #expect(try record.deeds(.mute, of: 0).due == 3)
        #expect(record.noticed(.mute).count == 9)
        let sound = record.batch.cohorts.filter { $0.second == 6 }.reduce(0) {
            $0 + $1.audio.packets.received
        }
        #expect(sound <= 4 * 3 * 4, "nothing but comfort noise")
    }

    /// Who is sent away is gone for everybody; that is an end and no failure.
    @Test func somebodyIsSentAway() throws {
        let record = try Self.run("remove: at 5s")
        #expect(record.failures.isEmpty)
        let removed = record.outcomes.filter { $0.end == .removed }
        #expect(removed.count == 1)
        let ended = try #require(removed.first?.endedAt?.seconds)
        #expect((5.0...5.01).contains(ended))
        // The other two, and the one who had to go.
        #expect(record.noticed(.kick).count == 3)
        #expect((3.9...6).contains(record.noticed(.kick).mean))
        #expect(record.outcomes.count { $0.end == .left } == 3)
        #expect(record.server.participants == 0)
        for outcome in record.outcomes where outcome.end == .left { #expect(outcome.video.freezes == 0) }
    }

    /// The room is changed and then every guest; what they may no longer send is gone.
    @Test func sourcesAreRestricted() throws {
        let record = try Self.run("restrict: {microphone: from 5s to 9s}", hold: 12)
        #expect(record.accessLog.count { $0.hasPrefix("PATCH") } == 2)
        #expect(record.accessLog.count { $0.hasSuffix("/update-participant/") } == 6)
        #expect(try record.deeds(.restrict, of: 0).done == 2)
        func sound(_ second: Int) -> UInt64 {
            record.batch.cohorts.filter { $0.second == second }.reduce(0) { $0 + $1.audio.packets.received }
        }
        #expect(sound(3) > 100)
        #expect(sound(6) <= 3 * 4, "nothing but comfort noise of the host")
        // The guests are told by the server each time, and by the host's page once.
        for index in 1..<4 {
            let restriction = try record.deeds(.restrict, of: index)
            #expect(restriction.expected == 2 && restriction.seen == 2)
        }
        for index in 1..<4 { #expect(try record.outcome(of: index).dataMessages == 1) }
        #expect(record.failures.isEmpty)
    }

    /// Without anybody to do it to, nothing is due.
    @Test func aLonelyHostDoesNothing() throws {
        let call = Call(
            participants: 1,
            guestRole: "login: owner, moderates: {mute: at 3s, mute-all: at 4s, remove: at 5s}",
            guests: 1)
        let record = try call.run()
        #expect(try record.outcome(of: 0).interactions.isEmpty)
        #expect(record.failures.isEmpty)
    }
}
