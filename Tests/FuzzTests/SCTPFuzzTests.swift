import Primitives
import Testing

@Suite struct SCTPFuzzTests {
    private let types: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 0x3f, 0x7f, 0xbf, 0xff]

    /// A chunk with a right header and a value of small numbers or noise.
    ///
    /// - Parameter isLively: Whether to leave out what ends the association.
    private func chunk(isLively: Bool = false, using generator: inout SeededGenerator) -> [UInt8] {
        let words = Int(generator.next() % 12)
        var value = generator.bytes(words * 4)
        if generator.chance(0.8) {
            // Small 16- and 32-bit numbers.
            for index in value.indices { value[index] &= index.isMultiple(of: 2) ? 0 : 15 }
            if value.count >= 4 { value[1] = 0 }
        }
        let length = 4 + value.count
        var type = types[Int(generator.next() % UInt64(types.count))]
        if isLively, [6, 7, 8, 14].contains(type) { type = [0, 3, 130, 192][Int(generator.next() % 4)] }
        return [type, UInt8(generator.next() % 16), UInt8(length >> 8), UInt8(length & 0xff)] + value
    }

    @Test func parsersSurviveNoise() {
        var generator = SeededGenerator(seed: 1).fork("sctp-noise")
        for _ in 0..<20_000 {
            let bytes = generator.bytes(Int(generator.next() % 120))
            bytes.withUnsafeBytes { fuzzSCTP($0) }
        }
    }

    @Test func parsersSurviveShapedChunks() {
        var generator = SeededGenerator(seed: 2).fork("sctp-chunks")
        for _ in 0..<20_000 {
            var bytes = generator.bytes(12)
            for _ in 0..<1 + generator.next() % 4 { bytes += chunk(using: &generator) }
            bytes.withUnsafeBytes { fuzzSCTP($0) }
        }
    }

    @Test func associationSurvivesAHostilePeer() {
        var generator = SeededGenerator(seed: 3).fork("sctp-association")
        for round in 0..<1500 {
            var bytes: [UInt8] = []
            for _ in 0..<1 + generator.next() % 40 {
                bytes += chunk(isLively: !round.isMultiple(of: 3), using: &generator)
            }
            bytes.withUnsafeBytes { fuzzSCTPAssociation($0) }
        }
    }
}
