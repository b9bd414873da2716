/// A packet of ours that waits in the pacer: everything but its payload.
public struct PacedPacket: Hashable, Sendable {
    /// The section it is sent in.
    public var section: Int
    /// The layer it is sent for.
    public var layer: Int
    /// Its payload type.
    public var payloadType: UInt8
    /// Its marker bit.
    public var marker: Bool
    /// Its RTP timestamp.
    public var timestamp: UInt32
    /// What leads its owner back to the payload.
    public var token: UInt64

    /// Describes a packet.
    public init(
        section: Int, layer: Int, payloadType: UInt8, marker: Bool, timestamp: UInt32, token: UInt64
    ) {
        self.section = section
        self.layer = layer
        self.payloadType = payloadType
        self.marker = marker
        self.timestamp = timestamp
        self.token = token
    }
}

/// What is to leave now; its owner is asked to write the payload.
public enum OutgoingPacket: Hashable, Sendable {
    /// A packet that was handed to the pacer: for `send`.
    case first(PacedPacket)
    /// A packet that was sent before: for `retransmit`.
    case again(Retransmission)
}
