public import WireFormats

/// A looped camera picture, encoded in layers.
public struct VideoClip: Sendable {
    /// Its encodings, smallest first.
    public let layers: [VideoLayer]
}

/// One encoding of a camera picture, ready to be sent: a loop of frames that starts with its only key frame.
public struct VideoLayer: Sendable {
    /// Number of the clip in its library, as frame tags carry it.
    public let clipIndex: Int
    /// Number of the layer in its clip, as frame tags carry it.
    public let layerIndex: Int
    /// What it was encoded to.
    public let specification: ClipSpecification.Layer
    /// The frames of the loop.
    let frames: [EncodedFrame]
    /// The bytes of all clips.
    let storage: [UInt8]

    /// Bytes of the payload descriptor before each packet's body (RFC 7741 section 4.2).
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

    /// Writes one RTP payload: descriptor, a piece of the frame, and in the last packet the tag.
    ///
    /// - Parameters:
    ///   - number: The frame, 0..<frameCount.
    ///   - packet: Which of its packets, 0..<packetCount.
    ///   - pictureID: Counts frames; 15 bits are sent.
    ///   - tag: Replaces the last 12 bytes of the frame.
    ///   - buffer: Where to write.
    /// - Returns: the payload's length; 0 if the buffer is too small.
    public func writePacket(
        frame number: Int, packet: Int, pictureID: UInt16, tag: FrameTag,
        into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let frame = frames[number]
        precondition(packet >= 0 && packet < frame.packetCount, "the frame has this packet")
        let body = frame.body(of: packet)
        let count = Self.descriptorSize + body.count
        guard buffer.count >= count else { return 0 }
        var descriptor = VP8PayloadDescriptor(isStartOfPartition: packet == 0)
        descriptor.pictureID = pictureID & 0x7fff
        descriptor.hasLongPictureID = true
        guard descriptor.write(into: buffer) == Self.descriptorSize else { return 0 }
        storage.withUnsafeBytes { bytes in
            let source = UnsafeRawBufferPointer(
                rebasing: bytes[frame.offset + body.lowerBound..<frame.offset + body.upperBound])
            UnsafeMutableRawBufferPointer(rebasing: buffer[Self.descriptorSize..<count]).copyMemory(
                from: source)
        }
        if packet == frame.packetCount - 1 {
            tag.write(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[count - FrameTag.byteCount..<count]))
        }
        return count
    }

    /// Lends the encoded bytes of a frame without the tag's room, for decoding.
    public func withFrame<Result, Failure: Error>(
        _ number: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let frame = frames[number]
        return try storage.withUnsafeBufferPointer { (bytes) throws(Failure) in
            let end = frame.offset + frame.count - FrameTag.byteCount
            return try body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[frame.offset..<end])))
        }
    }
}
