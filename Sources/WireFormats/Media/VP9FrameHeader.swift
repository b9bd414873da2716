/// The uncompressed header of a VP9 frame (VP9 bitstream specification 0.6, section 6.2), as far as its end.
///
/// We need it for one thing: behind it lies the compressed header, whose length it tells, and bytes that are added
/// there are read by no decoder. That is where frames of our clips carry their tag.
public struct VP9FrameHeader: Sendable, Hashable {
    /// Whether the frame can be decoded without others.
    public var isKeyFrame = false
    /// Whether the frame is meant to be shown.
    public var isShown = false
    /// Whether nothing of the frame depends on earlier ones' probabilities.
    public var isErrorResilient = false
    /// Picture width in pixels; 0 if the frame takes it from a reference.
    public var width = 0
    /// Picture height in pixels; 0 if the frame takes it from a reference.
    public var height = 0
    /// Position of `header_size_in_bytes`, in bits from the start of the frame.
    public var sizeFieldPosition = 0
    /// Length of the compressed header in bytes; 0 for a frame that shows an earlier one.
    public var compressedByteCount = 0

    /// Length of the uncompressed header in bytes.
    public var uncompressedByteCount: Int { (sizeFieldPosition + 16 + 7) / 8 }
    /// Where the compressed header ends and the tiles begin.
    public var tileOffset: Int { uncompressedByteCount + compressedByteCount }

    private static let syncCode: UInt32 = 0x498342
    private static let sRGB: UInt32 = 7

    /// Parses the start of a frame.
    ///
    /// - Parameter maximumTileColumns: The logarithm of the most tile columns that a picture of the frame's width
    ///   may have, where the width is not told; the header's layout depends on it.
    /// - Returns: Nil if the bytes are cut off or are no VP9 frame.
    public static func parse(_ frame: RawSpan, maximumTileColumns: Int) -> VP9FrameHeader? {
        var reader = BitReader(frame)
        guard reader.read(2) == 2 else { return nil }
        let low = reader.read(1)
        let profile = reader.read(1) << 1 | low
        if profile == 3 { reader.skip(1) }
        var header = VP9FrameHeader()
        guard !reader.readFlag() else { return reader.failed ? nil : header }
        header.isKeyFrame = !reader.readFlag()
        header.isShown = reader.readFlag()
        header.isErrorResilient = reader.readFlag()
        guard header.parseFrame(&reader, profile: profile) else { return nil }
        if !header.isErrorResilient { reader.skip(2) }  // refresh_frame_context, frame_parallel_decoding_mode
        reader.skip(2)  // frame_context_idx
        skipLoopFilter(&reader)
        skipQuantization(&reader)
        skipSegmentation(&reader)
        let columns = header.width > 0 ? Self.maximumTileColumns(width: header.width) : maximumTileColumns
        var increments = 0
        while increments < columns, reader.readFlag() { increments += 1 }
        if reader.readFlag() { reader.skip(1) }  // tile_rows_log2
        header.sizeFieldPosition = reader.position
        header.compressedByteCount = Int(reader.read(16))
        guard !reader.failed, header.compressedByteCount > 0 else { return nil }
        return header
    }

    /// The logarithm of the most tile columns of a picture: each is at least 256 pixels wide (section 6.2.14).
    public static func maximumTileColumns(width: Int) -> Int {
        let blocks = (width + 63) / 64
        var columns = 1
        while blocks >> columns >= 4 { columns += 1 }
        return columns - 1
    }

    private mutating func parseFrame(_ reader: inout BitReader, profile: UInt32) -> Bool {
        if isKeyFrame {
            guard reader.read(24) == Self.syncCode else { return false }
            Self.skipColour(&reader, profile: profile)
            parseSize(&reader)
            return true
        }
        let isIntraOnly = isShown ? false : reader.readFlag()
        if !isErrorResilient { reader.skip(2) }  // reset_frame_context
        if isIntraOnly {
            guard reader.read(24) == Self.syncCode else { return false }
            if profile > 0 { Self.skipColour(&reader, profile: profile) }
            reader.skip(8)  // refresh_frame_flags
            parseSize(&reader)
            return true
        }
        reader.skip(8 + 3 * 4)  // refresh_frame_flags; three references of three bits and a sign bias
        var isReferenced = false
        for _ in 0..<3 where !isReferenced { isReferenced = reader.readFlag() }
        if isReferenced { Self.skipRenderSize(&reader) } else { parseSize(&reader) }
        reader.skip(1)  // allow_high_precision_mv
        if !reader.readFlag() { reader.skip(2) }  // interpolation filter
        return !reader.failed
    }

    private mutating func parseSize(_ reader: inout BitReader) {
        width = Int(reader.read(16)) + 1
        height = Int(reader.read(16)) + 1
        Self.skipRenderSize(&reader)
    }

    private static func skipRenderSize(_ reader: inout BitReader) {
        if reader.readFlag() { reader.skip(32) }
    }

    private static func skipColour(_ reader: inout BitReader, profile: UInt32) {
        if profile >= 2 { reader.skip(1) }
        if reader.read(3) != sRGB {
            reader.skip(1)
            if profile & 1 == 1 { reader.skip(3) }
        } else if profile & 1 == 1 {
            reader.skip(1)
        }
    }

    private static func skipLoopFilter(_ reader: inout BitReader) {
        reader.skip(6 + 3)
        guard reader.readFlag(), reader.readFlag() else { return }
        for _ in 0..<6 where reader.readFlag() { reader.skip(7) }
    }

    private static func skipQuantization(_ reader: inout BitReader) {
        reader.skip(8)
        for _ in 0..<3 where reader.readFlag() { reader.skip(5) }
    }

    private static func skipSegmentation(_ reader: inout BitReader) {
        guard reader.readFlag() else { return }
        if reader.readFlag() {
            for _ in 0..<7 where reader.readFlag() { reader.skip(8) }
            let isTemporal = reader.readFlag()
            for _ in 0..<3 where isTemporal && reader.readFlag() { reader.skip(8) }
        }
        guard reader.readFlag() else { return }
        reader.skip(1)
        for _ in 0..<8 {
            if reader.readFlag() { reader.skip(8 + 1) }  // quantiser and its sign
            if reader.readFlag() { reader.skip(6 + 1) }  // loop filter and its sign
            if reader.readFlag() { reader.skip(2) }  // reference
            reader.skip(1)  // skip
        }
    }
}

extension FrameTag {
    /// Reads the tag at the end of the compressed header of a VP9 frame; nil if there is none.
    ///
    /// - Parameter vp9: The frame from its first byte, at least as far as its tiles.
    public init?(vp9 frame: RawSpan) {
        // Where a frame takes its size from a reference, the end of its header depends on a width that is not told.
        for columns in 0...2 {
            guard let header = VP9FrameHeader.parse(frame, maximumTileColumns: columns) else { continue }
            if header.tileOffset <= frame.byteCount {
                let headers = frame.extracting(0..<header.tileOffset)
                if let tag = FrameTag(tail: headers) {
                    self = tag
                    return
                }
            }
            // A frame that tells its width has one reading only.
            if header.width > 0 { return nil }
        }
        return nil
    }
}
