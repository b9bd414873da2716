/// Which TSNs of the peer have arrived (RFC 9260 section 6.2).
struct TSNTracker {
    /// TSNs farther ahead than this are refused: no peer that respects our window gets there.
    static let window: UInt32 = 1 << 15
    /// Most blocks beyond the first gap: what would need more is refused, as if it had been lost.
    static let maximumBlocks = 512
    /// Most duplicates reported in one SACK.
    static let maximumDuplicates = 16

    /// TSNs received in a row beyond a gap, both ends included.
    struct Block {
        var first: UInt32
        var last: UInt32
    }

    enum Verdict {
        /// The next TSN in order.
        case next
        /// A TSN beyond a gap.
        case early
        /// A TSN that has arrived before.
        case duplicate
        /// A TSN that cannot be kept.
        case refused
    }

    /// The last TSN before the first gap.
    private(set) var cumulative: UInt32
    /// What has arrived beyond the first gap, ascending.
    private(set) var blocks: ContiguousArray<Block> = []
    /// TSNs that arrived again since the last SACK.
    var duplicates: ContiguousArray<UInt32> = []

    init(initialTSN: UInt32) { cumulative = initialTSN &- 1 }

    /// What `tsn` would be; changes nothing.
    func judge(_ tsn: UInt32) -> Verdict {
        let distance = tsn &- cumulative
        if distance == 1 { return .next }
        guard tsn.isAfter(cumulative) else { return .duplicate }
        guard distance <= Self.window else { return .refused }
        let index = blockIndex(of: distance)
        if index < blocks.count, blocks[index].first &- cumulative <= distance { return .duplicate }
        return blocks.count < Self.maximumBlocks ? .early : .refused
    }

    /// Notes the arrival of a TSN that was judged `next` or `early`.
    mutating func insert(_ tsn: UInt32) {
        let distance = tsn &- cumulative
        if distance == 1 {
            cumulative = tsn
            absorb()
            return
        }
        let index = blockIndex(of: distance)
        let joinsPrevious = index > 0 && blocks[index - 1].last &+ 1 == tsn
        let joinsNext = index < blocks.count && blocks[index].first == tsn &+ 1
        switch (joinsPrevious, joinsNext) {
        case (true, true):
            blocks[index - 1].last = blocks[index].last
            blocks.remove(at: index)
        case (true, false): blocks[index - 1].last = tsn
        case (false, true): blocks[index].first = tsn
        case (false, false): blocks.insert(Block(first: tsn, last: tsn), at: index)
        }
    }

    mutating func noteDuplicate(_ tsn: UInt32) {
        if duplicates.count < Self.maximumDuplicates { duplicates.append(tsn) }
    }

    /// Takes everything up to `tsn` as received (RFC 3758 section 3.6); the caller checked that it lies ahead.
    mutating func forward(to tsn: UInt32) {
        let distance = tsn &- cumulative
        let passed = blocks.prefix { $0.last &- cumulative <= distance }.count
        blocks.removeFirst(passed)
        if let first = blocks.first, first.first &- cumulative <= distance {
            cumulative = first.last
            blocks.removeFirst()
        } else {
            cumulative = tsn
        }
        absorb()
    }

    /// Index of the first block that ends at or after `distance` from the cumulative TSN.
    private func blockIndex(of distance: UInt32) -> Int {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].last &- cumulative < distance { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func absorb() {
        if let first = blocks.first, first.first == cumulative &+ 1 {
            cumulative = first.last
            blocks.removeFirst()
        }
        if blocks.isEmpty { blocks = [] }
    }
}
