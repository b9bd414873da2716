public import WireFormats

/// What came out of one received datagram.
public enum Inbound {
    /// Nothing for the owner: transport housekeeping, or a counted drop.
    case none
    /// A media packet, decrypted in the datagram's own memory.
    case media(InboundPacket)
}

/// A received RTP packet, authenticated and decrypted, with retransmissions already unwrapped.
///
/// The payload lies in the datagram buffer that was given to `PeerConnection.receive`.
public struct InboundPacket {
    /// Index of the stream in `PeerConnection.receiveStreams`.
    public var stream: Int
    /// Index of the section in `PeerConnection.sections`.
    public var section: Int
    /// Index of the encoding in the section's `remoteRIDs`; 0 without simulcast.
    public var layer: Int
    /// The header; of a retransmission the original's source, number and payload type (RFC 4588 section 4).
    public var header: RTPHeader
    /// The sequence number without wrap-around.
    public var extendedSequence: Int64
    /// Offset of the payload in the datagram.
    public var payloadOffset: Int
    /// Bytes of payload, without padding.
    public var payloadCount: Int
    /// Whether the packet had counted as lost: it came by RTX, or again on its own source.
    public var isRepair: Bool
    /// Whether the packet had been received before.
    public var isDuplicate: Bool
    /// Level of the audio in −dBov, 0 (loudest) to 127 (RFC 6464).
    public var audioLevel: UInt8?
    /// What the payload is.
    public var codec: Codec
    /// Where in the datagram the packet's dependency descriptor lies, if it has one.
    public var dependencyDescriptor: RTPHeaderExtensions.Location?
}
