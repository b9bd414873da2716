import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

/// VP9 with three spatial and three temporal layers in one stream: 90, 180 and 360 lines in the small library.
@Suite("Calls in VP9 with scalable layers")
struct ScalableCallTests {
    private static let role = "microphone: muted, camera: vp9-svc"

    /// With three in a room every picture is large, nothing is lost, and what comes is what was asked for.
    @Test func everybodySeesTheHighestLayer() throws {
        let record = try Call(role: "microphone: conversation, camera: vp9-svc").run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            // Before the tiles have spoken the lowest layer comes.
            #expect(try #require(outcome.video.meanHeight) > 350)
            // Two views of twelve seconds and more, at 20 frames per second.
            #expect(outcome.video.framesRendered > 480)
            #expect(outcome.video.recognised == outcome.video.framesRendered)
            #expect(outcome.video.layerMatch == 1)
            #expect(outcome.video.askedFrames > 300)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.packets.lost == 0)
            #expect(try #require(outcome.video.meanPSNR) > 30)
            #expect(outcome.join[.firstVideo].map { $0 < .seconds(Int64(2)) } == true)
        }
    }

    /// One large tile and two small ones: layers are taken out for some viewers, and no gap shows in what remains.
    @Test func layersAreLeftOutForSmallTiles() throws {
        let record = try Call(participants: 4, role: Self.role + ", layout: focus").run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            let video = outcome.video
            #expect(video.layerBytes.high > 50_000)
            #expect(video.layerBytes.medium > 50_000)
            // The lowest layer is that of the first moments, and of key pictures.
            #expect(video.layerBytes.low < 10_000)
            #expect(video.layerMatch == 1)
            #expect(video.framesSkipped == 0)
            #expect(video.freezes == 0)
            #expect(video.packets.lost == 0)
            #expect(video.packets.lostBeforeRepair == 0)
            // A third of the pictures is large: 240 lines in the mean.
            #expect((225...255).contains(try #require(video.meanHeight)))
        }
    }

    /// Whenever a screen is shared every camera becomes small, and large again afterwards: layers change at key
    /// pictures, without a break.
    @Test func changingLayersIsClean() throws {
        let screens = [4, 8, 12, 16, 20].map { "from \($0)s to \($0 + 2)s" }.joined(separator: ", ")
        let record = try Call(
            participants: 4, role: Self.role, guestRole: "microphone: muted, screen: [\(screens)]", guests: 1,
            phases: "[{arrive: {storm: 1s}}, {hold: 25s}, {leave: {over: 1s}}]"
        ).run()
        #expect(record.failures.isEmpty)
        // Nine pictures of cameras that change their layer ten times, and five screens for three viewers.
        #expect(record.video.keyFrames > 100)
        #expect(record.video.framesSkipped == 0)
        #expect(record.video.freezes == 0)
        #expect(record.video.packets.lost == 0)
    }

    /// Lost packets come back by retransmission: descriptors and numbers are those of the first time.
    @Test(arguments: ["grid", "focus"])
    func lossIsRepaired(_ layout: String) throws {
        var call = Call(participants: 3, role: Self.role + ", layout: \(layout)")
        call.network.down.loss = .random(0.05)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        let video = record.video
        #expect(video.packets.repaired > 100)
        #expect(video.packets.lost <= video.packets.expected / 500)
        #expect(video.framesSkipped < video.framesRendered / 100)
        #expect(record.outcomes.allSatisfy { ($0.video.layerMatch ?? 0) > 0.98 })
    }

    /// Pictures are repaired, numbers are not all.
    ///
    /// What is lost of layers that a viewer does not get leaves gaps in its numbers that nothing fills, as with the
    /// genuine server, which cannot know yet what it is missing (`RTPMunger.PacketDropped`): of the three layer frames
    /// of a picture two, nearly all of one packet.
    @Test func uplinkLossIsRepaired() throws {
        var call = Call(role: Self.role)
        call.network.up.loss = .random(0.03)
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.outcomes.allSatisfy { $0.retransmissions > 0 })
        let (lost, expected) = (Double(record.video.packets.lost), Double(record.video.packets.expected))
        #expect(lost <= 0.03 * expected)
        #expect(record.video.framesSkipped < record.video.framesRendered / 50)
        #expect(record.video.freezes == 0)
    }

    @Test func disorderAndCopiesDoNoHarm() throws {
        var call = Call(role: Self.role)
        call.network.down.reordering = 0.02
        call.network.down.duplication = 0.02
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.video.framesSkipped == 0)
        #expect(record.video.freezes == 0)
    }

    /// Who comes late gets a key picture at once, and sees the others within a second.
    @Test func aLateComerSeesEverybody() throws {
        let record = try Call(participants: 4, role: Self.role).run { plan in
            plan.participants[3].presence.start = .seconds(7)
        }
        #expect(record.failures.isEmpty)
        let late = try record.outcome(of: 3)
        #expect(late.join[.firstVideo].map { $0 < .seconds(Int64(1)) } == true)
        #expect(late.video.framesSkipped == 0)
        #expect(late.video.layerMatch == 1)
        for outcome in record.outcomes { #expect(outcome.video.freezes == 0) }
    }

    /// The page sends all layers of one stream as long as anybody wants any, and none when nobody does.
    @Test func anUnwatchedCameraIsSwitchedOff() throws {
        let call = Call(
            participants: 2, role: "camera: vp9-svc, layout: none",
            guestRole: "microphone: muted, window: 400x300", guests: 1,
            phases: "[{arrive: {storm: 1s}}, {hold: 24s}, {leave: {over: 1s}}]")
        let record = try call.run { plan in
            for index in plan.participants.indices {
                let isViewer = plan.participants[index].role == "guest"
                plan.participants[index].presence = TimeSpan(
                    start: isViewer ? .seconds(14) : .zero, end: .seconds(isViewer ? 20 : 24))
            }
        }
        #expect(record.failures.isEmpty)
        let publishers = record.plan.cohorts.firstIndex(of: "member")
        let bytes = record.batch.cohorts.filter { $0.cohort == publishers }.map(\.sentBytes)
        // 500 kbit/s in all, as soon as it is published; then nobody comes.
        #expect(bytes[5] > 40_000)
        #expect(bytes[13] == 0)
        // The viewer asks for the middle layer: all are sent.
        #expect(bytes[17] > 40_000)
        #expect(bytes[18] > 40_000)
    }

    /// Chrome and Firefox in one room: VP9 and VP8 side by side.
    @Test func codecsMix() throws {
        let record = try Call(
            participants: 4, role: Self.role,
            more: "client: {chrome: 50%, firefox: rest}"
        ).run()
        #expect(record.failures.isEmpty)
        #expect(record.plan.participants.map(\.camera).filter { $0 == .vp9SVC }.count == 2)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == 3)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.layerMatch == 1)
        }
    }

    /// Viewers that cannot take VP9 are given VP8: the publisher sends it beside, for as long as both are wanted.
    @Test(arguments: [3, 6])
    func theSecondCodecIsSentWhenItIsAskedFor(_ count: Int) throws {
        var call = Call(participants: count, role: Self.role)
        call.behaviour.unusableCodecs = ["vp9"]
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.events.count { $0.kind == .published } == count)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == count - 1)
            // The VP8 layers of the small library are of 180 and 360 lines; it begins with the lower one.
            #expect(try #require(outcome.video.meanHeight) > 355)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.freezes == 0)
        }
    }

    /// The server sends by a connection of its own, in whose offers the codecs stand.
    @Test func twoConnections() throws {
        let record = try Call(role: Self.role, target: "{embedded: {signalling: dual}}").run()
        #expect(record.failures.isEmpty)
        for outcome in record.outcomes {
            #expect(outcome.video.layerMatch == 1)
            #expect(outcome.video.framesSkipped == 0)
        }
    }
}
