import Primitives

/// The twelve bytes at the end of every encoded frame of our clips, by which a receiver recognises the frame.
///
/// Decoders ignore them by their codec's own rules: VP8 ignores bytes after the last token partition, Opus the
/// padding of a code 3 packet (RFC 6716 section 3.2.5). An SFU forwards them untouched, so they name the frame and
/// its capture time at every receiver. Layout, big endian:
///
///     capture time in µs since the Unix epoch, modulo 2^40 (5 bytes) | frame number in the clip (2)
///     | clip (5 bits) and layer (3 bits) (1) | CRC-32 of the eight bytes, XOR 0x56425431 (4)
public struct FrameTag: Sendable, Hashable {
    /// Length of a tag.
    public static let byteCount = 12
    /// Capture times wrap at this many microseconds, about 12.7 days.
    public static let capturePeriod: Int64 = 1 << 40

    private static let checkMask: UInt32 = 0x5642_5431

    /// When the frame was due to be captured: µs since the Unix epoch, modulo `capturePeriod`.
    public var captureMicroseconds: UInt64
    /// The frame's number in its clip.
    public var frameNumber: UInt16
    /// The clip, 0...31.
    public var clip: UInt8
    /// The simulcast layer, 0...7.
    public var layer: UInt8

    /// Makes a tag; numbers that are too large for their field are cut to it.
    public init(captureMicroseconds: UInt64, frameNumber: UInt16, clip: UInt8, layer: UInt8) {
        self.captureMicroseconds = captureMicroseconds & UInt64(Self.capturePeriod - 1)
        self.frameNumber = frameNumber
        self.clip = clip & 0x1f
        self.layer = layer & 0x07
    }

    /// Reads the tag at the end of a frame; nil if the last twelve bytes are none.
    public init?(tail: UnsafeRawBufferPointer) { self.init(tail: tail.bytes) }

    /// Reads the tag at the end of a frame; nil if the last twelve bytes are none.
    public init?(tail: RawSpan) {
        guard tail.byteCount >= Self.byteCount else { return nil }
        let tag = tail.extracting(tail.byteCount - Self.byteCount..<tail.byteCount)
        var reader = ByteReader(tag)
        let timeHigh = UInt64(reader.readUInt8())
        let timeLow = UInt64(reader.readUInt32())
        let frameNumber = reader.readUInt16()
        let clipAndLayer = reader.readUInt8()
        guard reader.readUInt32() == CRC32.checksum(tag.extracting(0..<8)) ^ Self.checkMask else {
            return nil
        }
        self.init(
            captureMicroseconds: timeHigh << 32 | timeLow, frameNumber: frameNumber, clip: clipAndLayer >> 3,
            layer: clipAndLayer)
    }

    /// Writes the tag into the last twelve bytes of `frame`, which the caller has left free for it.
    public func write(into frame: UnsafeMutableRawBufferPointer) {
        precondition(frame.count >= Self.byteCount, "a frame tag needs twelve bytes")
        let tag = UnsafeMutableRawBufferPointer(rebasing: frame[(frame.count - Self.byteCount)...])
        var writer = ByteWriter(tag)
        writer.write(UInt8(truncatingIfNeeded: captureMicroseconds >> 32))
        writer.write(UInt32(truncatingIfNeeded: captureMicroseconds))
        writer.write(frameNumber)
        writer.write(clip << 3 | layer & 0x07)
        writer.write(CRC32.checksum(tag.bytes.extracting(0..<8)) ^ Self.checkMask)
    }

    /// Microseconds from capture to `unixMicroseconds`; negative if the clocks disagree, right within ±6 days.
    public func age(at unixMicroseconds: Int64) -> Int64 {
        let difference = unixMicroseconds &- Int64(truncatingIfNeeded: captureMicroseconds)
        return (difference << 24) >> 24
    }
}
