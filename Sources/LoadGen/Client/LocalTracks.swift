import Media
import Primitives
import RTC
import Visio
import WireFormats

/// What a participant publishes: ids, announcements, and the payload types agreed for them.
struct LocalTracks {
    var microphoneCID = ""
    var cameraCID = ""
    var microphoneSID: String?
    var cameraSID: String?
    var usesRED = true
    /// Payload types of the microphone's section, once answered.
    var carriage: MicrophoneSender.Carriage?
    /// Payload type of the camera's section, once answered.
    var videoPayloadType: UInt8?

    /// Forgets what an old session agreed on; the tracks and their ids stay.
    mutating func startOver() {
        microphoneSID = nil
        cameraSID = nil
        carriage = nil
        videoPayloadType = nil
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

    /// The announcement of the camera with its simulcast layers.
    func cameraRequest(clip: VideoClip) -> LiveKitAddTrackRequest {
        var request = LiveKitAddTrackRequest()
        request.cid = cameraCID
        request.type = .video
        request.source = .camera
        let qualities: [LiveKitVideoQuality] = [.low, .medium, .high]
        request.layers = clip.layers.enumerated().map { index, encoded in
            var layer = LiveKitVideoLayer()
            layer.quality = qualities[min(2, index)]
            layer.width = UInt32(encoded.specification.width)
            layer.height = UInt32(encoded.specification.height)
            layer.bitrate = UInt32(encoded.specification.bitrate)
            return layer
        }
        request.width = request.layers.last?.width ?? 0
        request.height = request.layers.last?.height ?? 0
        var codec = LiveKitSimulcastCodec()
        codec.codec = "vp8"
        codec.cid = cameraCID
        codec.layers = request.layers
        request.simulcastCodecs = [codec]
        return request
    }

    /// The microphone's section.
    func microphoneTrack(_ generator: inout SeededGenerator) -> OutgoingTrack {
        OutgoingTrack(
            kind: .audio, streamID: "-", trackID: microphoneCID, codec: .opus(red: usesRED),
            layers: [OutgoingLayer(ssrc: Self.makeSSRC(&generator), rtxSSRC: nil)])
    }

    /// The camera's section, one encoding per layer, lowest first.
    func cameraTrack(clip: VideoClip, _ generator: inout SeededGenerator) -> OutgoingTrack {
        let rids = clip.layers.count > 1 ? ["q", "h", "f"] : []
        var layers: [OutgoingLayer] = []
        for index in clip.layers.indices {
            layers.append(
                OutgoingLayer(
                    rid: index < rids.count ? rids[index] : nil, ssrc: Self.makeSSRC(&generator),
                    rtxSSRC: Self.makeSSRC(&generator)))
        }
        return OutgoingTrack(kind: .video, streamID: "-", trackID: cameraCID, codec: .vp8, layers: layers)
    }

    private static func makeSSRC(_ generator: inout SeededGenerator) -> UInt32 {
        UInt32(truncatingIfNeeded: generator.next() >> 16) | 1
    }
}
