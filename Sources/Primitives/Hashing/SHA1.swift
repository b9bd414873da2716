/// SHA-1 (RFC 3174), for STUN's MESSAGE-INTEGRITY only.
///
/// Pure code, so that ICE stays a machine without a crypto library and a simulation needs none.
public enum SHA1 {
    /// The 20-byte digest of `message`.
    public static func digest(_ message: [UInt8]) -> [UInt8] {
        var h: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
            0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0
        )
        var schedule = [UInt32](repeating: 0, count: 80)
        for block in MerkleDamgard.blocks(of: message) {
            for index in 0..<16 { schedule[index] = block[index] }
            for index in 16..<80 {
                schedule[index] = rotate(
                    schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16], 1
                )
            }
            var (a, b, c, d, e) = h
            for index in 0..<80 {
                let mixed: UInt32
                switch index {
                case 0..<20: mixed = (b & c | ~b & d) &+ 0x5a82_7999
                case 20..<40: mixed = (b ^ c ^ d) &+ 0x6ed9_eba1
                case 40..<60: mixed = (b & c | b & d | c & d) &+ 0x8f1b_bcdc
                default: mixed = (b ^ c ^ d) &+ 0xca62_c1d6
                }
                let next = rotate(a, 5) &+ mixed &+ e &+ schedule[index]
                (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
            }
            h = (h.0 &+ a, h.1 &+ b, h.2 &+ c, h.3 &+ d, h.4 &+ e)
        }
        return MerkleDamgard.bytes(of: [h.0, h.1, h.2, h.3, h.4])
    }

    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value << count | value >> (32 - count)
    }
}

/// The padding and block cutting that SHA-1 and SHA-256 share (RFC 6234 section 4.1).
enum MerkleDamgard {
    static func blocks(of message: [UInt8]) -> [[UInt32]] {
        var padded = message
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        let bitCount = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
        }
        return stride(from: 0, to: padded.count, by: 64).map { start in
            stride(from: start, to: start + 64, by: 4).map { at in
                padded[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
    }

    static func bytes(of words: [UInt32]) -> [UInt8] {
        words.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }
}
