/// The event counters of RFC 3611 appendix A.2, for speaking in extended reports (XR) only.
///
/// They have quirks that `BurstGapSegmentation` has not: without a loss the density is 1, the very first loss
/// always counts as one after a gap, packets after the last loss are not counted, and durations are undefined before
/// the second burst.
public struct BurstGapCounters: Sendable, Hashable {
    /// Packets received in gaps.
    public private(set) var gapReceived = 0
    /// Changes from gap to burst, and so from burst to gap.
    public private(set) var changes = 0
    /// Losses by themselves in gaps.
    public private(set) var gapLosses = 0
    /// Packets received after packets received, in bursts.
    public private(set) var burstReceived = 0
    /// Changes from receiving to losing within bursts.
    public private(set) var burstChanges = 0
    /// Losses after losses.
    public private(set) var burstLosses = 0

    private let minimumGap: Int
    private var receivedSinceLoss = 0
    private var lossesInRow = 0

    /// Starts with nothing seen; Gmin is 16 by RFC 3611.
    public init(minimumGap: Int = 16) { self.minimumGap = minimumGap }

    /// Adds the fate of the next packet in order.
    public mutating func add(isLost: Bool) {
        guard isLost else {
            receivedSinceLoss += 1
            return
        }
        if receivedSinceLoss >= minimumGap {
            if lossesInRow == 1 { gapLosses += 1 } else { changes += 1 }
            lossesInRow = 1
            gapReceived += receivedSinceLoss
        } else {
            lossesInRow += 1
            if receivedSinceLoss == 0 {
                burstLosses += 1
            } else {
                burstChanges += 1
                burstReceived += receivedSinceLoss - 1
            }
        }
        receivedSinceLoss = 0
    }

    /// The probability to go on receiving after a loss within a burst is over: p32.
    public var lossToReceived: Double {
        let total = changes + burstChanges + burstLosses
        return total == 0 ? 0 : Double(burstChanges) / Double(total)
    }

    /// The probability to lose after receiving within a burst: p23.
    public var receivedToLoss: Double {
        let total = burstReceived + burstChanges
        return total < 1 ? 1 : 1 - Double(burstReceived) / Double(total)
    }

    /// The share of packets lost in bursts.
    public var burstDensity: Double {
        let sum = receivedToLoss + lossToReceived
        return sum > 0 ? receivedToLoss / sum : 0
    }

    /// The share of packets lost in gaps.
    public var gapDensity: Double {
        let total = gapReceived + gapLosses
        return total == 0 ? 0 : Double(gapLosses) / Double(total)
    }

    /// The mean length of a gap in packets.
    public var meanGapPackets: Double {
        let total = Double(gapReceived + gapLosses + changes)
        return changes == 0 ? Double(gapReceived + gapLosses) : total / Double(changes)
    }

    /// The mean length of a burst in packets; 0 while it is undefined.
    public var meanBurstPackets: Double {
        guard changes > 0 else { return 0 }
        let total =
            gapReceived + gapLosses + 2 * changes + burstReceived + 2 * burstChanges + burstLosses
        return Double(total) / Double(changes) - meanGapPackets
    }
}
