import Primitives
import RTC
import Testing

@Suite struct LossBasedEstimatorTests {
    /// Feeds `seconds` of packets of 1000 bytes at the rate that `rate` gives, of which every `period`-th is lost,
    /// and those above `capacity`.
    private func run(
        _ estimator: inout LossBasedEstimator, seconds: Int, delayBased: Bitrate, period: Int? = nil,
        capacity: Bitrate = .unlimited, from start: Int = 0
    ) {
        var time = Instant.zero + .seconds(Int64(start))
        var number = 0
        var credit = 0.0
        let end = time + .seconds(Int64(seconds))
        while time < end {
            var packets: [TransportPacketResult] = []
            let feedbackEnd = time + .milliseconds(100)
            let rate = min(delayBased, estimator.isReady ? estimator.estimate : delayBased)
            var arrived = 0
            while time < feedbackEnd {
                let isDropped: Bool
                if capacity.isFinite {
                    credit += capacity / rate
                    isDropped = credit < 1
                    if !isDropped { credit -= 1 }
                } else {
                    isDropped = false
                }
                number += 1
                let isLost = isDropped || period.map { number % $0 == 0 } ?? false
                packets.append(
                    TransportPacketResult(
                        sequenceNumber: UInt16(truncatingIfNeeded: number), byteCount: 1000, sentAt: time,
                        arrivedAt: isLost ? nil : time + .milliseconds(20)))
                if !isLost { arrived += 1000 }
                time += rate.time(forBytes: 1000)
            }
            estimator.throughput = Bitrate(bytes: Double(arrived), over: .milliseconds(100))
            estimator.update(packets, delayBased: delayBased, isApplicationLimited: false)
        }
    }

    @Test func withoutLossTheDelayLeads() {
        var estimator = LossBasedEstimator()
        #expect(!estimator.isReady)
        run(&estimator, seconds: 10, delayBased: .kilobitsPerSecond(2000))
        #expect(estimator.isReady)
        #expect(estimator.state == .delayBased)
        #expect(estimator.estimate == .kilobitsPerSecond(2000))
        #expect(estimator.averageLoss == 0)
    }

    /// One percent at any rate is the path's nature and holds nothing down.
    @Test func aLittleRandomLossIsForgiven() {
        var estimator = LossBasedEstimator()
        run(&estimator, seconds: 20, delayBased: .kilobitsPerSecond(2000), period: 100)
        #expect(abs(estimator.averageLoss - 0.01) < 0.004)
        #expect(estimator.estimate > .kilobitsPerSecond(1800))
    }

    /// A fifth of loss caps the rate at 100 kbit/s / (0.2 − 0.05), or at what comes through if that is more; as it
    /// stays at any rate, it is taken for the path's nature in the end.
    @Test func muchLossHoldsTheRateDown() {
        var estimator = LossBasedEstimator()
        run(&estimator, seconds: 60, delayBased: .kilobitsPerSecond(3000), period: 5)
        #expect(estimator.state != .delayBased)
        #expect(abs(estimator.averageLoss - 0.2) < 0.02)
        #expect(estimator.estimate < .kilobitsPerSecond(1000))
        #expect(estimator.estimate > .kilobitsPerSecond(150))
    }

    /// Where everything above a capacity is lost, without any delay that would tell, the capacity is found.
    @Test func aCapacityIsFoundByLossAlone() {
        var estimator = LossBasedEstimator()
        run(&estimator, seconds: 30, delayBased: .kilobitsPerSecond(2000), capacity: .kilobitsPerSecond(1000))
        #expect(estimator.estimate > .kilobitsPerSecond(800))
        #expect(estimator.estimate < .kilobitsPerSecond(1200))
        // And when the path is free again, so is the rate.
        run(&estimator, seconds: 60, delayBased: .kilobitsPerSecond(2000), from: 30)
        #expect(estimator.estimate > .kilobitsPerSecond(1900))
    }
}
