extension Plan {
    /// The part of the plan that the given shard runs.
    ///
    /// Whole rooms go round the shards in turn when there are at least as many rooms as shards; else
    /// participants do. Participants keep their global indexes and rooms their complete list, so nothing that
    /// is derived from them (names, arrivals, conversations) depends on how the plan is cut. Parts of all
    /// numbers together are the plan, and no two of them overlap.
    public func shard(_ shard: Shard) -> Plan {
        var part = self
        part.shard = shard
        part.participants = participants.filter { belongs($0, to: shard) }
        return part
    }

    /// The part `number`, from 1, of `count`.
    public func shard(_ number: Int, of count: Int) -> Plan { shard(Shard(number: number, of: count)) }

    /// Whether `shard` runs the participant.
    public func belongs(_ participant: PlannedParticipant, to shard: Shard) -> Bool {
        let key = rooms.count >= shard.count ? participant.room : participant.index
        return key % shard.count == shard.number - 1
    }
}
