import Primitives

/// The header of one RTP packet (RFC 3550 section 5.1) and where the rest of the packet lies.
///
/// Holds numbers and offsets only, never bytes, so that it can be kept while the packet's memory is reused.
public struct RTPHeader: Sendable, Hashable {
    /// Length of the fixed part, without contributing sources and extensions.
    public static let fixedByteCount = 12

    /// The marker bit: last packet of a video frame, first packet of a talk spurt.
    public var marker: Bool
    /// The payload type, 0...127.
    public var payloadType: UInt8
    /// The sequence number, which wraps.
    public var sequenceNumber: UInt16
    /// The media timestamp in units of the codec's clock rate.
    public var timestamp: UInt32
    /// The synchronisation source.
    public var ssrc: UInt32
    /// How many contributing sources follow the fixed part, 0...15.
    public var contributingSourceCount: UInt8
    /// Whether the last octet of the payload says how many octets of padding to ignore.
    public var hasPadding: Bool
    /// The "defined by profile" field of the extension block; nil when the packet has none.
    public var extensionProfile: UInt16?
    /// Offset of the first extension element in the packet.
    public var extensionOffset: Int
    /// Length of the extension elements in bytes, without the block's four-byte head.
    public var extensionByteCount: Int
    /// Offset of the payload in the packet, which is the length of the header.
    public var payloadOffset: Int
    /// Length of the payload; after `removePadding` without padding.
    public var payloadCount: Int

    /// Parses the header of a packet, protected or not; nil if the bytes are no RTP packet.
    ///
    /// SRTP leaves the header in the clear but encrypts the padding count, so `payloadCount` counts everything after
    /// the header until `removePadding` is called on the decrypted packet.
    public static func parse(_ packet: RawSpan) -> RTPHeader? {
        guard packet.byteCount >= fixedByteCount else { return nil }
        var reader = ByteReader(packet)
        let flags = reader.readUInt8()
        guard flags >> 6 == 2 else { return nil }
        let markerAndType = reader.readUInt8()
        let sequenceNumber = reader.readUInt16()
        let timestamp = reader.readUInt32()
        let ssrc = reader.readUInt32()
        reader.skip(Int(flags & 0x0f) * 4)
        var profile: UInt16?
        var extensionOffset = reader.offset
        var extensionByteCount = 0
        if flags & 0x10 != 0 {
            profile = reader.readUInt16()
            extensionByteCount = Int(reader.readUInt16()) * 4
            extensionOffset = reader.offset
            reader.skip(extensionByteCount)
        }
        guard !reader.failed else { return nil }
        return RTPHeader(
            marker: markerAndType & 0x80 != 0, payloadType: markerAndType & 0x7f,
            sequenceNumber: sequenceNumber,
            timestamp: timestamp, ssrc: ssrc, contributingSourceCount: flags & 0x0f,
            hasPadding: flags & 0x20 != 0, extensionProfile: profile, extensionOffset: extensionOffset,
            extensionByteCount: extensionByteCount, payloadOffset: reader.offset,
            payloadCount: reader.remaining)
    }

    /// Sets `payloadCount` for a decrypted packet: its length without header and padding.
    ///
    /// - Returns: False if the padding count is zero or larger than the payload (RFC 3550 appendix A.1).
    public mutating func removePadding(in packet: RawSpan) -> Bool {
        payloadCount = packet.byteCount &- payloadOffset
        guard payloadCount >= 0 else { return false }
        guard hasPadding else { return true }
        guard payloadCount > 0 else { return false }
        let padding = Int(packet.unsafeLoadUnaligned(fromByteOffset: packet.byteCount - 1, as: UInt8.self))
        guard padding > 0, padding <= payloadCount else { return false }
        payloadCount -= padding
        return true
    }

    /// Whether a datagram with version 2 is RTCP rather than RTP (RFC 5761 section 4).
    @inlinable
    public static func isRTCP(secondByte: UInt8) -> Bool { (192...223).contains(secondByte) }
}
