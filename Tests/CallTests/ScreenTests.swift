import EmbeddedVisio
import Primitives
import Probe
import RTC
import Scenario
import Simulation
import Testing

@Suite("Shared screens")
struct ScreenTests {
    private static func call(_ client: String, camera: String = "vp8-simulcast") -> Call {
        Call(
            participants: 4, role: "microphone: muted, camera: \(camera)",
            guestRole:
                "microphone: muted, camera: \(camera), client: \(client), screen: from 4s to 9s", guests: 1)
    }

    private static func run(_ call: Call) throws -> (record: CallRecord, sharer: Int) {
        let record = try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
        let sharer = try #require(record.plan.participants.first { $0.role == "guest" }?.index)
        return (record, sharer)
    }

    /// The screen comes beside the camera, and goes again; nobody misses anything.
    @Test(arguments: ["chrome", "firefox"])
    func aScreenIsSharedForAWhile(_ client: String) throws {
        let (record, sharer) = try Self.run(Self.call(client))
        #expect(record.failures.isEmpty)
        let story = record.batch.events.filter { $0.kind == .screen }
        #expect(story.map(\.participant) == [sharer, sharer])
        #expect(story.map(\.at.seconds) == [4, 9])
        for outcome in record.outcomes {
            let others = 3
            #expect(outcome.tracksExpected == UInt64(others + (outcome.participant == sharer ? 0 : 1)))
            #expect(outcome.tracksReceived == outcome.tracksExpected)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.framesSkipped == 0)
            #expect(outcome.video.packets.lost == 0)
            #expect(outcome.video.layerMatch == 1)
        }
    }

    /// The page shows a screen large and everybody else small, and goes back to the grid afterwards.
    @Test func theScreenTakesTheFocus() throws {
        let (record, sharer) = try Self.run(Self.call("chrome"))
        let viewers = record.plan.cohorts.firstIndex(of: "member")
        func heights(_ second: Int) -> Double {
            let counts = record.batch.cohorts.filter { $0.cohort == viewers && $0.second == second }
                .reduce(into: VideoCounts()) { $0 += $1.video }
            return counts.meanHeight ?? 0
        }
        #expect(heights(3) == 360)
        // One screen of 360 lines at 10 frames/s, three cameras of 180 at 20.
        #expect((195...230).contains(heights(7)))
        #expect(heights(11) == 360)
        #expect(try record.outcome(of: sharer).video.freezes == 0)
    }

    @Test func beginsWithTheJoinWhereItIsLate() throws {
        let call = Self.call("chrome", camera: "vp9-svc")
        let record = try call.run { plan in
            for index in plan.participants.indices {
                let isSharing = plan.participants[index].role == "guest"
                plan.participants[index].presence.start = isSharing ? .seconds(6) : .zero
            }
        }
        #expect(record.failures.isEmpty)
        let story = record.batch.events.filter { $0.kind == .screen }
        #expect(story.count == 2)
        #expect(try #require(story.first).at > .seconds(6))
        for outcome in record.outcomes { #expect(outcome.video.freezes == 0) }
    }

    /// Two at a time, and one of them again later.
    @Test func severalScreens() throws {
        let role = "microphone: muted, camera: vp9-svc, screen: [from 3s to 6s, from 8s to 11s]"
        let record = try Call(participants: 3, role: role).run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
        #expect(record.failures.isEmpty)
        #expect(record.batch.events.count { $0.kind == .screen } == 12)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == outcome.tracksExpected)
            #expect(outcome.video.freezes == 0)
            #expect(outcome.video.framesSkipped == 0)
        }
    }

    /// A new session publishes cameras, screen and second codecs again.
    @Test(arguments: [[], ["vp9"]] as [Set<String>])
    func aNewSessionSharesTheScreenAgain(_ unusable: Set<String>) throws {
        let role = "microphone: muted, camera: vp9-svc"
        var call = Call(
            participants: 3, role: role, guestRole: role + ", screen: from 4s to 15s", guests: 1,
            phases: "[{arrive: {storm: 1s}}, {hold: 17s}, {leave: {over: 1s}}]")
        call.behaviour.unusableCodecs = unusable
        call.behaviour.leaves = [.init(at: .zero + .seconds(8), action: .reconnect)]
        let (record, _) = try Self.run(call)
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.map(\.outcome) == [.restarted, .restarted, .restarted])
        func pictures(_ second: Int) -> UInt64 {
            record.batch.cohorts.filter { $0.second == second }.reduce(0) { $0 + $1.video.framesRendered }
        }
        // Two cameras in three views, and the screen in two.
        #expect((135...145).contains(pictures(7)))
        #expect((135...145).contains(pictures(13)))
        #expect((115...125).contains(pictures(16)))
        // Three cameras and a screen, twice.
        #expect(record.batch.events.count { $0.kind == .published } == (unusable.isEmpty ? 0 : 8))
        #expect(record.batch.events.count { $0.kind == .screen } == 2)
    }

    /// Signalling is lost just before the screen is shared, and found again: it is shared then.
    @Test func beginsWhenSignallingIsBack() throws {
        var call = Self.call("chrome")
        call.behaviour.cuts = [.zero + .milliseconds(Int64(3990))]
        let (record, sharer) = try Self.run(call)
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.map(\.outcome) == Array(repeating: .resumed, count: 4))
        for outcome in record.outcomes {
            #expect(outcome.tracksExpected == (outcome.participant == sharer ? 3 : 4))
            #expect(outcome.tracksReceived == outcome.tracksExpected)
        }
    }

    /// Lost packets of a screen are repaired like a camera's.
    @Test func lossIsRepaired() throws {
        var call = Self.call("chrome")
        call.network.down.loss = .random(0.04)
        let (record, _) = try Self.run(call)
        #expect(record.failures.isEmpty)
        #expect(record.video.packets.lost <= record.video.packets.expected / 300)
        #expect(record.video.framesSkipped < record.video.framesRendered / 50)
    }
}
