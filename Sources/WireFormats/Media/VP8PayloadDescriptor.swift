import Primitives

/// The descriptor in front of every VP8 payload (RFC 7741 section 4.2).
public struct VP8PayloadDescriptor: Sendable, Hashable {
    /// The longest descriptor.
    public static let maximumByteCount = 6

    /// N: the frame is no reference for others and may be dropped.
    public var isNonReference = false
    /// S: the payload starts a partition.
    public var isStartOfPartition = false
    /// PID: the partition's index, 0...7.
    public var partitionIndex: UInt8 = 0
    /// The running number of the picture, 7 or 15 bits.
    public var pictureID: UInt16?
    /// M: whether the picture id is written with 15 bits; ids above 127 always are.
    public var hasLongPictureID = false
    /// TL0PICIDX: the running number of the last picture of the lowest temporal layer.
    public var baseLayerIndex: UInt8?
    /// TID: the temporal layer, 0...3.
    public var temporalLayer: UInt8?
    /// Y: whether a receiver may switch up to this temporal layer here.
    public var isLayerSync = false
    /// KEYIDX: the running number of the key frame, 5 bits.
    public var keyIndex: UInt8?

    /// Makes a descriptor without optional parts.
    public init(isStartOfPartition: Bool = false) { self.isStartOfPartition = isStartOfPartition }

    /// Whether the payload begins a frame.
    public var isStartOfFrame: Bool { isStartOfPartition && partitionIndex == 0 }

    /// Parses the descriptor at the start of a payload.
    ///
    /// - Returns: The descriptor and its length, which is the offset of the VP8 data; nil if it is cut off or if no
    ///   data follow.
    public static func parse(_ payload: RawSpan) -> (descriptor: VP8PayloadDescriptor, byteCount: Int)? {
        var reader = ByteReader(payload)
        let flags = reader.readUInt8()
        var descriptor = VP8PayloadDescriptor()
        descriptor.isNonReference = flags & 0x20 != 0
        descriptor.isStartOfPartition = flags & 0x10 != 0
        descriptor.partitionIndex = flags & 0x07
        if flags & 0x80 != 0 {
            let parts = reader.readUInt8()
            if parts & 0x80 != 0 {
                let first = UInt16(reader.readUInt8())
                descriptor.hasLongPictureID = first & 0x80 != 0
                descriptor.pictureID =
                    descriptor.hasLongPictureID ? (first & 0x7f) << 8 | UInt16(reader.readUInt8()) : first
            }
            if parts & 0x40 != 0 { descriptor.baseLayerIndex = reader.readUInt8() }
            if parts & 0x30 != 0 {
                let byte = reader.readUInt8()
                if parts & 0x20 != 0 {
                    descriptor.temporalLayer = byte >> 6
                    descriptor.isLayerSync = byte & 0x20 != 0
                }
                if parts & 0x10 != 0 { descriptor.keyIndex = byte & 0x1f }
            }
        }
        guard !reader.failed, reader.remaining > 0 else { return nil }
        return (descriptor, reader.offset)
    }

    /// The length that `write` needs.
    public var byteCount: Int {
        guard hasExtension else { return 1 }
        let pictureCount = pictureID == nil ? 0 : writesLongPictureID ? 2 : 1
        return 2 + pictureCount + (baseLayerIndex == nil ? 0 : 1)
            + (temporalLayer == nil && keyIndex == nil ? 0 : 1)
    }

    /// Writes the descriptor at the start of `buffer`.
    ///
    /// - Returns: Its length; 0 if the buffer is too small.
    public func write(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var writer = ByteWriter(buffer)
        let flags = (isNonReference ? 0x20 : 0) | (isStartOfPartition ? 0x10 : 0) | partitionIndex & 0x07
        guard hasExtension else {
            writer.write(flags)
            return writer.overflowed ? 0 : writer.count
        }
        writer.write(0x80 | flags)
        writer.write(
            (pictureID == nil ? 0 : 0x80) | (baseLayerIndex == nil ? 0 : 0x40)
                | (temporalLayer == nil ? 0 : 0x20)
                | (keyIndex == nil ? 0 : UInt8(0x10)))
        if let pictureID {
            if writesLongPictureID {
                writer.write(0x8000 | pictureID)
            } else {
                writer.write(UInt8(truncatingIfNeeded: pictureID))
            }
        }
        if let baseLayerIndex { writer.write(baseLayerIndex) }
        if temporalLayer != nil || keyIndex != nil {
            let layer = (temporalLayer ?? 0) << 6 | (temporalLayer != nil && isLayerSync ? 0x20 : 0)
            writer.write(layer | (keyIndex ?? 0) & 0x1f)
        }
        return writer.overflowed ? 0 : writer.count
    }

    private var hasExtension: Bool {
        pictureID != nil || baseLayerIndex != nil || temporalLayer != nil || keyIndex != nil
    }

    private var writesLongPictureID: Bool { hasLongPictureID || (pictureID ?? 0) > 127 }
}

/// The start of a VP8 frame (RFC 6386 section 9.1, RFC 7741 section 4.3).
public struct VP8FrameHeader: Sendable, Hashable {
    /// Whether the frame can be decoded without others.
    public var isKeyFrame: Bool
    /// Whether the frame is meant to be shown.
    public var isShown: Bool
    /// The bitstream profile, 0...3.
    public var version: UInt8
    /// Length of the first partition in bytes.
    public var firstPartitionByteCount: Int
    /// Picture width in pixels; 0 unless this is a key frame.
    public var width: Int
    /// Picture height in pixels; 0 unless this is a key frame.
    public var height: Int

    /// Parses the start of a frame, which is what follows the descriptor of the frame's first packet.
    ///
    /// - Returns: Nil if the bytes are cut off or if a key frame lacks its start code.
    public static func parse(_ frame: RawSpan) -> VP8FrameHeader? {
        var reader = ByteReader(frame)
        let tag = reader.readUInt24()
        let (first, second, third) = (tag >> 16, tag >> 8 & 0xff, tag & 0xff)
        var header = VP8FrameHeader(
            isKeyFrame: first & 1 == 0, isShown: first & 0x10 != 0, version: UInt8(first >> 1 & 7),
            firstPartitionByteCount: Int(third << 11 | second << 3 | first >> 5), width: 0, height: 0)
        if header.isKeyFrame {
            guard reader.readUInt24() == 0x9d012a else { return nil }
            // Little endian; the upper two bits are a scaling hint.
            header.width = Int(reader.readUInt16().byteSwapped & 0x3fff)
            header.height = Int(reader.readUInt16().byteSwapped & 0x3fff)
        }
        return reader.failed ? nil : header
    }
}
