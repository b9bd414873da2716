import Primitives
import WireFormats

/// Why bytes are no archive of the clips that were asked for.
public enum ClipArchiveError: Error, Hashable, Sendable {
    /// The bytes do not start as an archive does.
    case foreign
    /// The archive has another format version.
    case otherVersion
    /// The archive holds clips of another specification.
    case otherSpecification
    /// The checksum does not hold, or the archive is cut off.
    case damaged
    /// The checksum holds but the tables contradict the specification or themselves.
    case inconsistent
}

/// The file format of a clip library: header, checksum, tables, encoded bytes; all numbers big-endian.
///
/// | field | bytes |
/// | --- | --- |
/// | magic `VBCLIPS` and a zero | 8 |
/// | format version | 4 |
/// | key of the specification | 32 |
/// | CRC-32 of everything that follows | 4 |
/// | count of encoded bytes | 4 |
/// | per layer, per frame: length, is key frame, PSNR, SSIM | 4 + 1 + 8 + 8 |
/// | per microphone: codec delay in samples | 4 |
/// | ... per packet: length, level | 2 + 1 |
/// | ... count of comfort packets; per packet: length | 1; 2 |
/// | the encoded bytes, frames and packets in that order | |
public enum ClipArchive {
    /// Rises with every change of the format or of how clips are made.
    public static let formatVersion: UInt32 = 1

    /// Bytes before the part that the checksum covers.
    public static let headerSize = 48

    private static let magic: [UInt8] = Array("VBCLIPS\0".utf8)

    /// The archive of a library.
    public static func encode(_ library: ClipLibrary) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(library.storage.count + 64 << 10)
        append(UInt32(library.storage.count), to: &body)
        for frame in library.video.lazy.flatMap(\.layers).flatMap(\.frames) {
            append(UInt32(frame.count), to: &body)
            body.append(frame.isKeyFrame ? 1 : 0)
            append(frame.quality.psnr.bitPattern, to: &body)
            append(frame.quality.ssim.bitPattern, to: &body)
        }
        for clip in library.audio {
            append(UInt32(clip.codecDelaySamples), to: &body)
            for packet in clip.packets {
                append(UInt16(packet.count), to: &body)
                body.append(packet.level)
            }
            body.append(UInt8(clip.comfort.count))
            for packet in clip.comfort { append(UInt16(packet.count), to: &body) }
        }
        body += library.storage
        var archive = magic
        append(formatVersion, to: &archive)
        archive += library.specification.key
        append(CRC32.checksum(body.span.bytes), to: &archive)
        return archive + body
    }

    /// Reads the library of `specification`; bytes of any other origin give an error, never a wrong library.
    public static func decode(
        _ archive: RawSpan, for specification: ClipSpecification
    ) throws(ClipArchiveError) -> ClipLibrary {
        var reader = ByteReader(archive)
        guard reader.readArray(magic.count) == magic else { throw .foreign }
        guard reader.readUInt32() == formatVersion else { throw .otherVersion }
        guard reader.readArray(32) == specification.key else { throw .otherSpecification }
        let checksum = reader.readUInt32()
        guard !reader.failed, CRC32.checksum(archive.extracting(headerSize...)) == checksum else {
            throw .damaged
        }
        let storageCount = Int(reader.readUInt32())
        var cursor = TableCursor()
        let tables = readTables(&reader, of: specification, &cursor)
        guard !reader.failed, !cursor.failed, cursor.offset == storageCount, reader.remaining == storageCount
        else {
            throw .inconsistent
        }
        return ClipLibrary(specification, tables: tables, storage: reader.readArray(storageCount))
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

    private static func readTables(
        _ reader: inout ByteReader, of specification: ClipSpecification, _ cursor: inout TableCursor
    ) -> ClipTables {
        var tables = ClipTables()
        for camera in specification.cameras {
            var layers: [[EncodedFrame]] = []
            for layer in camera.layers {
                var frames: [EncodedFrame] = []
                for _ in 0..<layer.framesPerSecond * specification.loopSeconds {
                    frames.append(readFrame(&reader, &cursor))
                }
                if frames.first?.isKeyFrame != true { cursor.failed = true }
                layers.append(frames)
            }
            tables.layers.append(layers)
        }
        for _ in specification.microphones {
            var table = ClipTables.Microphone()
            table.codecDelaySamples = Int(reader.readUInt32())
            for _ in 0..<50 * specification.loopSeconds {
                let count = Int(reader.readUInt16())
                let offset = cursor.take(count, atLeast: OpusPacketPadding.overhead + 1, atMost: 1500)
                table.packets.append(
                    AudioClip.Packet(offset: offset, count: count, level: reader.readUInt8()))
            }
            let comfortCount = Int(reader.readUInt8())
            if comfortCount == 0 { cursor.failed = true }
            for _ in 0..<comfortCount {
                let count = Int(reader.readUInt16())
                let offset = cursor.take(count, atLeast: 1, atMost: 1500)
                table.comfort.append(
                    AudioClip.Packet(offset: offset, count: count, level: AudioLevel.silence))
            }
            tables.microphones.append(table)
        }
        return tables
    }

    private static func readFrame(_ reader: inout ByteReader, _ cursor: inout TableCursor) -> EncodedFrame {
        let count = Int(reader.readUInt32())
        let offset = cursor.take(count, atLeast: FrameTag.byteCount + 1, atMost: EncodedFrame.maximumSize)
        let isKeyFrame = reader.readUInt8() == 1
        let quality = PictureQuality(
            psnr: Double(bitPattern: reader.readUInt64()), ssim: Double(bitPattern: reader.readUInt64()))
        if !quality.psnr.isFinite || !quality.ssim.isFinite { cursor.failed = true }
        return EncodedFrame(offset: offset, count: count, isKeyFrame: isKeyFrame, quality: quality)
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
