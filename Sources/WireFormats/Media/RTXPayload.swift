import Primitives

/// Retransmission in a stream of its own: the payload is the original one behind its sequence number (RFC 4588).
public enum RTXPayload {
    /// Length of the original sequence number (OSN) in front of the payload.
    public static let overhead = 2

    /// Writes the original sequence number; the original payload belongs right behind it.
    ///
    /// - Returns: `overhead`; 0 if the buffer is too small.
    public static func write(originalSequenceNumber: UInt16, into buffer: UnsafeMutableRawBufferPointer)
        -> Int
    {
        var writer = ByteWriter(buffer)
        writer.write(originalSequenceNumber)
        return writer.overflowed ? 0 : writer.count
    }

    /// The header that the original packet had; nil if the retransmission carries no original packet.
    ///
    /// A payload without anything behind the OSN, or none at all, is padding that a sender uses to probe.
    ///
    /// - Parameters:
    ///   - header: The header of the retransmission, after `removePadding`.
    ///   - packet: The decrypted retransmission.
    ///   - ssrc: The SSRC of the stream that is repaired.
    ///   - payloadType: The payload type that the retransmission's `apt` names.
    public static func originalHeader(
        of header: RTPHeader, in packet: RawSpan, ssrc: UInt32, payloadType: UInt8
    ) -> RTPHeader? {
        guard header.payloadCount > overhead, header.payloadOffset >= 0,
            header.payloadOffset <= packet.byteCount - header.payloadCount
        else { return nil }
        var reader = ByteReader(packet)
        reader.skip(header.payloadOffset)
        var original = header
        original.sequenceNumber = reader.readUInt16()
        original.ssrc = ssrc
        original.payloadType = payloadType
        original.payloadOffset += overhead
        original.payloadCount -= overhead
        return original
    }
}
