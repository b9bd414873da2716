import Primitives

/// Redundant audio data: one packet carries the newest frame and copies of one or two before it (RFC 2198).
public enum REDPayload {
    /// The furthest that a redundant block may lie back, in timestamp units (14 bits).
    public static let maximumTimestampOffset: UInt32 = 0x3fff
    /// The longest redundant block in bytes (10 bits).
    public static let maximumRedundantByteCount = 0x3ff

    /// An earlier frame to send again.
    public struct Redundancy {
        /// How many timestamp units the frame is older than the primary one.
        public var timestampOffset: UInt32
        /// The encoded frame.
        public var bytes: UnsafeRawBufferPointer

        /// Makes a redundant block.
        public init(timestampOffset: UInt32, bytes: UnsafeRawBufferPointer) {
            self.timestampOffset = timestampOffset
            self.bytes = bytes
        }

        fileprivate var fits: Bool {
            1...REDPayload.maximumTimestampOffset ~= timestampOffset
                && 1...REDPayload.maximumRedundantByteCount ~= bytes.count
        }
    }

    /// Composes a payload; redundancy that RFC 2198 cannot express (too old, too long, empty) is left out.
    ///
    /// - Parameters:
    ///   - blockPayloadType: The payload type of all blocks, that of Opus.
    ///   - primary: The newest frame.
    ///   - previous: The frame before it, if it shall be repeated.
    ///   - older: The frame before that, if it shall be repeated as well.
    ///   - buffer: Where to write.
    /// - Returns: The payload's length; 0 if the buffer is too small.
    public static func write(
        blockPayloadType: UInt8, primary: UnsafeRawBufferPointer, previous: Redundancy? = nil,
        older: Redundancy? = nil, into buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        var writer = ByteWriter(buffer)
        // The oldest block comes first (RFC 2198 section 3).
        let first = older.flatMap { $0.fits ? $0 : nil }
        let second = previous.flatMap { $0.fits ? $0 : nil }
        if let first { writeHead(first, blockPayloadType, into: &writer) }
        if let second { writeHead(second, blockPayloadType, into: &writer) }
        writer.write(blockPayloadType & 0x7f)
        if let first { writer.write(first.bytes) }
        if let second { writer.write(second.bytes) }
        writer.write(primary)
        return writer.overflowed ? 0 : writer.count
    }

    private static func writeHead(_ block: Redundancy, _ payloadType: UInt8, into writer: inout ByteWriter) {
        writer.write(0x80 | payloadType & 0x7f)
        writer.writeUInt24(block.timestampOffset << 10 | UInt32(truncatingIfNeeded: block.bytes.count))
    }
}

/// One block of a redundant payload: the newest frame or a repetition of an earlier one.
public struct REDBlock: Sendable, Hashable {
    /// The payload type of the block's content.
    public var payloadType: UInt8
    /// How many timestamp units the frame is older than the packet's timestamp; 0 for the primary block.
    public var timestampOffset: UInt32
    /// Offset of the frame in the payload.
    public var offset: Int
    /// Length of the frame in bytes.
    public var count: Int
    /// Whether this is the newest frame, which comes last.
    public var isPrimary: Bool
}

/// Walks over the blocks of a redundant payload, oldest first (RFC 2198 section 3).
public struct REDBlocks: ~Escapable {
    private var heads: ByteReader
    private var dataOffset: Int
    private let end: Int
    private var isFinished = false

    /// Starts at the first block; nil if the heads are cut off or promise more bytes than there are.
    @_lifetime(copy payload)
    public init?(_ payload: RawSpan) {
        heads = ByteReader(payload)
        end = payload.byteCount
        var scan = ByteReader(payload)
        var redundantBytes = 0
        while true {
            let first = scan.readUInt8()
            guard first & 0x80 != 0 else { break }
            redundantBytes += Int(scan.readUInt24() & 0x3ff)
            guard !scan.failed else { return nil }
        }
        guard !scan.failed, scan.remaining >= redundantBytes else { return nil }
        dataOffset = scan.offset
    }

    /// The next block; the last one is the primary.
    public mutating func next() -> REDBlock? {
        guard !isFinished else { return nil }
        let first = heads.readUInt8()
        guard first & 0x80 != 0 else {
            isFinished = true
            return REDBlock(
                payloadType: first, timestampOffset: 0, offset: dataOffset, count: end - dataOffset,
                isPrimary: true)
        }
        let word = heads.readUInt24()
        let block = REDBlock(
            payloadType: first & 0x7f, timestampOffset: word >> 10, offset: dataOffset,
            count: Int(word & 0x3ff),
            isPrimary: false)
        dataOffset += block.count
        return block
    }
}
