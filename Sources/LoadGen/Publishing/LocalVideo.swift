import Media
import Primitives
import RTC
import Scenario
import Visio
import WireFormats

/// A picture that a participant publishes: in the codec it prefers and, when a viewer cannot take that one and the
/// server asks for it, in a second one beside it.
struct LocalVideo {
    /// What is shown.
    enum Source: Hashable {
        case camera
        case screen
    }

    /// The picture in one codec.
    struct Coding {
        var clip: VideoClip
        /// The id of the track in the offer; empty until it is announced.
        var cid = ""
        /// Once the server has accepted the announcement.
        var sender: (any VideoSender)?
        /// Once the answer has agreed to it.
        var payloadType: UInt8?
        /// Chooses the layers that fit, where the participant adapts to its path.
        var allocator: LayerAllocator?

        var codec: VideoCodec { clip.specification.coding.codec }
    }

    let source: Source
    /// The codec that is preferred, then the one for viewers who cannot take it.
    var codings: [Coding]
    /// The server's name of the track, once it is accepted.
    var sid: String?

    /// Whether some announcement waits for the server.
    var isPending: Bool { codings.contains { !$0.cid.isEmpty && $0.sender == nil } }

    /// Forgets what an old session agreed on; a new one is told of the first codec, and asks for the second by itself.
    mutating func startOver() {
        sid = nil
        for index in codings.indices {
            codings[index].sender = nil
            codings[index].payloadType = nil
            if index > 0 { codings[index].cid = "" }
        }
    }

    /// Announces the track, as livekit-client's `LocalParticipant.publish` does; under the same id again when it was
    /// announced before.
    mutating func announce(_ generator: inout SeededGenerator) -> LiveKitAddTrackRequest {
        if codings[0].cid.isEmpty { codings[0].cid = LocalTracks.makeCID(&generator) }
        var request = LiveKitAddTrackRequest()
        request.cid = codings[0].cid
        request.type = .video
        request.source = source == .camera ? .camera : .screenShare
        request.layers = Self.layers(of: codings[0].clip)
        let largest = codings[0].clip.layers.last?.specification
        request.width = UInt32(largest?.width ?? 0)
        request.height = UInt32(largest?.height ?? 0)
        request.simulcastCodecs = codings.map { coding in
            var codec = LiveKitSimulcastCodec()
            codec.codec = coding.codec.rawValue
            codec.cid = coding.cid
            return codec
        }
        return request
    }

    /// Announces the second codec of a track that is published (`publishAdditionalCodecForTrack`).
    mutating func announceBackup(_ generator: inout SeededGenerator) -> LiveKitAddTrackRequest? {
        guard codings.count > 1, codings[1].sender == nil, let sid else { return nil }
        if codings[1].cid.isEmpty { codings[1].cid = LocalTracks.makeCID(&generator) }
        var codec = LiveKitSimulcastCodec()
        codec.codec = codings[1].codec.rawValue
        codec.cid = codings[1].cid
        var request = LiveKitAddTrackRequest()
        request.cid = codings[1].cid
        request.sid = sid
        request.type = .video
        request.source = source == .camera ? .camera : .screenShare
        request.layers = Self.layers(of: codings[1].clip)
        request.simulcastCodecs = [codec]
        return request
    }

    /// The layers as they are announced: simulcast from low to high, spatial layers of one stream from high to low; one
    /// stream alone is high, but low if it has temporal layers (`videoLayersFromEncodings`).
    private static func layers(of clip: VideoClip) -> [LiveKitVideoLayer] {
        let qualities: [LiveKitVideoQuality] =
            clip.layers.count > 1
            ? [.low, .medium, .high] : clip.specification.coding == .vp8 ? [.high] : [.low]
        var bitrates = clip.layers.map(\.specification.bitrate)
        if clip.specification.coding != .vp8 {
            // Of a scalable stream the page announces the bit rate of all layers together, and a third for each below.
            let total = bitrates.reduce(0, +)
            for index in bitrates.indices {
                let divisor = [1, 3, 9][bitrates.count - 1 - index]
                bitrates[index] = (total + divisor - 1) / divisor
            }
        }
        let announced = clip.layers.enumerated().map { index, encoded in
            var layer = LiveKitVideoLayer()
            layer.quality = qualities[min(index, qualities.count - 1)]
            layer.width = UInt32(encoded.specification.width)
            layer.height = UInt32(encoded.specification.height)
            layer.bitrate = UInt32(bitrates[index])
            return layer
        }
        return clip.specification.coding == .vp8 ? announced : announced.reversed()
    }

    /// The section of one coding.
    func track(_ coding: Coding, _ generator: inout SeededGenerator) -> OutgoingTrack {
        let streams = coding.codec == .vp8 ? coding.clip.layers.count : 1
        let rids = streams > 1 ? ["q", "h", "f"] : []
        var layers: [OutgoingLayer] = []
        for index in 0..<streams {
            layers.append(
                OutgoingLayer(
                    rid: index < rids.count ? rids[index] : nil, ssrc: LocalTracks.makeSSRC(&generator),
                    rtxSSRC: LocalTracks.makeSSRC(&generator)))
        }
        return OutgoingTrack(
            kind: .video, streamID: "-", trackID: coding.cid, codec: coding.codec == .vp8 ? .vp8 : .vp9,
            layers: layers)
    }

    /// Makes what sends a coding in its section.
    static func makeSender(
        _ clip: VideoClip, section: Int, start: Instant, _ generator: inout SeededGenerator
    ) -> any VideoSender {
        switch clip.specification.coding {
        case .vp8: SimulcastSender(section: section, clip: clip, generator: &generator, start: start)
        case .vp9(let mode):
            ScalableSender(section: section, clip: clip, mode: mode, generator: &generator, start: start)
        }
    }
}
