import Primitives

/// Everything that decides what is in a clip library; equal specifications give equal clips.
public struct ClipSpecification: Hashable, Sendable {
    /// One encoding of a picture.
    public struct Layer: Hashable, Sendable {
        /// Width in pixels.
        public var width: Int
        /// Height in pixels.
        public var height: Int
        /// Pictures per second.
        public var framesPerSecond: Int
        /// Target bit rate in bit/s.
        public var bitrate: Int
        /// libvpx speed, 1 (best) to 16 (fastest); VP9 uses libwebrtc's choice by layer instead.
        public var speed: Int

        /// Makes a layer.
        public init(width: Int, height: Int, framesPerSecond: Int, bitrate: Int, speed: Int = 8) {
            self.width = width
            self.height = height
            self.framesPerSecond = framesPerSecond
            self.bitrate = bitrate
            self.speed = speed
        }
    }

    /// What is in the picture.
    public enum Scene: String, Hashable, Sendable {
        /// A textured view in which something moves.
        case camera
        /// A window full of text that is scrolled now and then.
        case screen
    }

    /// How layers are encoded.
    public enum Coding: Hashable, Sendable {
        /// Streams of their own, as simulcast sends them.
        case vp8
        /// One stream that contains them all.
        case vp9(ScalabilityMode)

        /// The codec.
        public var codec: VideoCodec {
            switch self {
            case .vp8: .vp8
            case .vp9: .vp9
            }
        }
    }

    /// One scene in one or more layers, smallest first.
    public struct Video: Hashable, Sendable {
        /// What is in the picture.
        public var scene: Scene
        /// Decides what the scene looks like.
        public var seed: UInt64
        /// How the layers are encoded.
        public var coding: Coding
        /// Its encodings, smallest first; at most 8.
        public var layers: [Layer]

        /// Makes a video.
        public init(scene: Scene = .camera, seed: UInt64, coding: Coding = .vp8, layers: [Layer]) {
            self.scene = scene
            self.seed = seed
            self.coding = coding
            self.layers = layers
        }
    }

    /// A microphone: one voice.
    public struct Microphone: Hashable, Sendable {
        /// Decides what the voice says.
        public var seed: UInt64
        /// In the manner of which language.
        public var rhythm: SpeechRhythm
        /// Pitch of the voice at rest in Hz.
        public var pitch: Int
        /// Bit rate in bit/s of whole RTP payloads, tag included, averaged over the loop.
        public var bitrate: Int
        /// Whether packets carry a coarse copy of the packet before them.
        public var hasForwardErrorCorrection: Bool

        /// Makes a microphone.
        public init(
            seed: UInt64, rhythm: SpeechRhythm, pitch: Int, bitrate: Int = 48_000,
            hasForwardErrorCorrection: Bool = false
        ) {
            self.seed = seed
            self.rhythm = rhythm
            self.pitch = pitch
            self.bitrate = bitrate
            self.hasForwardErrorCorrection = hasForwardErrorCorrection
        }
    }

    /// Length of every loop in whole seconds.
    public var loopSeconds: Int
    /// The pictures; at most 32.
    public var videos: [Video]
    /// The microphones; at most 32.
    public var microphones: [Microphone]

    /// Makes a specification.
    public init(loopSeconds: Int, videos: [Video], microphones: [Microphone]) {
        precondition((1...60).contains(loopSeconds), "a loop is 1 to 60 seconds long")
        precondition(videos.count <= 32 && microphones.count <= 32, "a frame tag has five bits for the clip")
        for video in videos {
            precondition((1...8).contains(video.layers.count), "a frame tag has three bits for the layer")
            guard case .vp9(let mode) = video.coding, let top = video.layers.last else { continue }
            precondition(video.layers.count == mode.spatialLayerCount, "every spatial layer is specified")
            for (index, layer) in video.layers.enumerated() {
                let scale = 1 << (video.layers.count - 1 - index)
                precondition(
                    layer.width * scale == top.width && layer.height * scale == top.height
                        && layer.framesPerSecond == top.framesPerSecond,
                    "each spatial layer is half as large as the next, at the same rate")
            }
            precondition(
                (top.framesPerSecond * loopSeconds).isMultiple(of: ScalabilityMode.period),
                "a loop has whole groups of pictures")
        }
        self.loopSeconds = loopSeconds
        self.videos = videos
        self.microphones = microphones
    }

    /// The name of a video clip: a SHA-256 over every parameter, the codec's version and the version of the format.
    public func key(of video: Video) -> [UInt8] {
        var text = "\(Self.preamble)\(VP8Encoder.libraryVersion)\nloop \(loopSeconds)\n"
        text += "\(video.scene.rawValue) \(video.seed) "
        switch video.coding {
        case .vp8: text += "vp8\n"
        case .vp9(let mode): text += "vp9 \(mode.rawValue)\n"
        }
        for layer in video.layers {
            text += "layer \(layer.width)x\(layer.height) \(layer.framesPerSecond) fps \(layer.bitrate) bit/s"
            text += " speed \(layer.speed)\n"
        }
        return SHA256.digest(Array(text.utf8))
    }

    /// The name of an audio clip: a SHA-256 over every parameter, the codec's version and the version of the format.
    public func key(of microphone: Microphone) -> [UInt8] {
        var text = "\(Self.preamble)\(OpusEncoder.libraryVersion)\nloop \(loopSeconds)\n"
        text += "microphone \(microphone.seed) \(microphone.rhythm.rawValue) \(microphone.pitch) Hz"
        text += " \(microphone.bitrate) bit/s fec \(microphone.hasForwardErrorCorrection)\n"
        return SHA256.digest(Array(text.utf8))
    }

    private static var preamble: String { "visiobench clip \(ClipArchive.formatVersion)\n" }
}
