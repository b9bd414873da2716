import Primitives
import RTC
import Testing

@Suite struct TrendlineEstimatorTests {
    /// Feeds bursts that are sent every `spacing` and arrive with `growth` more of it between them.
    private func feed(
        _ estimator: inout TrendlineEstimator, count: Int, spacing: Double = 20, growth: Double,
        from start: inout Double
    ) -> Int {
        for index in 0..<count {
            start += spacing * (1 + growth)
            estimator.update(
                PacketGroups.Delta(
                    sent: .milliseconds(spacing), arrived: .milliseconds(spacing * (1 + growth))),
                arrivedAt: .zero + .milliseconds(start))
            if estimator.usage != .normal { return index + 1 }
        }
        return count
    }

    @Test func aSteadyPathIsNormal() {
        var estimator = TrendlineEstimator()
        var time = 0.0
        #expect(feed(&estimator, count: 500, growth: 0, from: &time) == 500)
        #expect(estimator.trend == 0)
        // Without any slope the threshold sinks to its floor.
        #expect(abs(estimator.threshold - 6) < 0.01)
    }

    /// Bursts that arrive 10 % slower than they are sent: overused within 25, as in libwebrtc's
    /// `TrendlineEstimatorTest.Overusing`; 15 % faster: underused (`.Underusing`).
    @Test(arguments: [(0.1, BottleneckUsage.overused), (-0.15, .underused)])
    func aChangingDelayIsNoticed(growth: Double, usage: BottleneckUsage) {
        var estimator = TrendlineEstimator()
        var time = 0.0
        let count = feed(&estimator, count: 25, growth: growth, from: &time)
        #expect(count < 25 && count >= TrendlineEstimator.windowLength)
        #expect(estimator.usage == usage)
    }

    /// On a ramp the smoothed delay runs parallel to the delay once the smoothing has settled, so the slope is
    /// growth / (1 + growth), whatever the spacing.
    @Test(arguments: [0.01, 0.02, -0.02], [5.0, 33.0])
    func theSlopeIsThatOfTheRamp(growth: Double, spacing: Double) {
        var estimator = TrendlineEstimator()
        var time = 0.0
        for _ in 0..<300 {
            time += spacing * (1 + growth)
            estimator.update(
                PacketGroups.Delta(
                    sent: .milliseconds(spacing), arrived: .milliseconds(spacing * (1 + growth))),
                arrivedAt: .zero + .milliseconds(time))
        }
        #expect(abs(estimator.trend - growth / (1 + growth)) < 1e-6)
    }

    /// A small slope pulls the threshold down to itself, a larger one up: scaled by 60 bursts and a gain of 4.
    @Test(arguments: [0.03, 0.08])
    func theThresholdFollowsTheSlope(slope: Double) {
        var estimator = TrendlineEstimator()
        let spacing = 20 * (1 + slope / (1 - slope))
        for index in 1...2000 {
            estimator.update(
                PacketGroups.Delta(sent: .milliseconds(20), arrived: .milliseconds(spacing)),
                arrivedAt: .zero + .milliseconds(spacing * Double(index)))
        }
        #expect(abs(estimator.threshold - slope * 240) < 0.05)
    }

    @Test func onlyDifferencesBetweenBurstsCount() {
        var groups = PacketGroups()
        func add(_ sent: Double, _ arrived: Double) -> PacketGroups.Delta? {
            // The receiver's clock is 1000 s ahead.
            groups.add(
                sentAt: .zero + .milliseconds(sent), arrivedAt: .seconds(1000) + .milliseconds(arrived),
                observedAt: .zero + .milliseconds(arrived))
        }
        // Two packets of one burst, then two more, 10 ms later; the second burst is stretched.
        #expect(add(0, 100) == nil)
        #expect(add(1, 101) == nil)
        #expect(add(10, 110) == nil)
        #expect(add(12, 114) == nil)
        #expect(add(20, 122) == PacketGroups.Delta(sent: .milliseconds(11), arrived: .milliseconds(13)))
        // An older packet says nothing.
        #expect(add(11, 123) == nil)
        // Packets that come at once although they were sent apart were held up together: one burst.
        #expect(add(30, 123) == nil)
        #expect(add(40, 124) == nil)
        #expect(add(50, 160) == PacketGroups.Delta(sent: .milliseconds(28), arrived: .milliseconds(10)))
    }

    @Test func aJumpOfTheClockStartsAnew() {
        var groups = PacketGroups()
        var deltas = 0
        for index in 0..<20 {
            let time = Double(index) * 10
            let jump = index >= 10 ? 5000.0 : 0
            let delta = groups.add(
                sentAt: .zero + .milliseconds(time), arrivedAt: .zero + .milliseconds(time + jump),
                observedAt: .zero + .milliseconds(time))
            if let delta {
                deltas += 1
                #expect(delta.arrived == .milliseconds(10))
            }
        }
        // The burst at the jump and the two that it takes to have a difference again are missing.
        #expect(deltas == 15)
    }
}
