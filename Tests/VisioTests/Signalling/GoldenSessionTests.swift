import Primitives
import Testing
import Visio

/// Replays what a genuine server sent to the two participants of a captured call.
@Suite struct GoldenSessionTests {
    private static func replay(_ who: String) throws -> (SignalBench, [SignalEvent]) {
        var bench = SignalBench()
        bench.start()
        bench.client.receive(.webSocketOpened, now: bench.now)
        var track = LiveKitAddTrackRequest()
        for frame in try GoldenFramesTests.frames("v1-join-vp8-simulcast.jsonl") where frame.who == who {
            if frame.dir == "s2c" {
                bench.client.receive(.binary(frame.bytes), now: bench.now)
            } else if case .addTrack(let request)? = try LiveKitSignalRequest(decoding: frame.bytes).message {
                track = request
                bench.client.addTrack(track, now: bench.now)
            }
        }
        return (bench, bench.drainEvents())
    }

    @Test func subscriberSeesThePublisherComeAndGo() throws {
        let (bench, events) = try Self.replay("sub")
        #expect(bench.client.statistics.malformedFrames == 0)
        #expect(bench.client.statistics.ignoredMessages == 0)
        #expect(bench.client.state == .joined)
        #expect(events.first == .opened)
        let story = events.compactMap { event -> String? in
            switch event {
            case .joined(let join): "joined \(join.room.name) \(join.pingInterval)/\(join.pingTimeout)"
            case .participantJoined: "in"
            case .participantLeft(_, let identity, let reason): "out \(identity) \(reason)"
            case .trackPublished(_, let track): "track \(track.kind)"
            case .trackUnpublished: "no track"
            case .sectionsRequired(let audio, let video): "sections \(audio)/\(video)"
            case .answer: "answer"
            default: nil
            }
        }
        #expect(
            story == [
                "joined v1-join-vp8-simulcast 5/15", "answer", "in", "track audio", "sections 0/0", "answer",
                "track video", "sections 0/0", "answer", "no track", "no track", "out pub clientInitiated",
                "sections 0/0", "answer",
            ])
        #expect(bench.client.room.participants.isEmpty)
        #expect(bench.client.room.info.numParticipants == 2)
    }

    @Test func publisherGetsItsTracksAndQualities() throws {
        let (bench, events) = try Self.replay("pub")
        #expect(bench.client.statistics.malformedFrames == 0)
        #expect(bench.client.room.participants.map(\.identity) == ["sub"])
        let published = events.compactMap { event -> String? in
            guard case .published(_, let track) = event else { return nil }
            return String(track.sid.prefix(5))
        }
        #expect(published == ["TR_AM", "TR_VC"])
        #expect(bench.client.deadline == .seconds(5), "no publish is pending any more")
        let wanted = events.compactMap { event -> LiveKitSubscribedQualityUpdate? in
            guard case .qualityWanted(let update) = event else { return nil }
            return update
        }
        #expect(wanted.first?.subscribedCodecs.first?.codec == "vp8")
        #expect(wanted.first?.subscribedCodecs.first?.qualities.count == 3)
        #expect(bench.client.room.localParticipant.tracks.count == 2)
        #expect(bench.client.room.localParticipant.identity == "pub")
    }
}
