import Primitives

/// Which layers of a video track anybody wants (dynacast), with LiveKit's hesitation to take layers away.
///
/// Upgrades are told at once, downgrades after 5.1 s, and a track nobody watches is switched off 10.1 s after it
/// was published or 5.1 s after its last viewer left.
struct QualityDemand {
    /// The highest layer the publisher was told to send: -1 none, 2 high, nil when nothing was told yet.
    private(set) var told: Int?
    private var pending: (quality: Int, at: Instant)?

    static let downgradeDelay = Interval.milliseconds(5100)
    static let unwatchedDelay = Interval.milliseconds(10_100)

    /// Takes the highest layer that is wanted now; returns what the publisher must be told, if anything.
    mutating func update(wanted: Int, now: Instant) -> Int? {
        if let told, wanted == told {
            pending = nil
            return nil
        }
        if wanted > (told ?? -1) {
            told = wanted
            pending = nil
            return wanted
        }
        if pending?.quality != wanted {
            pending = (wanted, now + (told == nil ? Self.unwatchedDelay : Self.downgradeDelay))
        }
        guard let due = pending, due.at <= now else { return nil }
        told = wanted
        pending = nil
        return wanted
    }

    /// When a hesitation ends.
    var deadline: Instant? { pending?.at }
}
