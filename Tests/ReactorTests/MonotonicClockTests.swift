import Glibc
import Primitives
import Reactor
import Testing

@Suite struct MonotonicClockTests {
    @Test func neverGoesBack() {
        let clock = MonotonicClock()
        var last = clock.now
        #expect(last >= .zero)
        for _ in 0..<10_000 {
            let now = clock.now
            #expect(now >= last)
            last = now
        }
    }

    @Test func agreesWithTheWallClock() {
        let clock = MonotonicClock()
        let unixSeconds = Int64(time(nil))
        // Within a minute even on a machine whose wall clock is being set.
        #expect(abs(clock.wallClock.unixSeconds(at: clock.now) - unixSeconds) < 60)
    }
}
