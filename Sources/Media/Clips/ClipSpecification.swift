import Primitives

/// Everything that decides what is in a clip library; equal specifications give equal clips.
public struct ClipSpecification: Hashable, Sendable {
    /// One encoding of a camera picture.
    public struct Layer: Hashable, Sendable {
        /// Width in pixels.
        public var width: Int
        /// Height in pixels.
        public var height: Int
        /// Pictures per second.
        public var framesPerSecond: Int
        /// Target bit rate in bit/s.
        public var bitrate: Int
        /// libvpx speed, 1 (best) to 16 (fastest).
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

    /// A camera: one scene in one or more layers, smallest first.
    public struct Camera: Hashable, Sendable {
        /// Decides what the scene looks like.
        public var seed: UInt64
        /// Its encodings, smallest first; at most 8.
        public var layers: [Layer]

        /// Makes a camera.
        public init(seed: UInt64, layers: [Layer]) {
            self.seed = seed
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
    /// The cameras; at most 32.
    public var cameras: [Camera]
    /// The microphones; at most 32.
    public var microphones: [Microphone]

    /// Makes a specification.
    public init(loopSeconds: Int, cameras: [Camera], microphones: [Microphone]) {
        precondition((1...60).contains(loopSeconds), "a loop is 1 to 60 seconds long")
        precondition(cameras.count <= 32 && microphones.count <= 32, "a frame tag has five bits for the clip")
        precondition(
            cameras.allSatisfy { (1...8).contains($0.layers.count) },
            "a frame tag has three bits for the layer")
        self.loopSeconds = loopSeconds
        self.cameras = cameras
        self.microphones = microphones
    }

    /// What a Visio page sends: VP8 in three layers as livekit-client sets them for 720p, Opus at 48 kbit/s.
    public static let standard = ClipSpecification(
        loopSeconds: 8,
        cameras: [
            Camera(
                seed: 1,
                layers: [
                    Layer(width: 320, height: 180, framesPerSecond: 20, bitrate: 160_000),
                    Layer(width: 640, height: 360, framesPerSecond: 20, bitrate: 450_000),
                    Layer(width: 1280, height: 720, framesPerSecond: 30, bitrate: 1_700_000),
                ])
        ],
        microphones: [
            Microphone(seed: 2, rhythm: .french, pitch: 118),
            Microphone(seed: 3, rhythm: .english, pitch: 196),
        ])

    /// Two small layers and one voice in a loop of two seconds: quick to prepare, for tests and simulations.
    public static let small = ClipSpecification(
        loopSeconds: 2,
        cameras: [
            Camera(
                seed: 1,
                layers: [
                    Layer(width: 320, height: 180, framesPerSecond: 20, bitrate: 100_000, speed: 12),
                    Layer(width: 640, height: 360, framesPerSecond: 20, bitrate: 250_000, speed: 12),
                ])
        ],
        microphones: [Microphone(seed: 2, rhythm: .french, pitch: 118)])

    /// The name of what this specification gives: a SHA-256 over every parameter, the codecs' versions and
    /// the version of the clip format.
    public var key: [UInt8] {
        var text = "visiobench clips \(ClipArchive.formatVersion)\n"
        text += "\(VP8Encoder.libraryVersion)\n\(OpusEncoder.libraryVersion)\nloop \(loopSeconds)\n"
        for camera in cameras {
            text += "camera \(camera.seed)\n"
            for layer in camera.layers {
                text +=
                    "layer \(layer.width)x\(layer.height) \(layer.framesPerSecond) fps \(layer.bitrate) bit/s"
                text += " speed \(layer.speed)\n"
            }
        }
        for microphone in microphones {
            text += "microphone \(microphone.seed) \(microphone.rhythm.rawValue) \(microphone.pitch) Hz"
            text += " \(microphone.bitrate) bit/s fec \(microphone.hasForwardErrorCorrection)\n"
        }
        return SHA256.digest(Array(text.utf8))
    }
}
