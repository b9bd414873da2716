import WireFormats

/// Makes one layer of a camera: renders, encodes, decodes and measures every frame of the loop.
struct VideoPreparation {
    private let scene: MovingScene
    private let encoder: VP8Encoder
    private let decoder: VP8Decoder
    private let picture: Picture
    private let stream: UInt8

    /// The work of a whole specification, in pixels over 57600 (one picture of 180 lines).
    static func work(of specification: ClipSpecification) -> Int {
        specification.cameras.flatMap(\.layers).reduce(0) {
            $0 + work(of: $1) * $1.framesPerSecond * specification.loopSeconds
        }
    }

    private static func work(of layer: ClipSpecification.Layer) -> Int {
        max(1, layer.width * layer.height / 57600)
    }

    /// Opens the codecs and prepares the textures.
    ///
    /// - Parameter stream: Number that the frame marks carry.
    init(
        camera: ClipSpecification.Camera, layer: ClipSpecification.Layer, stream: UInt8, loopSeconds: Int
    ) throws(CodecError) {
        scene = MovingScene(
            seed: camera.seed, width: layer.width, height: layer.height,
            framesPerSecond: layer.framesPerSecond,
            loopSeconds: loopSeconds)
        encoder = try VP8Encoder(
            VP8Encoder.Configuration(
                width: layer.width, height: layer.height, framesPerSecond: layer.framesPerSecond,
                bitrate: layer.bitrate, speed: layer.speed))
        decoder = try VP8Decoder()
        picture = Picture(width: layer.width, height: layer.height)
        self.stream = stream
    }

    /// Appends the loop's frames to `storage`, each with room for a tag, and describes them.
    func run(
        appendingTo storage: inout [UInt8], progress: (Int) -> Void
    ) throws(CodecError) -> [EncodedFrame] {
        let work = max(1, scene.width * scene.height / 57600)
        var frames: [EncodedFrame] = []
        for number in 0..<scene.frameCount {
            scene.render(number, mark: FrameMark(stream: stream, frameNumber: UInt64(number)), into: picture)
            let offset = storage.count
            let isKeyFrame = try encoder.encode(picture) { frame in
                storage.append(contentsOf: frame.bytes)
                return frame.isKeyFrame
            }
            let quality = try storage.withUnsafeBufferPointer { (bytes) throws(CodecError) in
                try decoder.decode(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[offset...]))) {
                    (decoded) throws(CodecError) in
                    guard let decoded else { throw CodecError(library: .vpx, operation: .decode, code: 0) }
                    return picture.withLuma { PictureQuality(ofUnmarked: decoded.y, against: $0) }
                }
            }
            storage.append(contentsOf: repeatElement(0, count: FrameTag.byteCount))
            let count = storage.count - offset
            precondition(count <= EncodedFrame.maximumSize, "a frame is small enough to be cut into packets")
            frames.append(
                EncodedFrame(offset: offset, count: count, isKeyFrame: isKeyFrame, quality: quality))
            progress(work)
        }
        return frames
    }
}
