import Primitives
import Testing

@Suite struct UnwrapperTests {
    @Test func sequenceNumbersGoOnAcrossTheWrap() {
        var unwrapper = SequenceUnwrapper()
        let wire: [UInt16] = [65_533, 65_535, 65_534, 0, 2, 65_535, 1]
        #expect(
            wire.map { unwrapper.unwrap($0) } == [65_533, 65_535, 65_534, 65_536, 65_538, 65_535, 65_537])
    }

    @Test func sequenceNumbersGoOnThroughManyWraps() {
        var unwrapper = SequenceUnwrapper()
        for number in stride(from: Int64(100), to: 1_000_000, by: 997) {
            #expect(unwrapper.unwrap(UInt16(truncatingIfNeeded: number)) == number)
        }
    }

    @Test func numbersBeforeTheFirstAreNegative() {
        var unwrapper = SequenceUnwrapper()
        #expect(unwrapper.unwrap(2) == 2)
        #expect(unwrapper.unwrap(65_535) == -1)
    }

    @Test func timestampsGoOnAcrossTheWrap() {
        var unwrapper = TimestampUnwrapper()
        let wire: [UInt32] = [0xffff_ff00, 0xffff_ffff, 100, 0xffff_fff0]
        #expect(
            wire.map { unwrapper.unwrap($0) }
                == [0xffff_ff00, 0xffff_ffff, 0x1_0000_0064, 0xffff_fff0])
    }
}
