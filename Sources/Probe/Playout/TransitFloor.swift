/// The smallest transit time over a sliding window of media time: what an undisturbed packet takes.
///
/// A monotonic queue: amortised constant time per packet, constant memory after the first window.
public struct TransitFloor: Sendable {
    private var entries: [(mediaTime: Int64, transit: Int64)] = []
    private var head = 0
    private let window: Int64

    /// Keeps the minimum over `window` milliseconds of media time.
    public init(windowMilliseconds window: Int64) {
        self.window = window
        entries.reserveCapacity(32)
    }

    /// Adds a packet and returns the floor that includes it, in milliseconds.
    public mutating func add(mediaTime: Int64, transit: Int64) -> Int64 {
        while head < entries.count, entries[head].mediaTime < mediaTime - window { head += 1 }
        while entries.count > head, let last = entries.last, last.transit >= transit { entries.removeLast() }
        if head > 0, head == entries.count || entries.count == entries.capacity {
            entries.removeFirst(head)
            head = 0
        }
        entries.append((mediaTime, transit))
        return entries[head].transit
    }
}
