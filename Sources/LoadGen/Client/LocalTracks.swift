import Media
import Primitives
import RTC
import Visio
import WireFormats

/// What a participant publishes: ids, announcements, and the payload types agreed for them.
struct LocalTracks {
    var microphoneCID = ""
    var microphoneSID: String?
    var usesRED = true
    /// Payload types of the microphone's section, once answered.
    var carriage: MicrophoneSender.Carriage?
    /// The camera and the screen, as far as they are published.
    var videos: [LocalVideo] = []

    /// Whether some announcement waits for the server.
    var isPending: Bool {
        !microphoneCID.isEmpty && microphoneSID == nil || videos.contains { $0.isPending }
    }

    /// When the next frame of any picture is due.
    var videoDeadline: Instant? {
        var soonest: Instant?
        for video in videos {
            for coding in video.codings where coding.payloadType != nil {
                soonest = earliest(soonest, coding.sender?.deadline)
            }
        }
        return soonest
    }

    /// What was announced under an id, in words.
    func name(cid: String) -> String {
        guard let position = position(cid: cid) else { return "microphone" }
        let name = videos[position.video].source == .camera ? "camera" : "shared screen"
        return position.coding == 0 ? name : "\(name) in a second codec"
    }

    /// What sends in a section.
    func sender(section: Int) -> (any VideoSender)? {
        for video in videos {
            for coding in video.codings where coding.sender?.section == section { return coding.sender }
        }
        return nil
    }

    /// The server's name of the picture that a section carries.
    func sid(section: Int) -> String? {
        videos.first { $0.codings.contains { $0.sender?.section == section } }?.sid
    }

    /// The picture and the coding that was announced under an id.
    func position(cid: String) -> (video: Int, coding: Int)? {
        for (index, video) in videos.enumerated() {
            if let coding = video.codings.firstIndex(where: { $0.cid == cid }) { return (index, coding) }
        }
        return nil
    }

    /// Forgets what an old session agreed on; the tracks and their ids stay.
    mutating func startOver() {
        microphoneSID = nil
        carriage = nil
        for index in videos.indices { videos[index].startOver() }
    }

    /// A random id in the form of a MediaStreamTrack's.
    static func makeCID(_ generator: inout SeededGenerator) -> String {
        let text = generator.bytes(16).hexadecimal
        let cuts = [8, 12, 16, 20, 32]
        var start = 0
        return cuts.map { cut in
            defer { start = cut }
            return String(text.dropFirst(start).prefix(cut - start))
        }.joined(separator: "-")
    }

    /// The announcement of the microphone, as the page makes it: RED and DTX on, mono.
    func microphoneRequest(isMuted: Bool) -> LiveKitAddTrackRequest {
        var request = LiveKitAddTrackRequest()
        request.cid = microphoneCID
        request.type = .audio
        request.source = .microphone
        request.muted = isMuted
        request.disableRed = !usesRED
        request.audioFeatures = [.tfAutoGainControl, .tfEchoCancellation, .tfNoiseSuppression]
        return request
    }

    /// The microphone's section.
    func microphoneTrack(_ generator: inout SeededGenerator) -> OutgoingTrack {
        OutgoingTrack(
            kind: .audio, streamID: "-", trackID: microphoneCID, codec: .opus(red: usesRED),
            layers: [OutgoingLayer(ssrc: Self.makeSSRC(&generator), rtxSSRC: nil)])
    }

    static func makeSSRC(_ generator: inout SeededGenerator) -> UInt32 {
        UInt32(truncatingIfNeeded: generator.next() >> 16) | 1
    }
}
