/// Counts of packets and of loss runs, from which the E-model's burst ratio follows.
public struct LossRuns: Sendable, Hashable {
    /// Packets that should have been played.
    public var expected: UInt64 = 0
    /// Packets that were not there when due.
    public var lost: UInt64 = 0
    /// Unbroken runs of such packets.
    public var runs: UInt64 = 0

    private var isInRun = false

    /// Starts with nothing seen.
    public init() {}

    /// Adds the fate of the next packet in order.
    public mutating func add(isLost: Bool) {
        expected += 1
        if isLost {
            lost += 1
            if !isInRun { runs += 1 }
        }
        isInRun = isLost
    }

    /// BurstR of G.107: mean run length × (1 - loss ratio); 1 when nothing was lost.
    public var burstRatio: Double { Self.burstRatio(expected: expected, lost: lost, runs: runs) }

    /// BurstR from counts that were summed over several streams.
    public static func burstRatio(expected: UInt64, lost: UInt64, runs: UInt64) -> Double {
        guard runs > 0, lost < expected else { return 1 }  // nothing lost, or nothing left to compare with
        return Double(lost) / Double(runs) * (1 - Double(lost) / Double(expected))
    }
}
