import Primitives
import Testing

@Suite struct TimeTests {
    @Test func intervalsConvertBetweenUnits() {
        #expect(Interval.milliseconds(1.5) == .microseconds(1500))
        #expect(Interval.seconds(0.25) == .milliseconds(250 as Int64))
        #expect(Interval.seconds(2 as Int64).nanoseconds == 2_000_000_000)
        #expect(Interval.milliseconds(-1.5).wholeMicroseconds == -1500)
        #expect(Interval.nanoseconds(1999).wholeMicroseconds == 1)
        #expect(Interval.milliseconds(-3 as Int64).magnitude == .milliseconds(3 as Int64))
        #expect(Interval.milliseconds(3 as Int64) * 2.5 == .microseconds(7500))
        #expect(Interval.seconds(3 as Int64) / .seconds(2 as Int64) == 1.5)
        #expect(Interval.seconds(3 as Int64) / 2 == .milliseconds(1500 as Int64))
    }

    @Test func instantsAddAndCompare() {
        let start = Instant.seconds(1.5)
        #expect(start.nanoseconds == 1_500_000_000)
        #expect(start + .milliseconds(500 as Int64) - start == .milliseconds(500 as Int64))
        #expect(start - .seconds(2 as Int64) < .zero)
        #expect(start < .distantFuture)
        #expect(start.seconds == 1.5)
    }

    @Test func earliestTakesNilForNever() {
        let (early, late) = (Instant.seconds(1), Instant.seconds(2))
        #expect(earliest(nil, nil) == nil)
        #expect(earliest(early, nil) == early)
        #expect(earliest(nil, late) == late)
        #expect(earliest(late, early) == early)
    }

    /// The Unix epoch is 2 208 988 800 s after NTP's (RFC 5905 figure 4).
    @Test func ntpTimestampsCountFrom1900() {
        let origin = WallClockOrigin(unixNanoseconds: 0)
        #expect(origin.ntpTimestamp(at: .zero) == UInt64(2_208_988_800) << 32)
        #expect(origin.ntpTimestamp(at: .seconds(1.5)) == UInt64(2_208_988_801) << 32 | 0x8000_0000)
        #expect(origin.compactNTP(at: .seconds(1.5)) == UInt32(2_208_988_801 & 0xffff) << 16 | 0x8000)
    }

    @Test func wallTimeIsOriginPlusInstant() {
        let origin = WallClockOrigin(unixNanoseconds: 1_700_000_000_000_000_000)
        #expect(origin.unixSeconds(at: .seconds(2)) == 1_700_000_002)
        #expect(origin.unixMilliseconds(at: .zero + .milliseconds(5 as Int64)) == 1_700_000_000_005)
        #expect(origin.unixNanoseconds(at: .zero - .nanoseconds(1)) == 1_699_999_999_999_999_999)
        // A nanosecond before a whole second: the fraction must not round into the next second.
        let last = origin.ntpTimestamp(at: .zero - .nanoseconds(1))
        #expect(last >> 32 == 1_699_999_999 + 2_208_988_800)
        #expect(last & 0xffff_ffff > 0xffff_fff0)
    }
}
