/// What an association has done and seen.
public struct SCTPStatistics: Hashable, Sendable {
    /// Packets composed.
    public var packetsSent = 0
    /// Packets taken in, good or bad.
    public var packetsReceived = 0
    /// Packets that no parser accepted, or whose ports or verification tag were not ours.
    public var malformedPackets = 0
    /// Packets whose checksum was wrong.
    public var badChecksums = 0
    /// DATA chunks sent, repetitions included.
    public var chunksSent = 0
    /// DATA chunks sent again.
    public var retransmissions = 0
    /// Times that later acknowledgements revealed a loss.
    public var fastRetransmits = 0
    /// Times that the retransmission timer ran out.
    public var timeouts = 0
    /// DATA chunks that arrived.
    public var chunksReceived = 0
    /// DATA chunks that had arrived before.
    public var duplicates = 0
    /// DATA chunks that could not be kept for want of room.
    public var refused = 0
    /// Messages taken over for sending.
    public var messagesSent = 0
    /// Messages handed up.
    public var messagesReceived = 0
    /// Messages given up because their limit was reached.
    public var messagesAbandoned = 0
}
