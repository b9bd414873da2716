import Primitives
import RTC
import Testing

@Suite struct ThroughputEstimatorTests {
    /// Packets of 1000 bytes, sent and received at given spacings in milliseconds.
    private func throughput(
        count: Int, sent: Double, received: Double, stalls: [Int: Double] = [:]
    ) -> Double? {
        var estimator = ThroughputEstimator()
        var arrival = 0.0
        for index in 0..<count {
            arrival += received + (stalls[index] ?? 0)
            estimator.add(
                TransportPacketResult(
                    sequenceNumber: UInt16(truncatingIfNeeded: index), byteCount: 1000,
                    sentAt: .zero + .milliseconds(Double(index) * sent),
                    arrivedAt: .zero + .milliseconds(arrival)))
        }
        return estimator.throughput?.kilobitsPerSecond
    }

    @Test func theRateIsThatOfThePackets() throws {
        #expect(throughput(count: 9, sent: 10, received: 10) == nil)
        #expect(abs(try #require(throughput(count: 10, sent: 10, received: 10)) - 800) < 1e-6)
        #expect(abs(try #require(throughput(count: 1000, sent: 4, received: 4)) - 2000) < 1e-6)
    }

    /// The slower side decides.
    @Test func theBottleneckDecides() throws {
        #expect(abs(try #require(throughput(count: 400, sent: 4, received: 8)) - 1000) < 1e-6)
        #expect(abs(try #require(throughput(count: 400, sent: 8, received: 4)) - 1000) < 1e-6)
    }

    /// One stall of the path does not count.
    @Test func oneStallIsForgiven() throws {
        let rate = try #require(throughput(count: 400, sent: 5, received: 5, stalls: [300: 200]))
        #expect(abs(rate - 1600) < 1e-6)
        let twice = try #require(throughput(count: 400, sent: 5, received: 5, stalls: [300: 200, 350: 200]))
        #expect(twice < 1400)
    }

    @Test func aJumpOfTheReceiversClockStartsAnew() {
        var estimator = ThroughputEstimator()
        for index in 0..<30 {
            let jump = index < 20 ? 10_000.0 : 0
            estimator.add(
                TransportPacketResult(
                    sequenceNumber: UInt16(index), byteCount: 1000,
                    sentAt: .zero + .milliseconds(Double(index) * 10),
                    arrivedAt: .zero + .milliseconds(Double(index) * 10 + jump)))
            if index == 20 { #expect(estimator.throughput == nil) }
        }
    }
}
