import Primitives

/// The common header of an SCTP packet (RFC 9260 section 3.1).
public struct SCTPHeader: Hashable, Sendable {
    /// Bytes that the header takes.
    public static let byteCount = 12

    /// The sender's port; 5000 for data channels.
    public var sourcePort: UInt16
    /// The receiver's port; 5000 for data channels.
    public var destinationPort: UInt16
    /// The tag that the receiver of the packet chose for this association.
    public var verificationTag: UInt32

    /// Makes a header.
    public init(sourcePort: UInt16, destinationPort: UInt16, verificationTag: UInt32) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.verificationTag = verificationTag
    }

    /// Reads the header of `packet` after checking the packet's length and checksum.
    public init(verifying packet: RawSpan) throws(SCTPParseError) {
        guard packet.byteCount >= Self.byteCount else { throw .truncated }
        var reader = ByteReader(packet)
        sourcePort = reader.readUInt16()
        destinationPort = reader.readUInt16()
        verificationTag = reader.readUInt32()
        // The checksum is transmitted with its low byte first (RFC 9260 appendix A).
        let transmitted = reader.readUInt32().byteSwapped
        guard transmitted == Self.checksum(of: packet) else { throw .badChecksum }
    }

    /// The CRC-32C of a whole packet with the checksum field taken as zero.
    public static func checksum(of packet: RawSpan) -> UInt32 {
        packet.withUnsafeBytes { bytes in
            guard bytes.count >= byteCount else { return 0 }
            var remainder = CRC32C.update(.max, with: UnsafeRawBufferPointer(rebasing: bytes[..<8]))
            var zeros: UInt32 = 0
            remainder = withUnsafeBytes(of: &zeros) { CRC32C.update(remainder, with: $0) }
            remainder = CRC32C.update(remainder, with: UnsafeRawBufferPointer(rebasing: bytes[byteCount...]))
            return CRC32C.finish(remainder)
        }
    }
}

/// Why bytes are not an SCTP packet, chunk or parameter.
public enum SCTPParseError: Error, Hashable, Sendable {
    /// The bytes end before the structure does.
    case truncated
    /// The packet's CRC-32C does not match its bytes.
    case badChecksum
    /// A length field is smaller than the field's own header or larger than what is left.
    case badLength
    /// A field holds a value that its specification forbids.
    case badValue
}
