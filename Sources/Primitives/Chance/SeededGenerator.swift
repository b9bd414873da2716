/// A small, fast, seeded random generator (xoshiro256**), the only source of chance in the pure targets.
///
/// Every client and every purpose forks its own: `run.fork("client", 17).fork("ice")`. Forks depend on the seed
/// and the labels alone, never on how many numbers were drawn before, so adding a draw in one place changes no
/// other. Reference: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private let seed: UInt64
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Starts the stream that belongs to `seed`.
    public init(seed: UInt64) {
        self.seed = seed
        var mixer = SplitMix(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    /// A generator of its own for a named purpose and an index.
    public func fork(_ label: StaticString, _ index: Int = 0) -> SeededGenerator {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed  // FNV-1a over the label, keyed by the seed
        label.withUTF8Buffer { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        var mixer = SplitMix(state: hash &+ UInt64(bitPattern: Int64(index)) &* 0x9e37_79b9_7f4a_7c15)
        return SeededGenerator(seed: mixer.next())
    }

    /// A number in 0..<1 with 53 random bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with the given probability.
    public mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

    /// `count` random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// `count` characters of the given ASCII alphabet.
    public mutating func text(_ count: Int, from alphabet: StaticString = Self.alphanumeric) -> String {
        alphabet.withUTF8Buffer { symbols in
            String(
                decoding: (0..<count).map { _ in symbols[Int(next() % UInt64(symbols.count))] }, as: UTF8.self
            )
        }
    }

    /// Letters and digits: legal in ICE credentials (RFC 8839 ice-char), track ids and slugs.
    public static let alphanumeric: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
        value << count | value >> (64 - count)
    }
}

/// Spreads a seed over a larger state (Steele, Lea and Flood 2014).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
