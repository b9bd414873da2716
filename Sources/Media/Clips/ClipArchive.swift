import Primitives
import WireFormats

/// Why bytes are no archive of the clip that was asked for.
public enum ClipArchiveError: Error, Hashable, Sendable {
    /// The bytes do not start as an archive does.
    case foreign
    /// The archive has another format version.
    case otherVersion
    /// The archive holds a clip of another specification.
    case otherSpecification
    /// The checksum does not hold, or the archive is cut off.
    case damaged
    /// The checksum holds but the tables contradict the specification or themselves.
    case inconsistent
}

/// The file format of one clip: header, checksum, tables, encoded bytes; all numbers big-endian.
///
/// | field | bytes |
/// | --- | --- |
/// | magic `VBCLIPS` and a zero | 8 |
/// | format version | 4 |
/// | key of the clip's specification | 32 |
/// | CRC-32 of everything that follows | 4 |
/// | count of encoded bytes | 4 |
/// | video: per layer, per frame: length, place of the tag, is key frame, PSNR, SSIM | 4 + 4 + 1 + 8 + 8 |
/// | audio: codec delay in samples | 4 |
/// | ... per packet: length, level | 2 + 1 |
/// | ... count of comfort packets; per packet: length | 1; 2 |
/// | the encoded bytes, frames and packets in that order | |
public enum ClipArchive {
    /// Rises with every change of the format or of how clips are made.
    public static let formatVersion: UInt32 = 3

    /// Bytes before the part that the checksum covers.
    public static let headerSize = 48

    private static let magic: [UInt8] = Array("VBCLIPS\0".utf8)

    /// The archive of a video clip, whose specification has the given key.
    public static func encode(_ clip: VideoClip, key: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        append(UInt32(clip.storage.count), to: &body)
        for frame in clip.layers.flatMap(\.frames) {
            append(UInt32(frame.count), to: &body)
            append(UInt32(frame.tagOffset), to: &body)
            body.append(frame.isKeyFrame ? 1 : 0)
            append(frame.quality.psnr.bitPattern, to: &body)
            append(frame.quality.ssim.bitPattern, to: &body)
        }
        return sealed(body + clip.storage, key: key)
    }

    /// The archive of an audio clip, whose specification has the given key.
    public static func encode(_ clip: AudioClip, key: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        append(UInt32(clip.storage.count), to: &body)
        append(UInt32(clip.codecDelaySamples), to: &body)
        for packet in clip.packets {
            append(UInt16(packet.count), to: &body)
            body.append(packet.level)
        }
        body.append(UInt8(clip.comfort.count))
        for packet in clip.comfort { append(UInt16(packet.count), to: &body) }
        return sealed(body + clip.storage, key: key)
    }

    private static func sealed(_ body: [UInt8], key: [UInt8]) -> [UInt8] {
        var archive = magic
        append(formatVersion, to: &archive)
        archive += key
        append(CRC32.checksum(body.span.bytes), to: &archive)
        return archive + body
    }

    /// Reads a video clip of `specification`; bytes of any other origin give an error, never a wrong clip.
    public static func decode(
        _ archive: RawSpan, as video: ClipSpecification.Video, of specification: ClipSpecification,
        clipIndex: Int
    ) throws(ClipArchiveError) -> VideoClip {
        var reader = ByteReader(archive)
        let storageCount = try open(&reader, archive, key: specification.key(of: video))
        var cursor = TableCursor()
        var frames: [[EncodedFrame]] = []
        for layer in video.layers {
            var layerFrames: [EncodedFrame] = []
            for _ in 0..<layer.framesPerSecond * specification.loopSeconds {
                layerFrames.append(readFrame(&reader, &cursor))
            }
            if layerFrames.first?.isKeyFrame != true { cursor.failed = true }
            frames.append(layerFrames)
        }
        return VideoClip(
            clipIndex: clipIndex, specification: video, frames: frames,
            storage: try close(&reader, cursor, storageCount))
    }

    /// Reads an audio clip of `specification`; bytes of any other origin give an error, never a wrong clip.
    public static func decode(
        _ archive: RawSpan, as microphone: ClipSpecification.Microphone, of specification: ClipSpecification,
        clipIndex: Int
    ) throws(ClipArchiveError) -> AudioClip {
        var reader = ByteReader(archive)
        let storageCount = try open(&reader, archive, key: specification.key(of: microphone))
        var cursor = TableCursor()
        let delay = Int(reader.readUInt32())
        var packets: [AudioClip.Packet] = []
        for _ in 0..<50 * specification.loopSeconds {
            let count = Int(reader.readUInt16())
            let offset = cursor.take(count, atLeast: OpusPacketPadding.overhead + 1, atMost: 1500)
            packets.append(AudioClip.Packet(offset: offset, count: count, level: reader.readUInt8()))
        }
        let comfortCount = Int(reader.readUInt8())
        if comfortCount == 0 { cursor.failed = true }
        var comfort: [AudioClip.Packet] = []
        for _ in 0..<comfortCount {
            let count = Int(reader.readUInt16())
            let offset = cursor.take(count, atLeast: 1, atMost: 1500)
            comfort.append(AudioClip.Packet(offset: offset, count: count, level: AudioLevel.silence))
        }
        return AudioClip(
            clipIndex: clipIndex, specification: microphone, codecDelaySamples: delay, packets: packets,
            comfort: comfort, storage: try close(&reader, cursor, storageCount))
    }

    /// Where the next frame lies, and whether a table made no sense.
    private struct TableCursor {
        var offset = 0
        var failed = false

        mutating func take(_ count: Int, atLeast minimum: Int, atMost maximum: Int) -> Int {
            if count < minimum || count > maximum { failed = true }
            defer { offset += count }
            return offset
        }
    }

    /// Reads the header; returns the count of encoded bytes.
    private static func open(
        _ reader: inout ByteReader, _ archive: RawSpan, key: [UInt8]
    ) throws(ClipArchiveError) -> Int {
        guard reader.readArray(magic.count) == magic else { throw .foreign }
        guard reader.readUInt32() == formatVersion else { throw .otherVersion }
        guard reader.readArray(32) == key else { throw .otherSpecification }
        let checksum = reader.readUInt32()
        guard !reader.failed, CRC32.checksum(archive.extracting(headerSize...)) == checksum else {
            throw .damaged
        }
        return Int(reader.readUInt32())
    }

    private static func close(
        _ reader: inout ByteReader, _ cursor: TableCursor, _ storageCount: Int
    ) throws(ClipArchiveError) -> [UInt8] {
        guard !reader.failed, !cursor.failed, cursor.offset == storageCount, reader.remaining == storageCount
        else { throw .inconsistent }
        return reader.readArray(storageCount)
    }

    private static func readFrame(_ reader: inout ByteReader, _ cursor: inout TableCursor) -> EncodedFrame {
        let count = Int(reader.readUInt32())
        let offset = cursor.take(count, atLeast: FrameTag.byteCount + 1, atMost: EncodedFrame.maximumSize)
        let tagOffset = Int(reader.readUInt32())
        if !EncodedFrame.permitsTag(at: tagOffset, in: count) { cursor.failed = true }
        let isKeyFrame = reader.readUInt8() == 1
        let quality = PictureQuality(
            psnr: Double(bitPattern: reader.readUInt64()), ssim: Double(bitPattern: reader.readUInt64()))
        if !quality.psnr.isFinite || !quality.ssim.isFinite { cursor.failed = true }
        return EncodedFrame(
            offset: offset, count: count, tagOffset: tagOffset, isKeyFrame: isKeyFrame, quality: quality)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
