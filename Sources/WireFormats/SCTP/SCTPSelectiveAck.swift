import Primitives

/// A SACK chunk, read in place (RFC 9260 section 3.3.4).
public struct SCTPSelectiveAck: ~Escapable {
    /// Bytes of a SACK chunk before its gap blocks.
    public static let headerByteCount = 16

    /// The last TSN before the first gap.
    public let cumulativeTSN: UInt32
    /// How many bytes the receiver can still take in, a_rwnd.
    public let receiverWindow: UInt32
    /// How many blocks of TSNs beyond the first gap were received.
    public let gapBlockCount: Int
    /// How many TSNs are reported as received more than once.
    public let duplicateCount: Int
    /// The chunk's value.
    private let value: RawSpan

    /// Reads the value of a SACK chunk.
    @_lifetime(copy value)
    public init(parsing value: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(value)
        cumulativeTSN = reader.readUInt32()
        receiverWindow = reader.readUInt32()
        gapBlockCount = Int(reader.readUInt16())
        duplicateCount = Int(reader.readUInt16())
        self.value = value
        guard !reader.failed else { throw .truncated }
        guard reader.remaining >= 4 * (gapBlockCount + duplicateCount) else { throw .badLength }
    }

    /// First and last TSN of a gap block, as distances from the cumulative TSN.
    public func gapBlock(_ index: Int) -> (start: UInt16, end: UInt16) {
        var reader = ByteReader(value)
        reader.skip(12 + 4 * index)
        return (reader.readUInt16(), reader.readUInt16())
    }
}

extension SCTPPacketWriter {
    /// Begins a SACK chunk; then `writeGapBlock` and `writeDuplicate` as often as announced, then `endChunk`.
    public mutating func beginSelectiveAck(
        cumulativeTSN: UInt32, receiverWindow: UInt32, gapBlockCount: Int, duplicateCount: Int
    ) {
        beginChunk(.selectiveAck)
        write { writer in
            writer.write(cumulativeTSN)
            writer.write(receiverWindow)
            writer.write(UInt16(truncatingIfNeeded: gapBlockCount))
            writer.write(UInt16(truncatingIfNeeded: duplicateCount))
        }
    }

    /// Writes one gap block of a SACK chunk.
    public mutating func writeGapBlock(start: UInt16, end: UInt16) {
        write { writer in
            writer.write(start)
            writer.write(end)
        }
    }

    /// Writes one duplicate of a SACK chunk.
    public mutating func writeDuplicate(_ tsn: UInt32) {
        write { $0.write(tsn) }
    }
}
