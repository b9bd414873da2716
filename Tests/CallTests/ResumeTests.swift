import EmbeddedVisio
import Primitives
import Probe
import Scenario
import Simulation
import Testing
import Visio

@Suite("Calls that lose their signalling")
struct ResumeTests {
    static func call(_ mode: SignallingMode, hold: String = "20s") -> Call {
        var call = Call(phases: "[{arrive: {storm: 1s}}, {hold: \(hold)}, {leave: {over: 1s}}]")
        call.target = "{embedded: {}, signalling: \(mode.rawValue)}"
        return call
    }

    /// The WebSockets break under everybody: all are back at once, and media never notices.
    @Test(arguments: [SignallingMode.single, .dual])
    func aCutIsResumedWithoutAGapInMedia(mode: SignallingMode) throws {
        var call = Self.call(mode)
        call.behaviour.cuts = [.seconds(8)]
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.count == 3)
        for loss in record.batch.losses {
            #expect(loss.cause == .signalling && loss.outcome == .resumed && loss.attempts == 1)
            // Two milliseconds each way: handshake, first frame, offer and answer, and a check of the new path.
            #expect(try #require(loss.recovery) < .milliseconds(100))
        }
        #expect(record.server.joins == 3, "the sessions go on")
        for outcome in record.outcomes {
            #expect(outcome.end == .left)
            #expect(outcome.video.freezes == 0 && outcome.video.packets.lostBeforeRepair == 0)
            #expect(outcome.audio.missed == 0 && outcome.audio.packets.lostBeforeRepair == 0)
            #expect(outcome.tracksReceived == 4 && outcome.tracksExpected == 4)
        }
        #expect(record.batch.events.count { $0.kind == .reconnected } == 3)
    }

    /// The order of the official SDK's messages on a resumed WebSocket, pings and candidates aside.
    @Test(arguments: [SignallingMode.single, .dual])
    func theServerIsToldWhatTheSDKTells(mode: SignallingMode) throws {
        var call = Self.call(mode)
        call.behaviour.cuts = [.seconds(8)]
        let plan = try call.plan()
        let world = SimulatedWorld(plan: plan, clips: try SharedClips.get(), behaviour: call.behaviour)
        world.run(until: .seconds(7.99))
        var said: [LiveKitSignalRequest] = []
        world.onSignal = { participant, isFromParticipant, bytes in
            guard participant == 0, isFromParticipant,
                let request = try? LiveKitSignalRequest(decoding: bytes)
            else { return }
            said.append(request)
        }
        world.run(until: .seconds(10.5))
        let kinds = said.compactMap { request -> String? in
            switch request.message {
            case .pingReq, .ping, .trickle, nil: nil
            case .syncState: "sync_state"
            case .offer: "offer"
            case .answer: "answer"
            default: "other"
            }
        }
        // Captured: v1-resume, and v0-resume, where the server's offer is answered when it has come.
        #expect(kinds == (mode == .single ? ["sync_state", "offer"] : ["sync_state", "offer", "answer"]))
        let state = try #require(said.first { !$0.syncState.publishTracks.isEmpty }).syncState
        #expect(state.publishTracks.map { $0.track.sid.prefix(5) }.sorted() == ["TR_AM", "TR_VC"])
        #expect(state.publishTracks.allSatisfy { !$0.cid.isEmpty })
        #expect(state.offer.sdp.hasPrefix("v=0") && state.answer.sdp.hasPrefix("v=0"))
        #expect(state.dataChannels.filter { $0.target == .publisher }.count == 2)
        #expect(state.dataChannels.filter { $0.target == .subscriber }.count == (mode == .single ? 0 : 2))
        #expect(!state.subscription.subscribe)
    }

    /// A WebSocket on which nothing passes is given up after the server's ping timeout.
    @Test func silenceIsNoticedByPings() throws {
        var call = Self.call(.auto, hold: "40s")
        call.behaviour.deafness = TimeSpan(start: .seconds(8), end: .seconds(60))
        let record = try call.run()
        #expect(record.failures.isEmpty)
        #expect(record.batch.losses.count == 3)
        for loss in record.batch.losses {
            #expect(loss.cause == .silence && loss.outcome == .resumed)
            // Fifteen seconds after the last frame, which was a pong or news up to five seconds before.
            #expect((18...23.1).contains(loss.at.seconds))
        }
        #expect(record.outcomes.allSatisfy { $0.video.freezes == 0 })
    }

    /// What is asked for while there is no WebSocket is said when there is one again.
    @Test func aMuteMeanwhileIsNotForgotten() throws {
        var call = Self.call(.auto)
        call.role = "microphone: monologue, mute: from 8001ms to 15s"
        call.behaviour.cuts = [.seconds(8)]
        let plan = try call.plan()
        let world = SimulatedWorld(plan: plan, clips: try SharedClips.get(), behaviour: call.behaviour)
        var muted: Set<Int> = []
        world.onSignal = { participant, isFromParticipant, bytes in
            guard isFromParticipant, let request = try? LiveKitSignalRequest(decoding: bytes) else { return }
            if case .mute(let mute)? = request.message, mute.muted { muted.insert(participant) }
        }
        world.run(until: .seconds(12))
        #expect(muted == [0, 1, 2])
    }

    /// A participant that is cut off before its media is up is unknown to the server afterwards, and joins anew.
    @Test(arguments: [15, 17, 20, 25])
    func aCutDuringTheJoinStartsOver(milliseconds: Int64) throws {
        var call = Self.call(.auto, hold: "12s")
        call.behaviour.cuts = [.zero + Interval.milliseconds(milliseconds)]
        let record = try call.run { plan in
            for index in plan.participants.indices { plan.participants[index].presence.start = .zero }
        }
        #expect(record.endedByItself)
        for failure in record.failures.values { #expect(failure.stage == .signalling, "\(failure)") }
        for outcome in record.outcomes where outcome.end == .left {
            #expect(outcome.join[.dtls] != nil)
            #expect(outcome.tracksReceived == outcome.tracksExpected)
        }
    }

    /// Frames that make no sense are counted, and change nothing.
    @Test func babbleIsNotListenedTo() throws {
        var call = Self.call(.auto, hold: "8s")
        call.network.babble = 0.5
        let record = try call.run()
        #expect(record.failures.isEmpty && record.batch.losses.isEmpty)
        for outcome in record.outcomes {
            #expect(outcome.tracksReceived == 4)
            #expect(outcome.malformed.contains { $0.kind == "signalling" })
        }
    }
}
