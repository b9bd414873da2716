import Primitives
import Probe
import Scenario
import Testing

@Suite("The page: tiles, pages, speakers, preferences")
struct PageTests {
    /// Who turns pages sees everybody, but nobody who is not on the page; no turn stops a picture that is.
    @Test func turningPages() throws {
        func seen(_ turns: String) throws -> ParticipantOutcome {
            let record = try Call(
                participants: 13, role: "camera: vp8-simulcast, layout: none",
                guestRole: "microphone: muted, window: 800x700" + turns, guests: 1,
                phases: "[{arrive: {storm: 1s}}, {hold: 20s}, {leave: {over: 1s}}]"
            ).run { plan in
                for index in plan.participants.indices {
                    // All cameras are on when the viewer comes, and when it goes.
                    let isViewer = plan.participants[index].role == "guest"
                    plan.participants[index].presence.start = isViewer ? .seconds(2) : .zero
                    if isViewer { plan.participants[index].presence.end = .seconds(20) }
                }
            }
            #expect(record.failures.isEmpty)
            return try #require(
                record.outcomes.first { record.plan.participants[$0.participant].role == "guest" })
        }
        let still = try seen("")
        let turning = try seen(", page-turns: 12/min")
        // Nine tiles on a page, the own one among them.
        #expect(still.tracksExpected == 8)
        #expect(turning.tracksExpected == 12)
        #expect(turning.tracksReceived == 12)
        // On the second page there are four.
        #expect(turning.video.framesRendered < still.video.framesRendered * 9 / 10)
        #expect(turning.video.freezes == 0)
        #expect(turning.video.framesSkipped == 0)
    }

    /// Somebody speaks whose tile is on the second page: the tile comes to the first.
    @Test func aSpeakerIsBroughtIntoSight() throws {
        func expected(_ microphone: String) throws -> UInt64 {
            var late: PlannedParticipant?
            let record = try Call(
                participants: 13, role: "camera: vp8-simulcast, microphone: muted, window: 800x700",
                guestRole: "camera: vp8-simulcast, microphone: \(microphone), layout: none", guests: 1,
                phases: "[{arrive: {storm: 1s}}, {hold: 12s}, {leave: {over: 1s}}]"
            ).run { plan in
                // The viewer finds all members there.
                late = plan.participants.last { $0.role == "member" }
                for index in plan.participants.indices {
                    let isSpeaker = plan.participants[index].role == "guest"
                    plan.participants[index].presence.start =
                        isSpeaker ? .seconds(4) : .milliseconds(Int64(10 * index))
                }
                if let late { plan.participants[late.index].presence.start = .seconds(2) }
            }
            #expect(record.failures.isEmpty)
            let viewer = try #require(late)
            return UInt64(try record.outcome(of: viewer.index).tracksExpected)
        }
        // Eight cameras in sight, and no microphone that is on.
        #expect(try expected("muted") == 8)
        #expect(try expected("monologue") == 10)
    }

    /// The page tells the preference for cameras that are turned on later, and only for those.
    @Test func thePreferenceLimitsLaterCameras() throws {
        let record = try Call(
            participants: 3, role: "microphone: muted, camera: vp9-svc, receive: low",
            phases: "[{arrive: {storm: 1s}}, {hold: 12s}, {leave: {over: 1s}}]"
        ).run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence.start = .seconds(Int64(2 * index))
            }
        }
        #expect(record.failures.isEmpty)
        let first = try record.outcome(of: 0).video
        let last = try record.outcome(of: 2).video
        #expect(first.layerBytes.low > 10 * first.layerBytes.high)
        #expect(last.meanHeight == 360)
        #expect(first.layerMatch == 1)
        #expect(last.layerMatch == 1)
        #expect(first.freezes == 0)
    }

    /// Who joins a room of more than fifty is muted by the page; who was there before is not.
    @Test func theLateAreMutedInAFullRoom() throws {
        let record = try Call(
            participants: 54, role: "microphone: conversation, layout: none",
            phases: "[{arrive: {storm: 1s}}, {hold: 14s}, {leave: {over: 1s}}]"
        ).run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence.start =
                    index < 51 ? .milliseconds(Int64(10 * index)) : .seconds(9)
            }
        }
        #expect(record.failures.isEmpty)
        let muted = record.batch.events.filter { $0.kind == .muted }
        #expect(Set(muted.compactMap(\.participant)) == [51, 52, 53])
    }
}
