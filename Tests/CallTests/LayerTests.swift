import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Testing

@Suite("Simulcast layers and who wants them")
struct LayerTests {
    /// One large tile and two small ones: one camera comes in the upper layer, the others in the lowest.
    @Test func tilesDecideTheLayer() throws {
        let record = try Call(
            participants: 4, role: "microphone: muted, camera: vp8-simulcast, layout: focus"
        ).run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            let bytes = outcome.video.layerBytes
            #expect(bytes.low > 20_000)
            #expect(bytes.medium > 20_000)
            #expect(bytes.high == 0)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.packets.lost == 0)
            // A third of the pictures is large.
            let height = try #require(outcome.video.meanHeight)
            #expect((225...255).contains(height))
        }
    }

    /// With two in a room the picture is large.
    ///
    /// When twenty-two more cameras come, all tiles are small, and the change is clean. Five seconds later
    /// the first two no longer send the large layer that nobody wants.
    @Test func aFullerGridGetsSmallerPictures() throws {
        let role = "microphone: muted, camera: vp8-simulcast"
        let record = try Call(participants: 24, role: role, guestRole: role, guests: 2).run { plan in
            for index in plan.participants.indices {
                plan.participants[index].presence = TimeSpan(
                    start: index < 2 ? .zero : .seconds(5) + .milliseconds(Int64(10 * index)),
                    end: .seconds(14))
            }
        }
        #expect(record.failures.isEmpty)
        func layers(_ second: Int) -> VideoCounts.LayerBytes {
            record.batch.cohorts.filter { $0.second == second }.reduce(into: VideoCounts()) { $0 += $1.video }
                .layerBytes
        }
        #expect(layers(3).medium > 0)
        #expect(layers(3).low == 0)
        #expect(layers(10).medium == 0)
        #expect(layers(10).low > 0)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == 23)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.packets.lost == 0)
        }
        let first = record.plan.cohorts.firstIndex(of: "guest")
        let sent = record.batch.cohorts.filter { $0.cohort == first }.map(\.sentBytes)
        #expect(Double(sent[8]) > 0.9 * Double(sent[3]))
        #expect(Double(sent[12]) < 0.5 * Double(sent[3]))
        #expect(Double(sent[12]) > 0.1 * Double(sent[3]))
    }

    /// Who speaks first gets the large tile and keeps it, as a pin does: nothing changes with the turns of the
    /// conversation.
    @Test func theFocusStays() throws {
        let call = Call(
            participants: 4, role: "microphone: conversation, camera: vp8-simulcast, layout: focus",
            phases: "[{arrive: {storm: 1s}}, {hold: 30s}, {leave: {over: 1s}}]")
        let record = try call.run()
        let still = try Call(
            participants: 4, role: "microphone: muted, camera: vp8-simulcast, layout: focus",
            phases: call.phases
        ).run()
        // Every change of a layer starts with a key frame; twelve pictures are seen.
        #expect(record.video.keyFrames <= still.video.keyFrames + 12)
        #expect(record.video.freezes == 0)
        #expect(record.video.framesSkipped == 0)
    }

    /// Nobody is there to look: the camera is switched off ten seconds after it was published.
    @Test func aLonelyCameraIsSwitchedOff() throws {
        let sent = try Self.sentPackets(viewer: nil)
        #expect(sent[5] > 30)
        #expect(sent[9] > 30)
        #expect(sent[12...19].allSatisfy { $0 == 0 })
    }

    /// The only viewer's page shows no pictures: five seconds after it said so the camera is switched off.
    @Test func anUnwatchedCameraIsSwitchedOff() throws {
        let sent = try Self.sentPackets(viewer: TimeSpan(start: .zero, end: .seconds(20)))
        #expect(sent[3] > 15)
        #expect(sent[7...19].allSatisfy { $0 == 0 })
    }

    /// A viewer who comes later finds the camera running.
    @Test func aViewerSwitchesTheCameraOnAgain() throws {
        let sent = try Self.sentPackets(
            viewer: TimeSpan(start: .seconds(14), end: .seconds(19)), layout: "grid")
        #expect(sent[13] == 0)
        #expect(sent[16] > 30)
    }

    /// Packets that a camera without microphone sent in each second, with or without somebody else in the room.
    private static func sentPackets(viewer: TimeSpan?, layout: String = "none") throws -> [UInt64] {
        let call = Call(
            participants: viewer == nil ? 1 : 2, role: "camera: vp8-simulcast, layout: none",
            guestRole: "microphone: muted, layout: \(layout)", guests: viewer == nil ? 0 : 1,
            phases: "[{arrive: {storm: 1s}}, {hold: 20s}, {leave: {over: 1s}}]")
        let record = try call.run { plan in
            for index in plan.participants.indices {
                let isViewer = plan.participants[index].role == "guest"
                plan.participants[index].presence =
                    isViewer
                    ? viewer ?? TimeSpan(start: .zero, end: .zero) : TimeSpan(start: .zero, end: .seconds(20))
            }
        }
        #expect(record.failures.isEmpty)
        let publishers = record.plan.cohorts.firstIndex(of: "member")
        return record.batch.cohorts.filter { $0.cohort == publishers }.map(\.sentPackets)
    }

    /// A page without pictures receives none, and holds it against nobody.
    @Test func withoutALayoutThereAreNoPictures() throws {
        let record = try Call(role: "microphone: conversation, camera: vp8-simulcast, layout: none").run()
        for outcome in record.outcomes {
            #expect(outcome.tracksExpected == 2)
            #expect(outcome.tracksReceived == 2)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.stalledMilliseconds == 0)
            #expect(outcome.video.framesRendered < 60)
        }
    }
}
