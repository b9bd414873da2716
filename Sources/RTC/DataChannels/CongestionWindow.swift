/// How much may be in flight (RFC 9260 section 7.2).
struct CongestionWindow {
    /// The path MTU that the arithmetic uses: the size of our packets.
    static let segment = SCTPAssociation.maximumPacketSize

    /// Bytes that may be in flight, cwnd.
    private(set) var limit = min(4 * Self.segment, max(2 * Self.segment, 4404))
    /// Where slow start ends, ssthresh.
    private(set) var threshold = Int(Int32.max)
    /// Bytes acknowledged since the window last grew in congestion avoidance.
    private var partialBytesAcked = 0
    /// The TSN whose acknowledgement ends fast recovery.
    private(set) var recoveryExit: UInt32?

    /// Grows the window after `acknowledged` bytes were acknowledged and the cumulative TSN moved.
    mutating func grow(acknowledged: Int, wasFull: Bool, flight: Int) {
        guard recoveryExit == nil else { return }
        if limit <= threshold {
            if wasFull { limit += min(acknowledged, Self.segment) }
        } else {
            partialBytesAcked += acknowledged
            if partialBytesAcked >= limit, wasFull {
                partialBytesAcked -= limit
                limit += Self.segment
            }
        }
        if flight == 0 { partialBytesAcked = 0 }
    }

    /// Leaves fast recovery once `cumulativeTSN` reaches its exit point.
    mutating func noteCumulative(_ cumulativeTSN: UInt32) {
        if let exit = recoveryExit, !exit.isAfter(cumulativeTSN) { recoveryExit = nil }
    }

    /// Halves the window when fast retransmit begins (RFC 9260 section 7.2.4).
    mutating func enterFastRecovery(exit: UInt32) {
        threshold = max(limit / 2, 4 * Self.segment)
        limit = threshold
        partialBytesAcked = 0
        recoveryExit = exit
    }

    /// Falls back to one packet after a timeout (RFC 9260 section 7.2.3).
    mutating func collapse() {
        threshold = max(limit / 2, 4 * Self.segment)
        limit = Self.segment
        partialBytesAcked = 0
        recoveryExit = nil
    }
}
