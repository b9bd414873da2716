/// What listeners heard, as cumulative counts over one or more streams that add and subtract.
public struct AudioCounts: Sendable, Hashable, Codable {
    /// Packets on the wire; `lost` here is what neither a repair nor redundancy (RED) brought back.
    public var packets = PacketCounts()
    /// Packets whose turn to be played came.
    public var turns: UInt64 = 0
    /// Packets that were not there when due, late ones included.
    public var missed: UInt64 = 0
    /// Unbroken runs of missed packets.
    public var missedRuns: UInt64 = 0
    /// Audio played, synthetic audio included, in milliseconds.
    public var playedMilliseconds: UInt64 = 0
    /// Synthetic audio played instead of the sender's, in milliseconds.
    public var concealedMilliseconds: UInt64 = 0
    /// Unbroken stretches of synthetic audio.
    public var concealmentEvents: UInt64 = 0
    /// Sum of playout delays (capture to playout) in milliseconds, over `delayCount` packets.
    public var playoutDelaySum: UInt64 = 0
    /// Packets played whose capture time was known.
    public var delayCount: UInt64 = 0
    /// Sum of network delays (capture to arrival) in microseconds, over `networkDelayCount` packets.
    public var networkDelaySum: UInt64 = 0
    /// Packets that arrived with a capture time of their own, which silence has not.
    public var networkDelayCount: UInt64 = 0

    /// Nothing counted.
    public init() {}

    /// Adds counts field by field.
    public static func += (left: inout AudioCounts, right: AudioCounts) {
        left.packets += right.packets
        left.turns += right.turns
        left.missed += right.missed
        left.missedRuns += right.missedRuns
        left.playedMilliseconds += right.playedMilliseconds
        left.concealedMilliseconds += right.concealedMilliseconds
        left.concealmentEvents += right.concealmentEvents
        left.playoutDelaySum += right.playoutDelaySum
        left.networkDelaySum += right.networkDelaySum
        left.delayCount += right.delayCount
        left.networkDelayCount += right.networkDelayCount
    }

    /// What was counted since `earlier`.
    public func since(_ earlier: AudioCounts) -> AudioCounts {
        var difference = AudioCounts()
        difference.packets = packets.since(earlier.packets)
        difference.turns = turns.since(earlier.turns)
        difference.missed = missed.since(earlier.missed)
        difference.missedRuns = missedRuns.since(earlier.missedRuns)
        difference.playedMilliseconds = playedMilliseconds.since(earlier.playedMilliseconds)
        difference.concealedMilliseconds = concealedMilliseconds.since(earlier.concealedMilliseconds)
        difference.concealmentEvents = concealmentEvents.since(earlier.concealmentEvents)
        difference.playoutDelaySum = playoutDelaySum.since(earlier.playoutDelaySum)
        difference.networkDelaySum = networkDelaySum.since(earlier.networkDelaySum)
        difference.delayCount = delayCount.since(earlier.delayCount)
        difference.networkDelayCount = networkDelayCount.since(earlier.networkDelayCount)
        return difference
    }

    /// Share of played time that was synthetic, 0...1; nil when nothing was played.
    public var concealmentRatio: Double? {
        playedMilliseconds == 0 ? nil : Double(concealedMilliseconds) / Double(playedMilliseconds)
    }

    /// Ppl of the E-model: packets not there when due and stretched time, over packets whose turn came, 0...1; nil when
    /// nothing was played.
    public var effectiveLoss: Double? {
        guard turns > 0 else { return nil }
        let stretched = Double(concealedMilliseconds) / 20 - Double(missed)
        return min(1, (Double(missed) + max(0, stretched)) / Double(turns))
    }

    /// BurstR of the E-model: 1 for random loss, more for bursts.
    public var burstRatio: Double {
        max(1, LossRuns.burstRatio(expected: turns, lost: missed, runs: missedRuns))
    }

    /// Mean capture-to-playout delay in milliseconds; nil when no capture time was known.
    public var meanPlayoutDelayMilliseconds: Double? {
        delayCount == 0 ? nil : Double(playoutDelaySum) / Double(delayCount)
    }

    /// Mean capture-to-arrival delay in milliseconds; nil when no packet was recognised.
    public var meanNetworkDelayMilliseconds: Double? {
        networkDelayCount == 0 ? nil : Double(networkDelaySum) / Double(networkDelayCount) / 1000
    }

    /// Fixed parts of the mouth-to-ear delay that are not measured, in milliseconds.
    ///
    /// One 20 ms packet is spoken before it can be sent, and the Opus encoder looks ahead 312 samples at 48 kHz. Sound devices are left out.
    public static let assumedDelayMilliseconds = 20 + 6.5

    /// What the E-model is asked about this stretch; nil when nothing was played.
    ///
    /// Ta is the measured playout delay plus `assumedDelayMilliseconds`, or those alone when no capture time was
    /// recognised.
    public func impairments(codec: OpusImpairment) -> EModel.Impairments? {
        effectiveLoss.map { loss in
            EModel.Impairments(
                equipment: codec.equipment, lossRobustness: codec.lossRobustness, lossPercent: 100 * loss,
                burstRatio: burstRatio,
                delayMilliseconds: (meanPlayoutDelayMilliseconds ?? 0) + Self.assumedDelayMilliseconds)
        }
    }

    /// The wideband E-model rating of this stretch; nil when nothing was played.
    public func rating(codec: OpusImpairment) -> Double? { impairments(codec: codec).map(EModel.rating) }
}
