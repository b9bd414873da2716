import EmbeddedVisio
import LoadGen
import Primitives
import Probe
import Scenario
import Simulation
import Testing

@Suite("Who comes, goes, and mutes")
struct PresenceTests {
    /// Somebody who comes when the others have long been talking hears and sees them within a second.
    @Test func aLateJoinerSeesEverybody() throws {
        let record = try Call(participants: 4).run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
            plan.participants[3].presence.start = .seconds(8)
        }
        let late = try record.outcome(of: 3)
        #expect(late.end == .left)
        #expect(late.tracksReceived == 6)
        let firstVideo = try #require(late.join[.firstVideo])
        #expect(firstVideo < .seconds(1))
        // The whole picture of every camera, from a key frame on.
        #expect(late.video.keyFrames >= 3)
        #expect(late.video.framesSkipped == 0)
        #expect(late.video.freezes == 0)
        // And everybody sees the late one.
        for index in 0..<3 { #expect(try record.outcome(of: index).tracksReceived == 6) }
    }

    /// Who has left is missed by nobody: no freeze, no stall, no loss.
    @Test func aLeaverIsNoFreeze() throws {
        let record = try Call(participants: 4).run { plan in
            plan.participants[0].presence.end = .seconds(5)
            plan.participants[1].presence.end = .seconds(7)
        }
        #expect(record.outcomes.allSatisfy { $0.end == .left })
        #expect(try record.outcome(of: 0).endedAt?.seconds ?? 0 < 5.1)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == 6)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.stalledMilliseconds == 0)
            #expect(outcome.video.packets.lost == 0)
        }
        // The two who stay watch fewer pictures in the end.
        let last = record.batch.cohorts.filter { $0.second == 10 }
        #expect(last.reduce(0) { $0 + $1.connected } == 2)
        let frames = last.reduce(0) { $0 + $1.video.framesRendered }
        #expect((38...42).contains(frames))
    }

    /// A seat that was given up is taken by the next one's tracks, in the same sections.
    @Test func sectionsAreUsedAgain() throws {
        let record = try Call(participants: 6).run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .seconds(13))
            }
            plan.participants[1].presence.end = .seconds(4)
            plan.participants[2].presence.start = .seconds(5)
            plan.participants[2].presence.end = .seconds(8)
            plan.participants[3].presence.start = .seconds(9)
        }
        #expect(record.failures.isEmpty)
        let stayer = try record.outcome(of: 0)
        #expect(stayer.tracksExpected == 10)
        #expect(stayer.tracksReceived == 10)
        #expect(stayer.video.freezes == 0)
        #expect(stayer.video.packets.lost == 0)
    }

    /// A microphone that is muted twice sends nothing but comfort noise meanwhile, and speech afterwards.
    @Test func mutingIsHeard() throws {
        let call = Call(
            participants: 2, role: "microphone: muted",
            guestRole: "microphone: monologue, mute: [from 4s to 7s, from 10s to 12s]",
            guests: 1)
        let record = try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
        let listeners = record.plan.cohorts.firstIndex(of: "member")
        func packets(_ seconds: ClosedRange<Int>) -> UInt64 {
            record.batch.cohorts.filter { $0.cohort == listeners && seconds.contains($0.second) }
                .reduce(0) { $0 + $1.audio.packets.received }
        }
        #expect(packets(5...6) <= 6)
        #expect(packets(11...11) <= 4)
        #expect(packets(2...3) > 25)
        #expect(packets(8...9) > 25)
        let story = record.batch.events.filter { $0.kind == .muted }
        #expect(story.map(\.at.seconds) == [4, 7, 10, 12])
        // A planned change that has passed is no reason to wake up again.
        #expect(record.mostRoundsPerInstant < 20)
    }

    /// Who is to leave before the join is through has failed, where it got stuck.
    @Test(
        arguments: [(3, CallFailure.Stage.api), (23, .webSocket), (26, .ice)] as [(Int64, CallFailure.Stage)])
    func aDepartureDuringTheJoinIsAFailure(milliseconds: Int64, stage: CallFailure.Stage) throws {
        let record = try Call().run { plan in
            plan.participants[1].presence.end =
                plan.participants[1].presence.start + .milliseconds(milliseconds)
        }
        #expect(record.endedByItself)
        #expect(record.failures.count == 1)
        let failure = try #require(record.failures[1])
        #expect(failure.stage == stage)
        #expect(failure.cause.contains("planned departure"))
        #expect(record.batch.events.contains { $0.participant == 1 && $0.kind == .failed })
        #expect(record.server.participants == 0)
        #expect(record.mostRoundsPerInstant < 20)
    }

    /// Whoever comes in just before the others leave is not held against the server.
    @Test func aMomentTogetherIsNotExpectedToShow() throws {
        let record = try Call(participants: 3).run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(start: .zero, end: .seconds(6))
            }
            plan.participants[2].presence = TimeSpan(start: .milliseconds(5980), end: .seconds(9))
        }
        for outcome in record.outcomes { #expect(outcome.tracksReceived == outcome.tracksExpected) }
        #expect(try record.outcome(of: 0).tracksExpected == 2)
    }

    /// A run that is cut short keeps what was measured, and says of everybody how far it came.
    @Test func cuttingKeepsWhatWasMeasured() throws {
        var plan = try Call(participants: 3).plan()
        for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        plan.participants[2].presence.start = .seconds(12)
        let world = SimulatedWorld(plan: plan, clips: try SharedClips.get())
        let goesOn = world.run(until: .seconds(6))
        #expect(goesOn)
        let record = CallRecord(plan: plan, world: world, endedByItself: !goesOn)
        #expect(record.outcomes.map(\.end) == [.cut, .cut, .neverStarted])
        #expect(record.outcomes[0].video.framesRendered > 90)
        #expect(record.outcomes[2].endedAt == nil)
    }

    /// Rows of participants and rows of seconds tell of the same packets.
    @Test func stretchesAndSecondsAddUp() throws {
        let record = try Call(phases: "[{arrive: {storm: 1s}}, {hold: 25s}, {leave: {over: 1s}}]").run()
        var ofParticipants = PacketCounts()
        for sample in record.batch.participants { ofParticipants += sample.video.packets }
        var ofSeconds = PacketCounts()
        for second in record.batch.cohorts { ofSeconds += second.video.packets }
        #expect(ofParticipants == record.video.packets)
        #expect(ofSeconds == record.video.packets)
        for sample in record.batch.participants {
            #expect(sample.end > sample.start)
            #expect(sample.end - sample.start <= .seconds(11))
            let ended = try #require(try record.outcome(of: sample.participant).endedAt)
            #expect(sample.end <= ended)
        }
    }
}
