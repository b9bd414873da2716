public import WireFormats

/// All clips of a run, prepared once and shared by every synthetic participant: nothing is encoded during the
/// run.
///
/// Immutable and safe to read from any thread. `prepare` reads it from the cache or makes it.
public final class ClipLibrary: Sendable {
    /// What the clips were made from.
    public let specification: ClipSpecification
    /// The pictures, numbered as in the specification.
    public let video: [VideoClip]
    /// The microphones, numbered as in the specification.
    public let audio: [AudioClip]

    /// Bytes of encoded media.
    public var byteCount: Int {
        video.reduce(0) { $0 + $1.storage.count } + audio.reduce(0) { $0 + $1.storage.count }
    }

    init(_ specification: ClipSpecification, video: [VideoClip], audio: [AudioClip]) {
        self.specification = specification
        self.video = video
        self.audio = audio
    }

    /// The clip that a participant sends; participants take turns where there are several.
    ///
    /// - Returns: Nil if there is none of the kind.
    public func clip(
        _ scene: ClipSpecification.Scene, _ codec: VideoCodec, participant: Int
    ) -> VideoClip? {
        let fitting = video.filter {
            $0.specification.scene == scene && $0.specification.coding.codec == codec
        }
        return fitting.isEmpty ? nil : fitting[participant % fitting.count]
    }

    /// The layer that a frame with `tag` was taken from; nil if it is no frame of ours.
    public func layer(of tag: FrameTag) -> VideoLayer? {
        guard tag.clip < video.count, tag.layer < video[Int(tag.clip)].layers.count else { return nil }
        let layer = video[Int(tag.clip)].layers[Int(tag.layer)]
        return tag.frameNumber < layer.frameCount ? layer : nil
    }

    /// How good the video frame that carries `tag` looks when nothing was lost; nil if it is no frame of
    /// ours.
    public func quality(of tag: FrameTag) -> PictureQuality? {
        layer(of: tag)?.frame(Int(tag.frameNumber)).quality
    }
}
