import Primitives
import Testing

@Suite struct MediaFormatsFuzzTests {
    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("media-noise")
        for _ in 0..<40_000 {
            let bytes = generator.bytes(Int(generator.next() % 60))
            bytes.withUnsafeBytes { fuzzMediaFormats($0) }
        }
    }

    @Test func survivesDamagedDescriptors() throws {
        // The dependency structure of an AV1 stream with three spatial and three temporal layers.
        let structure = try #require(
            [UInt8](
                hexadecimal: "c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a8000600"
                    + "00400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"
            ))
        var generator = SeededGenerator(seed: 2).fork("media-damage")
        for _ in 0..<20_000 {
            var bytes = structure
            for _ in 0..<1 + generator.next() % 4 {
                bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << (generator.next() % 8)
            }
            if generator.chance(0.5) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            bytes.withUnsafeBytes { fuzzMediaFormats($0) }
        }
    }
}
