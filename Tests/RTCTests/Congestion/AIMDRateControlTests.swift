import Primitives
import RTC
import Testing

@Suite struct AIMDRateControlTests {
    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    /// Far from the capacity the rate grows by 8 % a second, whatever the steps.
    @Test(arguments: [Int64(50), 100, 250, 1000])
    func growthIsMultiplicative(step: Int64) {
        var control = AIMDRateControl(start: .kilobitsPerSecond(300))
        // The first update leaves the hold, with the least step of 1 kbit/s.
        control.update(usage: .normal, throughput: .kilobitsPerSecond(10_000), now: at(0))
        for time in stride(from: step, through: 5000, by: Int64.Stride(step)) {
            control.update(usage: .normal, throughput: .kilobitsPerSecond(10_000), now: at(time))
        }
        // 301 x 1.08^5.
        #expect(abs(control.estimate.kilobitsPerSecond - 442.2677) < 0.001)
    }

    /// What was not sent was not tested: the rate stays below one and a half times what came through.
    @Test func growthIsLimitedByWhatComesThrough() {
        var control = AIMDRateControl(start: .kilobitsPerSecond(300))
        for time in 0..<100 as Range<Int64> {
            control.update(usage: .normal, throughput: .kilobitsPerSecond(250), now: at(time * 1000))
        }
        #expect(abs(control.estimate.kilobitsPerSecond - (250 * 1.5 + 10)) < 1e-9)
    }

    /// An overuse leaves 85 % of what came through, less 5 kbit/s.
    @Test func anOveruseReducesToABelowTheThroughput() {
        var control = AIMDRateControl(start: .kilobitsPerSecond(1000))
        control.update(usage: .overused, throughput: .kilobitsPerSecond(800), now: at(0))
        #expect(abs(control.estimate.kilobitsPerSecond - (800 * 0.85 - 5)) < 1e-9)
        // Not again before a round trip is over, unless hardly anything comes through.
        control.roundTripTime = .milliseconds(100)
        #expect(!control.mayReduce(throughput: .kilobitsPerSecond(600), now: at(99)))
        #expect(control.mayReduce(throughput: .kilobitsPerSecond(600), now: at(100)))
        #expect(control.mayReduce(throughput: .kilobitsPerSecond(300), now: at(1)))
        // An overuse never raises the rate.
        control.update(usage: .overused, throughput: .kilobitsPerSecond(5000), now: at(200))
        #expect(control.estimate < .kilobitsPerSecond(676))
    }

    /// Near the capacity the rate grows by a packet per response time: at 800 kbit/s and a round trip of 100 ms a
    /// frame has three packets of 1111 bytes, and one of them comes on top every 400 ms.
    @Test func growthNearTheCapacityIsAdditive() {
        var control = AIMDRateControl(start: .kilobitsPerSecond(1000))
        control.roundTripTime = .milliseconds(100)
        control.update(usage: .overused, throughput: .kilobitsPerSecond(1000), now: at(0))
        let reduced = control.estimate.kilobitsPerSecond
        #expect(abs(reduced - 845) < 1e-9)
        control.update(usage: .normal, throughput: .kilobitsPerSecond(1000), now: at(100))
        control.update(usage: .normal, throughput: .kilobitsPerSecond(1000), now: at(200))
        let frame = 845_000 / 8.0 / 30
        let packet = frame / (frame / 1200).rounded(.up)
        let perSecond = packet * 8 / 0.4 / 1000
        #expect(abs(control.estimate.kilobitsPerSecond - reduced - perSecond / 10) < 0.01)
    }

    /// A throughput far above the known capacity means that the capacity has changed: fast growth again.
    @Test func aNewCapacityIsFoundFast() {
        var control = AIMDRateControl(start: .kilobitsPerSecond(500))
        control.update(usage: .overused, throughput: .kilobitsPerSecond(500), now: at(0))
        control.update(usage: .normal, throughput: .kilobitsPerSecond(2000), now: at(100))
        let before = control.estimate
        control.update(usage: .normal, throughput: .kilobitsPerSecond(2000), now: at(1100))
        #expect(abs(control.estimate / before - 1.08) < 1e-6)
    }

    @Test func aReceiverStartsWithWhatItMeasures() {
        var control = AIMDRateControl(start: nil)
        control.update(usage: .normal, throughput: .kilobitsPerSecond(400), now: at(0))
        control.update(usage: .normal, throughput: .kilobitsPerSecond(500), now: at(5000))
        #expect(!control.isValid)
        control.update(usage: .normal, throughput: .kilobitsPerSecond(600), now: at(5001))
        #expect(control.isValid)
        // With the least step on top.
        #expect(control.estimate == .kilobitsPerSecond(601))
        // 80 bytes at 5 % of 600 kbit/s take 21 ms; messages come at most every 200 ms.
        #expect(control.feedbackInterval == .milliseconds(200))
    }
}
