public import Primitives

/// Composes one SCTP packet in a caller's buffer: header, chunks with padding, checksum.
///
/// A chunk that does not fit sets `overflowed`; callers test `remaining` before they begin one.
public struct SCTPPacketWriter {
    /// Where the bytes go.
    private var writer: ByteWriter
    /// Offset of the chunk that is being written.
    private var chunkStart = 0
    /// Padding bytes of the parameter written last, while nothing follows it.
    private var trailingPadding = 0
    /// How many chunks have been begun.
    public private(set) var chunkCount = 0

    /// Writes the common header to the start of `buffer`.
    public init(_ buffer: UnsafeMutableRawBufferPointer, header: SCTPHeader) {
        writer = ByteWriter(buffer)
        writer.write(header.sourcePort)
        writer.write(header.destinationPort)
        writer.write(header.verificationTag)
        writer.write(UInt32(0))
    }

    /// How many bytes still fit.
    public var remaining: Int { writer.remaining }

    /// Whether something did not fit.
    public var overflowed: Bool { writer.overflowed }

    /// Begins a chunk; the caller writes its value and then calls `endChunk`.
    public mutating func beginChunk(_ type: SCTPChunkType, flags: UInt8 = 0) {
        chunkStart = writer.count
        chunkCount += 1
        trailingPadding = 0
        writer.write(type.rawValue)
        writer.write(flags)
        writer.write(UInt16(0))
    }

    /// Fills in the length of the chunk begun last and pads it to a multiple of four bytes.
    public mutating func endChunk() {
        // The padding of a chunk's last parameter does not count (RFC 9260 section 3.2).
        let length = writer.count - chunkStart - trailingPadding
        writer.patch(UInt16(truncatingIfNeeded: length), at: chunkStart + 2)
        pad()
    }

    /// Writes a chunk that has no value.
    public mutating func writeEmptyChunk(_ type: SCTPChunkType, flags: UInt8 = 0) {
        beginChunk(type, flags: flags)
        endChunk()
    }

    /// Writes a parameter (or an error cause, which has the same form) with its padding.
    public mutating func writeParameter(_ type: UInt16, _ body: (inout ByteWriter) -> Void) {
        let start = writer.count
        writer.write(type)
        writer.write(UInt16(0))
        body(&writer)
        writer.patch(UInt16(truncatingIfNeeded: writer.count - start), at: start + 2)
        let end = writer.count
        pad()
        trailingPadding = writer.count - end
    }

    /// Writes fields of the chunk's value.
    public mutating func write(_ body: (inout ByteWriter) -> Void) {
        trailingPadding = 0
        body(&writer)
    }

    /// Computes the checksum and returns the packet's length, or 0 if something did not fit.
    public mutating func finish() -> Int {
        guard !writer.overflowed, chunkCount > 0 else { return 0 }
        let packet = UnsafeRawBufferPointer(rebasing: writer.buffer[..<writer.count])
        let checksum = SCTPHeader.checksum(of: packet.bytes)
        // Low byte first, unlike every other field (RFC 9260 appendix A).
        writer.buffer.storeBytes(of: checksum.littleEndian, toByteOffset: 8, as: UInt32.self)
        return writer.count
    }

    private mutating func pad() {
        writer.writeZeros(-writer.count & 3)
    }
}
