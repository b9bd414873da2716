/// The next deadline of each of many owners: a binary heap with look-up by owner.
///
/// Owners are small numbers from zero on, such as indices of clients in a shard; each has one deadline or none.
/// Equal deadlines come due in the order in which they were set. Once the greatest owner has been seen, nothing
/// allocates.
public struct DeadlineHeap: Sendable {
    private struct Entry {
        /// When the owner is due.
        var instant: Instant
        /// How many deadlines were set before: breaks ties.
        var ordinal: UInt64
        /// The owner.
        var id: Int32

        func isBefore(_ other: Entry) -> Bool {
            instant == other.instant ? ordinal < other.ordinal : instant < other.instant
        }
    }

    /// The heap: each entry before its children, at twice its index plus one and two.
    private var entries: ContiguousArray<Entry> = []
    /// Index in `entries` by owner; -1 without a deadline.
    private var positions: ContiguousArray<Int32> = []
    /// How many deadlines have been set.
    private var ordinal: UInt64 = 0

    /// Makes an empty heap with room for the owners `0..<capacity`; more may come.
    public init(capacity: Int = 0) {
        entries.reserveCapacity(capacity)
        positions = ContiguousArray(repeating: -1, count: capacity)
    }

    /// How many owners have a deadline.
    public var count: Int { entries.count }

    /// Whether no owner has a deadline.
    public var isEmpty: Bool { entries.isEmpty }

    /// The soonest deadline of all.
    public var soonest: Instant? { entries.first?.instant }

    /// The owner that is due first.
    public var first: Int32? { entries.first?.id }

    /// The deadline of an owner.
    public func deadline(of id: Int32) -> Instant? {
        guard id >= 0, Int(id) < positions.count, positions[Int(id)] >= 0 else { return nil }
        return entries[Int(positions[Int(id)])].instant
    }

    /// Gives an owner a deadline in place of the one it had; nil takes it away.
    ///
    /// Setting the deadline that the owner already has keeps its place among equals.
    public mutating func set(_ id: Int32, at instant: Instant?) {
        precondition(id >= 0, "owners are numbered from zero")
        guard let instant else { return remove(id) }
        while positions.count <= Int(id) { positions.append(-1) }
        let position = Int(positions[Int(id)])
        guard position >= 0 else {
            entries.append(Entry(instant: instant, ordinal: takeOrdinal(), id: id))
            return siftUp(entries.count - 1)
        }
        guard entries[position].instant != instant else { return }
        entries[position].instant = instant
        entries[position].ordinal = takeOrdinal()
        siftUp(position)
        siftDown(Int(positions[Int(id)]))
    }

    /// Takes an owner's deadline away, if it has one.
    public mutating func remove(_ id: Int32) {
        guard id >= 0, Int(id) < positions.count, positions[Int(id)] >= 0 else { return }
        let position = Int(positions[Int(id)])
        positions[Int(id)] = -1
        let last = entries.removeLast()
        guard position < entries.count else { return }
        place(last, at: position)
        siftUp(position)
        siftDown(Int(positions[Int(last.id)]))
    }

    /// Takes the owner that is due first, if it is due by `now`, and its deadline with it.
    public mutating func popDue(now: Instant) -> Int32? {
        guard let first = entries.first, first.instant <= now else { return nil }
        remove(first.id)
        return first.id
    }

    private mutating func takeOrdinal() -> UInt64 {
        defer { ordinal += 1 }
        return ordinal
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        entries[position] = entry
        positions[Int(entry.id)] = Int32(truncatingIfNeeded: position)
    }

    private mutating func siftUp(_ start: Int) {
        let entry = entries[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            place(entries[parent], at: position)
            position = parent
        }
        place(entry, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        let entry = entries[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
            guard entries[child].isBefore(entry) else { break }
            place(entries[child], at: position)
            position = child
        }
        place(entry, at: position)
    }
}
