/// A 16-bit message number per stream, for the streams that have been used: sorted by stream, searched by halving.
struct StreamTable {
    private var entries: ContiguousArray<(stream: UInt16, next: UInt16)> = []

    /// The number of the next message in `stream`.
    subscript(stream: UInt16) -> UInt16 {
        get {
            let index = index(of: stream)
            return index < entries.count && entries[index].stream == stream ? entries[index].next : 0
        }
        set {
            let index = index(of: stream)
            if index < entries.count, entries[index].stream == stream {
                entries[index].next = newValue
            } else if newValue != 0 {
                entries.insert((stream, newValue), at: index)
            }
        }
    }

    /// Starts all numbers anew.
    mutating func removeAll() { entries = [] }

    private func index(of stream: UInt16) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].stream < stream { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
