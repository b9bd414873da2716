public import WireFormats

/// All clips of a run, prepared once and shared by every synthetic participant: nothing is encoded during the
/// run.
///
/// Immutable and safe to read from any thread. `prepare` reads it from the cache or makes it.
public final class ClipLibrary: Sendable {
    /// What the clips were made from.
    public let specification: ClipSpecification
    /// The cameras, numbered as in the specification.
    public let video: [VideoClip]
    /// The microphones, numbered as in the specification.
    public let audio: [AudioClip]
    /// Bytes of encoded media.
    public let byteCount: Int

    /// The bytes of all clips.
    let storage: [UInt8]

    /// Puts clips together from their tables; `tables` has one entry per layer and microphone of
    /// `specification`.
    init(_ specification: ClipSpecification, tables: ClipTables, storage: [UInt8]) {
        self.specification = specification
        self.storage = storage
        byteCount = storage.count
        video = specification.cameras.enumerated().map { clip, camera in
            VideoClip(
                layers: camera.layers.enumerated().map { layer, specification in
                    VideoLayer(
                        clipIndex: clip, layerIndex: layer, specification: specification,
                        frames: tables.layers[clip][layer], storage: storage)
                })
        }
        audio = specification.microphones.enumerated().map { clip, microphone in
            let table = tables.microphones[clip]
            return AudioClip(
                clipIndex: clip, specification: microphone, codecDelaySamples: table.codecDelaySamples,
                packets: table.packets, comfort: table.comfort, storage: storage)
        }
    }

    /// How good the video frame that carries `tag` looks when nothing was lost; nil if it is no frame of
    /// ours.
    public func quality(of tag: FrameTag) -> PictureQuality? {
        guard tag.clip < video.count, tag.layer < video[Int(tag.clip)].layers.count else { return nil }
        let layer = video[Int(tag.clip)].layers[Int(tag.layer)]
        guard tag.frameNumber < layer.frameCount else { return nil }
        return layer.frame(Int(tag.frameNumber)).quality
    }
}

/// The tables of a library: everything but the bytes.
struct ClipTables {
    /// One microphone's packets.
    struct Microphone {
        var codecDelaySamples = 0
        var packets: [AudioClip.Packet] = []
        var comfort: [AudioClip.Packet] = []
    }

    /// Frames by camera and layer.
    var layers: [[[EncodedFrame]]] = []
    /// Packets by microphone.
    var microphones: [Microphone] = []
}
