import Primitives
import Testing

@Suite struct RTCPFuzzTests {
    /// A packet of a known kind whose length is right and whose content is noise.
    private func packet(using generator: inout SeededGenerator) -> [UInt8] {
        let kinds: [(UInt8, UInt8)] = [
            (200, 1), (200, 0), (201, 2), (202, 2), (203, 1), (205, 1), (205, 15), (206, 1), (206, 4),
            (206, 15), (207, 0),
            (204, 0),
        ]
        let (packetType, format) = kinds[Int(generator.next() % UInt64(kinds.count))]
        let words = Int(generator.next() % 24)
        var body = generator.bytes(words * 4)
        if generator.chance(0.7) { shape(&body, packetType, format, using: &generator) }
        let flags = (generator.chance(0.1) ? 0xa0 : 0x80) | format
        return [flags, packetType, 0, UInt8(words)] + body
    }

    /// Makes counts and lengths small, so that the walk gets further than the first field.
    private func shape(
        _ body: inout [UInt8], _ packetType: UInt8, _ format: UInt8, using generator: inout SeededGenerator
    ) {
        guard body.count >= 20 else { return }
        switch (packetType, format) {
        case (202, _):
            for index in stride(from: 4, to: body.count, by: 3) { body[index] = UInt8(generator.next() % 6) }
        case (205, 15):
            body.replaceSubrange(10..<12, with: [0, UInt8(generator.next() % 60)])
            for index in stride(from: 16, to: min(24, body.count), by: 2) {
                body[index] = UInt8(
                    truncatingIfNeeded: [0x20, 0x00, 0x40, 0x80, 0xc0][Int(generator.next() % 5)])
            }
        case (206, 15):
            body.replaceSubrange(8..<13, with: [0x52, 0x45, 0x4d, 0x42, UInt8(generator.next() % 4)])
        case (207, _):
            body.replaceSubrange(
                4..<8, with: [UInt8(4 + generator.next() % 3), 0, 0, UInt8(generator.next() % 7)])
        default: break
        }
    }

    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("rtcp-noise")
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int(generator.next() % 120))
            if !bytes.isEmpty { bytes[0] = bytes[0] & 0x3f | 0x80 }
            bytes.withUnsafeBytes { fuzzRTCP($0) }
        }
    }

    @Test func survivesDamagedCompounds() {
        var generator = SeededGenerator(seed: 2).fork("rtcp-compounds")
        for _ in 0..<30_000 {
            var bytes: [UInt8] = []
            for _ in 0..<1 + generator.next() % 3 { bytes += packet(using: &generator) }
            if generator.chance(0.3) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            if generator.chance(0.3), !bytes.isEmpty {
                bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << (generator.next() % 8)
            }
            bytes.withUnsafeBytes { fuzzRTCP($0) }
        }
    }
}
