import Media
import Primitives
import Testing

@Suite struct FrameMarkTests {
    private func read(_ picture: Picture) -> FrameMark? { picture.withLuma { FrameMark(reading: $0) } }

    /// Stream and frame number, then CRC-16/CCITT-FALSE, computed by other software.
    @Test(arguments: [
        (UInt8(0), UInt64(0), UInt64(0xe10)), (0x5a, 1, 0x5a00_0000_0001_e8a7),
        (255, 0xff_ffff_ffff, 0xffff_ffff_ffff_99cf), (3, 40, 0x0300_0000_0028_659a),
    ])
    func carriesItsChecksum(stream: UInt8, number: UInt64, bits: UInt64) {
        let mark = FrameMark(stream: stream, frameNumber: number)
        #expect(mark.bits == bits)
        #expect(FrameMark(bits: bits) == mark)
    }

    @Test func everyFlippedBitIsNoticed() {
        let bits = FrameMark(stream: 9, frameNumber: 123_456).bits
        for position in UInt64(0)..<64 { #expect(FrameMark(bits: bits ^ 1 << position) == nil) }
    }

    @Test(arguments: [(180, 8), (360, 16), (720, 32), (1080, 48), (90, 4)])
    func cellsGrowWithThePicture(height: Int, cell: Int) {
        #expect(FrameMark.cellSize(height: height) == cell)
    }

    @Test(arguments: [(160, 90), (320, 180), (640, 360), (1280, 720)])
    func isReadBackFromAPicture(width: Int, height: Int) {
        let picture = Picture(width: width, height: height)
        for number in [0, 1, 77, 0xff_ffff_ffff] as [UInt64] {
            let mark = FrameMark(stream: 200, frameNumber: number)
            mark.draw(into: picture)
            #expect(read(picture) == mark)
        }
    }

    @Test func isReadFromADownscaledPicture() {
        let picture = Picture(width: 640, height: 360)
        let mark = FrameMark(stream: 4, frameNumber: 4711)
        mark.draw(into: picture)
        let scaled = picture.withLuma { source in
            (0..<135 * 240).map { source[$0 % 240 * 8 / 3, $0 / 240 * 8 / 3] }
        }
        withPlane(scaled, width: 240, height: 135) { #expect(FrameMark(reading: $0) == mark) }
    }

    @Test func nothingIsReadWhereThereIsNoMark() {
        let picture = Picture(width: 320, height: 180)
        #expect(read(picture) == nil)
        FrameMark(stream: 1, frameNumber: 1).draw(into: picture)
        picture.withBytes { bytes in
            for y in 0..<8 { for x in 40..<48 { bytes[y * 320 + x] = 255 &- bytes[y * 320 + x] } }
        }
        #expect(read(picture) == nil)
        withPlane([UInt8](repeating: 5, count: 12), width: 4, height: 3) {
            #expect(FrameMark(reading: $0) == nil)
        }
    }

    @Test func noiseIsNoMark() {
        var generator = SeededGenerator(seed: 5)
        var found = 0
        for _ in 0..<200 {
            withPlane(generator.bytes(96 * 54), width: 96, height: 54) {
                if FrameMark(reading: $0) != nil { found += 1 }
            }
        }
        #expect(found == 0)
    }
}
