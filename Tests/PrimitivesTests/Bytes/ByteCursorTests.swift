import Primitives
import Testing

@Suite struct ByteCursorTests {
    @Test func readsWhatWasWritten() {
        var bytes = [UInt8](repeating: 0xee, count: 32)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = ByteWriter(buffer)
            writer.write(UInt8(1))
            writer.write(UInt16(0x0203))
            writer.writeUInt24(0xff04_0506)
            writer.write(UInt32(0x0708_090a))
            writer.write(UInt64(0x0b0c_0d0e_0f10_1112))
            writer.write([0x13, 0x14] as [UInt8])
            writer.writeZeros(2)
            writer.patch(UInt16(0x1516), at: 20)
            #expect(!writer.overflowed)
            #expect(writer.remaining == 10)
            return writer.count
        }
        #expect(Array(bytes[..<count]) == Array(1...0x12) + [0x13, 0x14, 0x15, 0x16])

        let written = Array(bytes[..<count])
        var reader = ByteReader(written.span.bytes)
        let numbers: [UInt64] = [
            UInt64(reader.readUInt8()), UInt64(reader.readUInt16()), UInt64(reader.readUInt24()),
            UInt64(reader.readUInt32()), reader.readUInt64(),
        ]
        #expect(numbers == [1, 0x0203, 0x04_0506, 0x0708_090a, 0x0b0c_0d0e_0f10_1112])
        let array = reader.readArray(2)
        #expect(array == [0x13, 0x14])
        reader.skip(2)
        let (remaining, failed) = (reader.remaining, reader.failed)
        #expect(remaining == 0)
        #expect(!failed)
    }

    @Test func readingBeyondTheEndGivesZeroAndFails() {
        let bytes: [UInt8] = [1, 2, 3]
        for attempt in 0..<6 {
            var reader = ByteReader(bytes.span.bytes)
            var value: UInt64 = 0
            switch attempt {
            case 0: value = UInt64(reader.readUInt32())
            case 1: value = reader.readUInt64()
            case 2: reader.skip(4)
            case 3: reader.skip(-1)
            case 4: value = UInt64(reader.readArray(4).count)
            default: value = UInt64(reader.readArray(-1).count)
            }
            let (remaining, failed, next) = (reader.remaining, reader.failed, reader.readUInt8())
            #expect(value == 0)
            #expect(remaining == 0)
            #expect(failed)
            #expect(next == 0)
        }
    }

    @Test func writingBeyondTheEndChangesNothing() {
        var bytes: [UInt8] = [9, 9, 9]
        bytes.withUnsafeMutableBytes { buffer in
            var writer = ByteWriter(buffer)
            writer.write(UInt16(0x0102))
            writer.write(UInt32(7))
            #expect(writer.overflowed)
            #expect(writer.count == 2)
            writer.write([1, 2] as [UInt8])
            #expect(writer.count == 2)
            writer.patch(1, at: 1)
        }
        #expect(bytes == [1, 2, 9])
    }
}
