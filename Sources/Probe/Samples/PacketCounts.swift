/// Packets of one or more received streams, as cumulative counts that add and subtract.
public struct PacketCounts: Sendable, Hashable, Codable {
    /// Packets the sender's sequence numbers say there were.
    public var expected: UInt64 = 0
    /// Different packets that arrived, repaired ones included.
    public var received: UInt64 = 0
    /// Packets missing when their successor came, reordered ones excluded: the network's loss.
    public var lostBeforeRepair: UInt64 = 0
    /// Packets that came through retransmission.
    public var repaired: UInt64 = 0
    /// Packets given up: the loss that the player sees.
    public var lost: UInt64 = 0
    /// Copies of packets that had already arrived.
    public var duplicates: UInt64 = 0
    /// Packets that arrived after a packet with a higher sequence number, retransmissions excluded.
    public var reordered: UInt64 = 0
    /// RTP payload and header bytes received.
    public var bytes: UInt64 = 0

    /// Nothing counted.
    public init() {}

    /// Adds counts field by field.
    public static func += (left: inout PacketCounts, right: PacketCounts) {
        left.expected += right.expected
        left.received += right.received
        left.lostBeforeRepair += right.lostBeforeRepair
        left.repaired += right.repaired
        left.lost += right.lost
        left.duplicates += right.duplicates
        left.reordered += right.reordered
        left.bytes += right.bytes
    }

    /// What was counted since `earlier`; a count that was corrected downwards meanwhile gives zero.
    public func since(_ earlier: PacketCounts) -> PacketCounts {
        var difference = PacketCounts()
        difference.expected = expected.since(earlier.expected)
        difference.received = received.since(earlier.received)
        difference.lostBeforeRepair = lostBeforeRepair.since(earlier.lostBeforeRepair)
        difference.repaired = repaired.since(earlier.repaired)
        difference.lost = lost.since(earlier.lost)
        difference.duplicates = duplicates.since(earlier.duplicates)
        difference.reordered = reordered.since(earlier.reordered)
        difference.bytes = bytes.since(earlier.bytes)
        return difference
    }
}

extension UInt64 {
    /// The growth of a counter since `earlier`, never negative.
    func since(_ earlier: UInt64) -> UInt64 { self >= earlier ? self - earlier : 0 }
}
