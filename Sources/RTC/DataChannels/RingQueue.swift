/// A first-in, first-out queue that gives its memory back when it runs empty.
///
/// Thousands of associations are idle most of the time: an idle queue costs eight bytes and a shared empty array.
struct RingQueue<Element> {
    /// A power of two of slots, or none.
    private var slots: ContiguousArray<Element?> = []
    /// The slot of the first element.
    private var head = 0
    /// How many elements there are.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Element? { isEmpty ? nil : slots[head] }

    /// The element `index` places behind the first; the caller keeps `index` below `count`.
    subscript(index: Int) -> Element {
        get {
            precondition(index < count, "index beyond the queue's end")
            guard let element = slots[slot(index)] else { preconditionFailure("empty slot inside the queue") }
            return element
        }
    }

    /// Changes the element at `index` in place.
    mutating func update<Result>(_ index: Int, _ body: (inout Element) -> Result) -> Result {
        precondition(index < count, "index beyond the queue's end")
        let slot = slot(index)
        guard var element = slots[slot] else { preconditionFailure("empty slot inside the queue") }
        slots[slot] = nil
        defer { slots[slot] = element }
        return body(&element)
    }

    mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[slot(count)] = element
        count += 1
    }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head]
        slots[head] = nil
        head = (head + 1) & (slots.count - 1)
        count -= 1
        if count == 0 { removeAll() }
        return element
    }

    mutating func removeAll() {
        slots = []
        head = 0
        count = 0
    }

    private func slot(_ index: Int) -> Int { (head + index) & (slots.count - 1) }

    private mutating func grow() {
        var larger = ContiguousArray<Element?>(repeating: nil, count: max(4, slots.count * 2))
        for index in 0..<count { larger[index] = slots[slot(index)] }
        slots = larger
        head = 0
    }
}
