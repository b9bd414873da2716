/// Events in the order of their instants; those of one instant in the order in which they were scheduled.
///
/// The heart of a simulation: that ties break by insertion is what makes a run repeat bit for bit. Events stay in
/// their slot while the heap moves small entries about; slots are used again, so a queue that has reached its
/// greatest length allocates nothing.
public struct EventQueue<Event> {
    private struct Entry {
        /// When the event happens.
        var instant: Instant
        /// How many events were scheduled before: breaks ties.
        var ordinal: UInt64
        /// Where the event lies in `slots`.
        var slot: Int32

        func isBefore(_ other: Entry) -> Bool {
            instant == other.instant ? ordinal < other.ordinal : instant < other.instant
        }
    }

    /// The heap: each entry before its children, at twice its index plus one and two.
    private var entries: ContiguousArray<Entry> = []
    /// The events; nil where none lies.
    private var slots: ContiguousArray<Event?> = []
    /// Slots that are free.
    private var freeSlots: ContiguousArray<Int32> = []
    /// How many events have been scheduled.
    private var ordinal: UInt64 = 0

    /// Makes an empty queue.
    public init() {}

    /// How many events wait.
    public var count: Int { entries.count }

    /// Whether no event waits.
    public var isEmpty: Bool { entries.isEmpty }

    /// When the next event happens.
    public var soonest: Instant? { entries.first?.instant }

    /// Schedules an event.
    public mutating func schedule(_ event: Event, at instant: Instant) {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            slots[Int(slot)] = event
        } else {
            slot = Int32(slots.count)
            slots.append(event)
        }
        entries.append(Entry(instant: instant, ordinal: ordinal, slot: slot))
        ordinal += 1
        siftUp(entries.count - 1)
    }

    /// Takes the next event and its instant.
    public mutating func popNext() -> (instant: Instant, event: Event)? {
        guard let first = entries.first, let event = slots[Int(first.slot)] else { return nil }
        slots[Int(first.slot)] = nil
        freeSlots.append(first.slot)
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            siftDown(0)
        }
        return (first.instant, event)
    }

    /// Takes the next event if it happens by `now`.
    public mutating func popDue(now: Instant) -> (instant: Instant, event: Event)? {
        guard let soonest, soonest <= now else { return nil }
        return popNext()
    }

    /// Forgets all events and keeps the memory.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        freeSlots.removeAll(keepingCapacity: true)
    }

    private mutating func siftUp(_ start: Int) {
        let entry = entries[start]
        var position = start
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.isBefore(entries[parent]) else { break }
            entries[position] = entries[parent]
            position = parent
        }
        entries[position] = entry
    }

    private mutating func siftDown(_ start: Int) {
        let entry = entries[start]
        var position = start
        while true {
            var child = 2 * position + 1
            guard child < entries.count else { break }
            if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
            guard entries[child].isBefore(entry) else { break }
            entries[position] = entries[child]
            position = child
        }
        entries[position] = entry
    }
}

extension EventQueue: Sendable where Event: Sendable {}
