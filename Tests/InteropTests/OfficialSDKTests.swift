import Foundation
import Results
import Testing

/// LiveKit's official SDK, a real libwebrtc, on the embedded Visio: alone and together with synthetic participants.
///
/// One at a time: each encodes and decodes 720p, and none of them measures speed.
@Suite("LiveKit's official SDK", .serialized, .enabled(if: Peers.python != nil, Peers.noPython))
struct OfficialSDKTests {
    /// Quieter than this is silence with dither.
    static let audible = 500.0

    @Test(arguments: ["vp8-simulcast", "vp9"])
    func twoParticipantsSeeAndHearEachOther(_ camera: String) async throws {
        let visio = try await ServedVisio()
        let sender = try visio.startParticipant(
            "sender", room: "duo",
            [
                "--camera", camera, "--microphone", "--say", "from the sender", "--mute-at", "7",
                "--seconds", "9",
            ])
        let viewer = try visio.startParticipant(
            "viewer", room: "duo", ["--say", "from the viewer", "--seconds", "9"])
        let seen = try await Experience(of: viewer, within: 90)
        let answered = try await Experience(of: sender, within: 60)

        let remote = try #require(seen.remote["sender"])
        #expect(remote.tracks.count == 2)
        #expect(remote.codecs == [camera == "vp9" ? "video/vp9" : "video/vp8"])
        #expect(remote.videoFrames > 20)
        // Heights are even, so that small layers are not 16:9 to the pixel.
        let shape = Double(remote.width) / Double(max(1, remote.height))
        #expect((1.72...1.84).contains(shape))
        #expect(remote.audioFrames > 100)
        #expect(remote.loudness > Self.audible)
        #expect(remote.data == ["from the sender"])
        #expect(remote.mutes == 1)
        #expect(answered.remote["viewer"]?.data == ["from the viewer"])
        #expect(seen.events.isEmpty)
    }

    /// The SDK loses its WebSocket and resumes on the embedded server: what is said and muted afterwards still arrives.
    @Test func theSDKResumes() async throws {
        let visio = try await ServedVisio()
        let sender = try visio.startParticipant(
            "sender", room: "cut",
            [
                "--camera", "vp8-simulcast", "--microphone", "--say", "after it", "--mute-at", "9",
                "--seconds", "12",
            ])
        let viewer = try visio.startParticipant(
            "viewer", room: "cut", ["--drop-signalling-at", "3", "--seconds", "12"])
        let seen = try await Experience(of: viewer, within: 90)
        _ = try await Experience(of: sender, within: 60)
        #expect(seen.events == ["reconnecting", "reconnected"])
        let remote = try #require(seen.remote["sender"])
        #expect(remote.data == ["after it"])
        #expect(remote.mutes == 1)
        #expect(remote.videoFrames > 20 && remote.audioFrames > 100)
    }

    /// The SDK decodes what synthetic participants send, and they receive every track it publishes.
    ///
    /// - Parameters:
    ///   - camera: What the synthetic participants send.
    ///   - guestCamera: What the SDK sends.
    @Test(arguments: [("vp8-simulcast", "vp8-simulcast"), ("vp9-svc", "vp9")])
    func synthesizedParticipantsAndTheSDKMeet(_ camera: String, guestCamera: String) async throws {
        let visio = try await ServedVisio()
        let run = try visio.startRun(
            """
            scenario: With the official SDK
            target: {livekit: {url: "ws://127.0.0.1:1", key: "${LIVEKIT_API_KEY}", secret: "${LIVEKIT_API_SECRET}"}}
            rooms: [{name: team, participants: 2, slugs: [abc-defg-hij]}]
            roles: {member: {microphone: monologue, camera: \(camera)}}
            phases: [{arrive: {constant: 2/s}}, {hold: 18s}, {leave: {over: 1s}}]
            thresholds: [join.failed = 0%, audio.loss p95 <= 0.1%]
            """)
        let guest = try visio.startParticipant(
            "guest", room: "abc-defg-hij", ["--camera", guestCamera, "--microphone", "--seconds", "9"])
        let seen = try await Experience(of: guest, within: 90)
        let code = try await run.exitCode(within: 90)
        #expect(code == 0, "\(run.errorText)")

        let synthetic = seen.remote.filter { $0.key.hasPrefix("visiobench-") }
        #expect(synthetic.count == 2)
        for (identity, remote) in synthetic {
            #expect(remote.tracks.count == 2, "\(identity)")
            #expect(remote.codecs == [camera == "vp9-svc" ? "video/vp9" : "video/vp8"], "\(identity)")
            #expect(remote.width == 1280, "\(identity)")
            #expect(remote.videoFrames > 50, "\(identity)")
            #expect(remote.audioFrames > 100, "\(identity)")
            #expect(remote.loudness > Self.audible, "\(identity)")
        }

        for participant in try visio.runFile.participants() {
            // The other synthetic participant's camera and microphone, and the guest's.
            #expect(participant.tracksExpected == 4, "\(participant.name)")
            #expect(participant.tracksReceived == 4, "\(participant.name)")
        }
    }
}
