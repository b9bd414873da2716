/// Numbers SSRCs in the order they are added, and finds the number again.
///
/// Most connections carry a handful, which a linear search finds fastest; beyond eight an open-addressing table
/// takes over. Looking up never allocates.
struct SSRCIndex {
    /// The SSRCs; the position of each is its number.
    private var identifiers: ContiguousArray<UInt32> = []
    /// Numbers by hash, -1 where free; empty while linear search suffices.
    private var slots: ContiguousArray<Int32> = []

    private static let linearLimit = 8

    /// How many SSRCs are known.
    var count: Int { identifiers.count }

    /// The number of `ssrc`, nil if it was never added.
    func find(_ ssrc: UInt32) -> Int? {
        if slots.isEmpty {
            for index in identifiers.indices where identifiers[index] == ssrc { return index }
            return nil
        }
        var slot = home(of: ssrc)
        while slots[slot] >= 0 {
            let number = Int(slots[slot])
            if identifiers[number] == ssrc { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds `ssrc`, which must not be known yet, and returns its number.
    mutating func add(_ ssrc: UInt32) -> Int {
        identifiers.append(ssrc)
        if identifiers.count > Self.linearLimit {
            if identifiers.count * 2 > slots.count {
                rebuild()
            } else {
                place(identifiers.count - 1)
            }
        }
        return identifiers.count - 1
    }

    private mutating func rebuild() {
        slots = ContiguousArray(repeating: -1, count: max(32, slots.count * 2))
        for number in identifiers.indices { place(number) }
    }

    private mutating func place(_ number: Int) {
        var slot = home(of: identifiers[number])
        while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(number)
    }

    private func home(of ssrc: UInt32) -> Int {
        Int((ssrc &* 0x9e37_79b1) >> 16) & (slots.count - 1)  // Fibonacci hashing: 2^32 / golden ratio
    }
}
