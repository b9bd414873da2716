import WireFormats

/// Makes one video clip: renders, encodes, decodes and measures every frame of the loop.
struct VideoPreparation {
    private let video: ClipSpecification.Video
    private let loopSeconds: Int

    /// The work of a clip, in pixels over 57600 (one picture of 180 lines).
    static func work(of video: ClipSpecification.Video, loopSeconds: Int) -> Int {
        video.layers.reduce(0) { $0 + work(of: $1) * $1.framesPerSecond * loopSeconds }
    }

    private static func work(of layer: ClipSpecification.Layer) -> Int {
        max(1, layer.width * layer.height / 57600)
    }

    init(_ video: ClipSpecification.Video, loopSeconds: Int) {
        self.video = video
        self.loopSeconds = loopSeconds
    }

    /// The finished clip.
    func run(clipIndex: Int, progress: (Int) -> Void) throws(CodecError) -> VideoClip {
        var storage: [UInt8] = []
        var frames: [[EncodedFrame]] = []
        switch video.coding {
        case .vp8:
            for index in video.layers.indices {
                frames.append(try encodeStream(index, into: &storage, progress: progress))
            }
        case .vp9(let mode):
            frames = try encodeLayers(mode, into: &storage, progress: progress)
        }
        return VideoClip(clipIndex: clipIndex, specification: video, frames: frames, storage: storage)
    }

    private func scene(_ layer: ClipSpecification.Layer) -> any PictureScene {
        switch video.scene {
        case .camera:
            MovingScene(
                seed: video.seed, width: layer.width, height: layer.height,
                framesPerSecond: layer.framesPerSecond, loopSeconds: loopSeconds)
        case .screen:
            TextScene(
                seed: video.seed, width: layer.width, height: layer.height,
                framesPerSecond: layer.framesPerSecond, loopSeconds: loopSeconds)
        }
    }

    private func mark(layer: Int, number: Int) -> FrameMark {
        FrameMark(
            stream: UInt8(truncatingIfNeeded: video.seed << 3) | UInt8(layer), frameNumber: UInt64(number))
    }

    // MARK: VP8, a stream for each layer

    private func encodeStream(
        _ index: Int, into storage: inout [UInt8], progress: (Int) -> Void
    ) throws(CodecError) -> [EncodedFrame] {
        let layer = video.layers[index]
        let scene = scene(layer)
        let encoder = try VP8Encoder(
            VP8Encoder.Configuration(
                width: layer.width, height: layer.height, framesPerSecond: layer.framesPerSecond,
                bitrate: layer.bitrate, speed: layer.speed))
        let decoder = try VideoDecoder(.vp8)
        let picture = Picture(width: layer.width, height: layer.height)
        var frames: [EncodedFrame] = []
        for number in 0..<scene.frameCount {
            scene.render(number, mark: mark(layer: index, number: number), into: picture)
            let offset = storage.count
            let isKeyFrame = try encoder.encode(picture) { frame in
                storage.append(contentsOf: frame.bytes)
                return frame.isKeyFrame
            }
            let quality = try measure(storage, from: offset, by: decoder, against: picture)
            storage.append(contentsOf: repeatElement(0, count: FrameTag.byteCount))
            let count = storage.count - offset
            frames.append(
                EncodedFrame(
                    offset: offset, count: count, tagOffset: count - FrameTag.byteCount,
                    isKeyFrame: isKeyFrame, quality: quality))
            progress(Self.work(of: layer))
        }
        return frames
    }

    // MARK: VP9, all layers in one stream

    private func encodeLayers(
        _ mode: ScalabilityMode, into storage: inout [UInt8], progress: (Int) -> Void
    ) throws(CodecError) -> [[EncodedFrame]] {
        guard let top = video.layers.last else { return [] }
        let scene = scene(top)
        let encoder = try VP9Encoder(
            VP9Encoder.Configuration(
                mode: mode, width: top.width, height: top.height, framesPerSecond: top.framesPerSecond,
                bitrates: video.layers.map(\.bitrate)))
        // Each layer is decoded as a viewer of that layer gets it: with the layers below in key pictures only.
        var decoders: [VideoDecoder] = []
        for _ in video.layers { decoders.append(try VideoDecoder(.vp9)) }
        let picture = Picture(width: top.width, height: top.height)
        var frames: [[EncodedFrame]] = Array(repeating: [], count: video.layers.count)
        var pictures: [UInt8] = []
        for number in 0..<scene.frameCount {
            scene.render(number, mark: mark(layer: 0, number: number), into: picture)
            let start = pictures.count
            var ranges: [(offset: Int, tagOffset: Int)] = []
            try encoder.encode(picture, position: number) { (layerFrames) throws(CodecError) in
                for frame in layerFrames {
                    let offset = pictures.count
                    ranges.append((offset, try Self.append(frame, to: &pictures)))
                }
            }
            for (index, decoder) in decoders.enumerated() {
                let end = index + 1 < ranges.count ? ranges[index + 1].offset : pictures.count
                let seen = number == 0 ? start..<end : ranges[index].offset..<end
                let reference = picture.reduced(times: video.layers.count - 1 - index)
                let quality = try measure(
                    pictures, from: seen.lowerBound, to: seen.upperBound, by: decoder, against: reference)
                frames[index].append(
                    EncodedFrame(
                        offset: ranges[index].offset, count: end - ranges[index].offset,
                        tagOffset: ranges[index].tagOffset, isKeyFrame: number == 0, quality: quality))
            }
            progress(video.layers.reduce(0) { $0 + Self.work(of: $1) })
        }
        // Encoded picture by picture, they are kept layer by layer, in the order in which archives list them.
        return frames.map { layer in layer.map { $0.moved(from: pictures, to: &storage) } }
    }

    /// Appends a VP9 frame with room for a tag behind its compressed header, where no decoder reads, and returns where
    /// in the frame the room begins.
    private static func append(
        _ frame: UnsafeRawBufferPointer, to storage: inout [UInt8]
    ) throws(CodecError) -> Int {
        for columns in 0...3 {
            guard let header = VP9FrameHeader.parse(frame.bytes, maximumTileColumns: columns) else {
                continue
            }
            let start = storage.count
            storage.append(contentsOf: frame[..<header.tileOffset])
            storage.append(contentsOf: repeatElement(0, count: FrameTag.byteCount))
            storage.append(contentsOf: frame[header.tileOffset...])
            let size = header.compressedByteCount + FrameTag.byteCount
            for bit in 0..<16 {
                let position = header.sizeFieldPosition + bit
                let mask: UInt8 = 0x80 >> UInt8(position % 8)
                storage[start + position / 8] &= ~mask
                if size >> (15 - bit) & 1 == 1 { storage[start + position / 8] |= mask }
            }
            guard EncodedFrame.permitsTag(at: header.tileOffset, in: storage.count - start) else { break }
            return header.tileOffset
        }
        throw CodecError(library: .vpx, operation: .encode, code: 0)
    }

    // MARK: Quality

    private func measure(
        _ storage: [UInt8], from start: Int, to end: Int? = nil, by decoder: VideoDecoder,
        against picture: Picture
    ) throws(CodecError) -> PictureQuality {
        try storage.withUnsafeBufferPointer { (bytes) throws(CodecError) in
            let frame = UnsafeBufferPointer(rebasing: bytes[start..<(end ?? bytes.count)])
            return try decoder.decode(UnsafeRawBufferPointer(frame)) { (decoded) throws(CodecError) in
                guard let decoded, decoded.y.width == picture.width, decoded.y.height == picture.height else {
                    throw CodecError(library: .vpx, operation: .decode, code: 0)
                }
                return picture.withLuma { PictureQuality(ofUnmarked: decoded.y, against: $0) }
            }
        }
    }
}
