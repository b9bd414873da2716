/// The simple Gilbert model fitted to a sequence of packets: how likely loss follows arrival, and arrival loss.
public struct TwoStateLoss: Sendable, Hashable {
    private var receivedCount: UInt64 = 0
    private var lossesAfterReceived: UInt64 = 0
    private var lostCount: UInt64 = 0
    private var receivedAfterLosses: UInt64 = 0
    private var wasLost: Bool?

    /// Starts with nothing seen.
    public init() {}

    /// Adds the fate of the next packet in order.
    public mutating func add(isLost: Bool) {
        defer { wasLost = isLost }
        guard let wasLost else { return }
        if wasLost {
            lostCount += 1
            if !isLost { receivedAfterLosses += 1 }
        } else {
            receivedCount += 1
            if isLost { lossesAfterReceived += 1 }
        }
    }

    /// p: the probability of a loss after a packet that arrived; 0 when none arrived.
    public var lossAfterReceived: Double {
        receivedCount == 0 ? 0 : Double(lossesAfterReceived) / Double(receivedCount)
    }

    /// q: the probability of an arrival after a loss; 0 when nothing was lost.
    public var receivedAfterLoss: Double {
        lostCount == 0 ? 0 : Double(receivedAfterLosses) / Double(lostCount)
    }
}
