import Primitives
import Testing
import WireFormats

@Suite struct FrameTagTests {
    static let tag = FrameTag(captureMicroseconds: 0x12_3456_789a, frameNumber: 0xbeef, clip: 21, layer: 5)

    @Test func hasItsLayout() {
        let bytes = written(16) { buffer in
            Self.tag.write(into: UnsafeMutableRawBufferPointer(rebasing: buffer[4...]))
            return 16
        }
        // The check is the CRC-32 of the eight bytes before it (0x8e4b_a9e5 by zlib), XOR "VBT1".
        #expect(Array(bytes[4..<12]).hexadecimal == "123456789abeefad")
        let check = CRC32.checksum(Array(bytes[4..<12]).span.bytes) ^ 0x5642_5431
        #expect(
            Array(bytes[12...]).hexadecimal
                == [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: check >> $0) }.hexadecimal)
        #expect(bytes[..<4].allSatisfy { $0 == 0 })
    }

    @Test func isFoundAtTheEndOfAFrame() {
        let bytes = written(64) { buffer in
            Self.tag.write(into: buffer)
            return 64
        }
        #expect(FrameTag(tail: bytes) == Self.tag)
        #expect(bytes.withUnsafeBytes { FrameTag(tail: $0) } == Self.tag)
        #expect(FrameTag(tail: Array(bytes.dropLast())) == nil)
        #expect(FrameTag(tail: Array(bytes.suffix(12))) == Self.tag)
        #expect(FrameTag(tail: Array(bytes.suffix(11))) == nil)
    }

    @Test func everyFlippedBitIsNoticed() {
        let bytes = written(12) { buffer in
            Self.tag.write(into: buffer)
            return 12
        }
        for bit in 0..<96 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(FrameTag(tail: damaged) == nil)
        }
    }

    @Test func cutsNumbersToTheirFields() {
        let tag = FrameTag(captureMicroseconds: .max, frameNumber: 1, clip: 0xff, layer: 0xff)
        #expect(tag.captureMicroseconds == UInt64(FrameTag.capturePeriod) - 1)
        #expect(tag.clip == 31)
        #expect(tag.layer == 7)
    }

    @Test(
        arguments: [
            (1_795_450_808_000_000, 0), (1_795_450_808_000_000, 150_000), (1_795_450_808_000_000, -2_000),
            (FrameTag.capturePeriod * 1633 - 5, 10), (FrameTag.capturePeriod * 1633, -10),
        ] as [(Int64, Int64)])
    func ageIsRightAcrossTheWrap(_ capture: Int64, _ age: Int64) {
        let tag = FrameTag(captureMicroseconds: UInt64(capture), frameNumber: 0, clip: 0, layer: 0)
        #expect(tag.age(at: capture + age) == age)
    }
}
