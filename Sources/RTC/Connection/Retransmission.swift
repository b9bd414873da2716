/// A packet that the peer missed and whose payload the owner is asked to write once more.
public struct Retransmission: Hashable, Sendable {
    /// The section it was sent in.
    public var section: Int
    /// The layer it was sent for.
    public var layer: Int
    /// Its sequence number.
    public var sequenceNumber: UInt16
    /// Its RTP timestamp.
    public var timestamp: UInt32
    /// Its marker bit.
    public var marker: Bool
    /// Its payload type.
    public var payloadType: UInt8
    /// What the owner passed to `send`, to find the payload again.
    public var token: UInt64
    /// Whether nobody missed it, and it only fills the path.
    public var isPadding: Bool

    /// Describes a packet.
    public init(
        section: Int, layer: Int, sequenceNumber: UInt16, timestamp: UInt32, marker: Bool, payloadType: UInt8,
        token: UInt64, isPadding: Bool = false
    ) {
        self.section = section
        self.layer = layer
        self.sequenceNumber = sequenceNumber
        self.timestamp = timestamp
        self.marker = marker
        self.payloadType = payloadType
        self.token = token
        self.isPadding = isPadding
    }
}
