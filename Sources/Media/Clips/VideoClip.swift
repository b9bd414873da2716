public import WireFormats

/// A looped picture, encoded in layers.
public struct VideoClip: Sendable {
    /// Number of the clip in its library, as frame tags carry it.
    public let clipIndex: Int
    /// What it was made from.
    public let specification: ClipSpecification.Video
    /// Its encodings, smallest first: streams of VP8, or the spatial layers of one stream of VP9.
    public let layers: [VideoLayer]

    /// The bytes of all layers.
    let storage: [UInt8]

    init(
        clipIndex: Int, specification: ClipSpecification.Video, frames: [[EncodedFrame]], storage: [UInt8]
    ) {
        self.clipIndex = clipIndex
        self.specification = specification
        self.storage = storage
        layers = specification.layers.enumerated().map { index, layer in
            VideoLayer(
                clipIndex: clipIndex, layerIndex: index, specification: layer, frames: frames[index],
                storage: storage)
        }
    }
}

/// One encoding of a picture, ready to be sent: a loop of frames that starts with its only key frame.
public struct VideoLayer: Sendable {
    /// Number of the clip in its library, as frame tags carry it.
    public let clipIndex: Int
    /// Number of the layer in its clip, as frame tags carry it.
    public let layerIndex: Int
    /// What it was encoded to.
    public let specification: ClipSpecification.Layer
    /// The frames of the loop.
    let frames: [EncodedFrame]
    /// The bytes of the clip.
    let storage: [UInt8]

    /// Bytes of the payload descriptor before each body of VP8 (RFC 7741 section 4.2).
    public static let descriptorSize = 4

    /// Pictures per second.
    public var framesPerSecond: Int { specification.framesPerSecond }
    /// Frames in the loop.
    public var frameCount: Int { frames.count }

    /// Frame `number` of the loop, 0..<frameCount; frame 0 is the key frame.
    public func frame(_ number: Int) -> EncodedFrame { frames[number] }

    /// The tag of frame `number`, captured at a Unix time in microseconds.
    public func tag(frame number: Int, captureMicroseconds: UInt64) -> FrameTag {
        FrameTag(
            captureMicroseconds: captureMicroseconds, frameNumber: UInt16(truncatingIfNeeded: number),
            clip: UInt8(truncatingIfNeeded: clipIndex), layer: UInt8(truncatingIfNeeded: layerIndex))
    }

    /// The average bit rate over one loop in bit/s, tags included, RTP headers and descriptors not.
    public var averageBitrate: Int {
        frames.reduce(0) { $0 + $1.count } * 8 * framesPerSecond / max(1, frames.count)
    }

    /// Writes one RTP payload of VP8: descriptor, and a piece of the frame with the tag in its place.
    ///
    /// - Parameters:
    ///   - number: The frame, 0..<frameCount.
    ///   - packet: Which of its packets, 0..<packetCount.
    ///   - pictureID: Counts frames; 15 bits are sent.
    ///   - tag: Takes the place that the frame has left for it.
    ///   - buffer: Where to write.
    /// - Returns: the payload's length; 0 if the buffer is too small.
    public func writePacket(
        frame number: Int, packet: Int, pictureID: UInt16, tag: FrameTag,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: packet == 0)
        descriptor.pictureID = pictureID & 0x7fff
        descriptor.hasLongPictureID = true
        let head = descriptor.write(into: buffer)
        return head == 0 ? 0 : writeBody(frame: number, packet: packet, tag: tag, behind: head, in: buffer)
    }

    /// Writes one RTP payload of VP9: descriptor, and a piece of the layer frame with the tag in its place.
    ///
    /// - Parameter description: The descriptor that all packets of the layer frame share.
    /// - Returns: the payload's length; 0 if the buffer is too small.
    public func writePacket(
        frame number: Int, packet: Int, description: VP9PayloadDescriptor, tag: FrameTag,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var descriptor = description
        descriptor.isStartOfFrame = packet == 0
        descriptor.isEndOfFrame = packet == frames[number].packetCount - 1
        if packet > 0 { descriptor.scalability = nil }
        let head = descriptor.write(into: buffer)
        return head == 0 ? 0 : writeBody(frame: number, packet: packet, tag: tag, behind: head, in: buffer)
    }

    private func writeBody(
        frame number: Int, packet: Int, tag: FrameTag, behind head: Int,
        in buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let frame = frames[number]
        precondition(packet >= 0 && packet < frame.packetCount, "the frame has this packet")
        let body = frame.body(of: packet)
        guard buffer.count >= head + body.count else { return 0 }
        storage.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: buffer[head..<head + body.count]).copyMemory(
                from: UnsafeRawBufferPointer(
                    rebasing: bytes[frame.offset + body.lowerBound..<frame.offset + body.upperBound]))
        }
        if body.contains(frame.tagOffset) {
            let end = head + frame.tagOffset - body.lowerBound + FrameTag.byteCount
            tag.write(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end - FrameTag.byteCount..<end]))
        }
        return head + body.count
    }

    /// Lends the encoded bytes of a frame, with zeros in the tag's place, for decoding.
    public func withFrame<Result, Failure: Error>(
        _ number: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let frame = frames[number]
        return try storage.withUnsafeBufferPointer { (bytes) throws(Failure) in
            let range = frame.offset..<frame.offset + frame.count
            return try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range])))
        }
    }
}
