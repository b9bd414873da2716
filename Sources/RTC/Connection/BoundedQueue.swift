/// A first-in, first-out queue that holds a limited number of elements and keeps its memory.
struct BoundedQueue<Element> {
    /// Slots, as many as were ever needed at once.
    private var slots: ContiguousArray<Element?> = []
    /// The slot of the first element.
    private var head = 0
    /// How many elements there are.
    private(set) var count = 0
    /// How many elements there may be.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { count == 0 }

    /// Appends an element; false if the queue is full.
    mutating func append(_ element: Element) -> Bool {
        guard count < limit else { return false }
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = element
        count += 1
        return true
    }

    /// Takes the first element.
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head]
        slots[head] = nil
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return element
    }

    private mutating func grow() {
        var larger = ContiguousArray<Element?>(repeating: nil, count: max(8, slots.count * 2))
        for index in 0..<count { larger[index] = slots[(head + index) & (slots.count - 1)] }
        slots = larger
        head = 0
    }
}

extension BoundedQueue: Sendable where Element: Sendable {}
