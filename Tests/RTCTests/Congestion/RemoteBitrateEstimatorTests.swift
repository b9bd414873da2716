import Primitives
import RTC
import Testing

@Suite struct RemoteBitrateEstimatorTests {
    /// Thirty pictures a second at `rate` kbit/s through a bottleneck of `capacity`; gives what was told and when.
    private func run(
        _ estimator: inout RemoteBitrateEstimator, rate: Double, capacity: Double, from start: Double,
        seconds: Double,
        clockOffset: Double = 0
    ) -> [(rate: Double, at: Double)] {
        var told: [(rate: Double, at: Double)] = []
        var free = start
        var time = start
        while time < start + seconds {
            let packets = max(1, Int(rate * 1000 / 8 / 30 / 1000))
            let size = rate * 1000 / 8 / 30 / Double(packets)
            for index in 0..<packets {
                let sent = time + Double(index) * 0.001
                free = max(free, sent) + size * 8 / (capacity * 1000)
                let units = UInt32(truncatingIfNeeded: Int64((sent + clockOffset) * 262_144))
                let now = Instant.seconds(free + 0.03)
                if let rate = estimator.receive(
                    absoluteSendTime: units & 0xff_ffff, byteCount: Int(size), now: now)
                {
                    told.append((rate.kilobitsPerSecond, now.seconds))
                }
            }
            time += 1.0 / 30
        }
        return told
    }

    /// What comes in is tested, and half as much again: the estimate grows to that and stays.
    @Test(arguments: [0.0, 60, 127])
    func aFreePathIsEstimatedByWhatComesIn(clockOffset: Double) throws {
        var estimator = RemoteBitrateEstimator()
        let told = run(
            &estimator, rate: 800, capacity: 100_000, from: 0, seconds: 40, clockOffset: clockOffset)
        // Nothing is told in the first five seconds, then about five times a second.
        #expect(try #require(told.first).at > 5)
        #expect((80...190).contains(told.count))
        #expect(abs(try #require(told.last).rate - (800 * 1.5 + 10)) < 30)
        #expect(told.allSatisfy { $0.rate > 700 })
    }

    /// When the path narrows to less than what comes, the estimate falls below its capacity within a second or two,
    /// and each fall of more than 3 % is told at once.
    @Test func aNarrowPathIsTold() throws {
        var estimator = RemoteBitrateEstimator()
        _ = run(&estimator, rate: 800, capacity: 100_000, from: 0, seconds: 10)
        let told = run(&estimator, rate: 800, capacity: 500, from: 10, seconds: 3)
        let fall = try #require(told.first { $0.rate < 500 })
        #expect(fall.at < 12)
    }

    @Test func soundAloneIsNoRate() {
        var estimator = RemoteBitrateEstimator()
        let told = estimator.receive(absoluteSendTime: 0, byteCount: 100, now: .zero)
        #expect(told == nil)
        #expect(estimator.estimate == nil)
    }
}
