import Primitives
import Testing

@Suite struct RTPFuzzTests {
    /// A packet with an extension block of the given profile that is filled with noise.
    private func packet(using generator: inout SeededGenerator) -> [UInt8] {
        let words = Int(generator.next() % 12)
        let flags = 0x90 | UInt8(generator.next() & 0x2f)
        let profile: [UInt8] = generator.chance(0.5) ? [0xbe, 0xde] : [0x10, 0x00]
        return [flags] + generator.bytes(11) + generator.bytes(Int(flags & 15) * 4) + profile + [
            0, UInt8(words),
        ]
            + extensionBlock(words * 4, isTwoByteForm: profile[0] == 0x10, using: &generator)
            + generator.bytes(Int(generator.next() % 40))
    }

    private func extensionBlock(_ count: Int, isTwoByteForm: Bool, using generator: inout SeededGenerator)
        -> [UInt8]
    {
        var block: [UInt8] = []
        while block.count < count {
            let id = UInt8(generator.next() % 12)
            let length = Int(generator.next() % 17)
            block += isTwoByteForm ? [id, UInt8(length)] : [id << 4 | UInt8(max(length, 1) - 1)]
            block += generator.bytes(length)
        }
        return Array(block[..<count])
    }

    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("rtp-noise")
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int(generator.next() % 80))
            if !bytes.isEmpty { bytes[0] = bytes[0] & 0x3f | 0x80 }
            bytes.withUnsafeBytes { fuzzRTP($0) }
        }
    }

    @Test func survivesDamagedPackets() {
        var generator = SeededGenerator(seed: 2).fork("rtp-packets")
        for _ in 0..<20_000 {
            var bytes = packet(using: &generator)
            if generator.chance(0.5) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            if generator.chance(0.5) {
                bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << (generator.next() % 8)
            }
            bytes.withUnsafeBytes { fuzzRTP($0) }
        }
    }
}
