/// Finds the stream that an SSRC belongs to, and remembers which SSRCs belong to none.
///
/// SSRCs of a connection are few, but every packet asks; looking up allocates nothing.
struct SourceTable {
    /// What an SSRC stands for.
    struct Target {
        /// Index of the stream, or -1 for a stream that ended.
        var stream: Int
        /// Whether the SSRC is that of the stream's retransmissions.
        var isRepair: Bool
    }

    /// Numbers the SSRCs.
    private var index = SSRCIndex()
    /// Targets by number.
    private var targets: ContiguousArray<Target> = []

    /// The stream of an SSRC; nil if there is none.
    func find(_ ssrc: UInt32) -> Target? {
        guard let number = index.find(ssrc) else { return nil }
        let target = targets[number]
        return target.stream < 0 ? nil : target
    }

    /// Assigns an SSRC, anew if it was assigned before.
    mutating func assign(_ ssrc: UInt32, to stream: Int, isRepair: Bool) {
        let target = Target(stream: stream, isRepair: isRepair)
        if let number = index.find(ssrc) {
            targets[number] = target
        } else {
            _ = index.add(ssrc)
            targets.append(target)
        }
    }

    /// Forgets the SSRCs of a stream that ended.
    mutating func retire(_ stream: Int) {
        for number in targets.indices where targets[number].stream == stream { targets[number].stream = -1 }
    }
}

/// Counts the vain tries to assign packets of an SSRC, so that a source nobody announced costs little.
struct UnassignedSources {
    /// How many packets of one SSRC are looked into; LiveKit gives up after as many.
    static let patience = 10
    /// How many SSRCs are remembered; beyond, the oldest makes room.
    static let capacity = 32

    /// SSRCs with the number of tries.
    private var entries: ContiguousArray<(ssrc: UInt32, tries: Int)> = []
    /// The place that is overwritten next.
    private var next = 0

    /// Starts without sources.
    init() { entries.reserveCapacity(Self.capacity) }

    /// Whether it is no use to look into another packet of an SSRC.
    func isHopeless(_ ssrc: UInt32) -> Bool {
        for entry in entries where entry.ssrc == ssrc { return entry.tries >= Self.patience }
        return false
    }

    /// Notes a vain try.
    mutating func note(_ ssrc: UInt32) {
        for place in entries.indices where entries[place].ssrc == ssrc {
            entries[place].tries += 1
            return
        }
        if entries.count < Self.capacity {
            entries.append((ssrc, 1))
        } else {
            entries[next] = (ssrc, 1)
            next = (next + 1) % Self.capacity
        }
    }

    /// Gives every source another chance, after a negotiation.
    mutating func forget() {
        entries.removeAll(keepingCapacity: true)
        next = 0
    }
}
