/// Remembers which of the last `wordCount` · 64 packet indices were seen (RFC 3711 §3.3.2).
///
/// Look with `isFresh` before authenticating, and `commit` only what was authentic: a forged packet must not move
/// the window.
public struct ReplayWindow<let wordCount: Int> {
    /// Bit `index` mod the width is set if that index, within the window below `highest`, was seen.
    private var seen = InlineArray<wordCount, UInt64>(repeating: 0)
    /// The highest index committed, nil before the first.
    public private(set) var highest: UInt64?

    /// Starts with nothing seen.
    public init() {}

    /// How many indices are remembered.
    public static var width: UInt64 { UInt64(wordCount) * 64 }

    /// Whether `index` is neither seen nor too old to tell.
    public func isFresh(_ index: UInt64) -> Bool {
        guard let highest, index <= highest else { return true }
        guard highest - index < Self.width else { return false }
        return seen[Self.word(index)] & Self.bit(index) == 0
    }

    /// Marks `index` as seen; indices below the window are ignored.
    public mutating func commit(_ index: UInt64) {
        if let highest {
            if index > highest {
                advance(from: highest, to: index)
            } else if highest - index >= Self.width {
                return
            }
        } else {
            highest = index
        }
        seen[Self.word(index)] |= Self.bit(index)
    }

    private mutating func advance(from old: UInt64, to new: UInt64) {
        highest = new
        guard new - old < Self.width else {
            seen = InlineArray(repeating: 0)
            return
        }
        var index = old
        while index < new {
            index += 1
            seen[Self.word(index)] &= ~Self.bit(index)
        }
    }

    private static func word(_ index: UInt64) -> Int {
        Int(truncatingIfNeeded: index / 64 % UInt64(wordCount))
    }

    private static func bit(_ index: UInt64) -> UInt64 { 1 << (index % 64) }
}
