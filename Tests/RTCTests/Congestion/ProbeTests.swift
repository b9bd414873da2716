import Primitives
import RTC
import Testing

@Suite struct ProbeTests {
    private static let cluster = ProbeCluster(id: 1, rate: .kilobitsPerSecond(1000), requestedAt: .zero)

    /// What a cluster of packets of 1000 bytes finds out that are sent and received at given spacings, in kbit/s.
    private func result(count: Int, sent: Double, received: Double) -> Double? {
        var estimator = ProbeEstimator()
        estimator.expect(Self.cluster)
        for index in 0..<count {
            estimator.receive(
                TransportPacketResult(
                    sequenceNumber: UInt16(index), byteCount: 1000,
                    sentAt: .zero + .milliseconds(Double(index) * sent),
                    arrivedAt: .seconds(50) + .milliseconds(Double(index) * received), probe: 1))
        }
        return estimator.takeResult()?.kilobitsPerSecond
    }

    /// The cases of libwebrtc's `DelayBasedBweTest.ProbeDetection…`.
    @Test func aClusterMeasuresThePath() throws {
        // As fast as it was sent.
        #expect(abs(try #require(result(count: 5, sent: 10, received: 10)) - 800) < 1e-6)
        // Much faster than it was sent: nonsense.
        #expect(result(count: 5, sent: 10, received: 1) == nil)
        // Slower: the path's capacity is found, of which 95 % are used.
        #expect(abs(try #require(result(count: 8, sent: 5, received: 7)) - 0.95 * 8000 / 7) < 1e-6)
        #expect(abs(try #require(result(count: 8, sent: 1, received: 2)) - 0.95 * 4000) < 1e-6)
        // Too few packets arrived.
        #expect(result(count: 3, sent: 5, received: 5) == nil)
    }

    @Test func aResultIsTakenOnce() {
        var estimator = ProbeEstimator()
        estimator.expect(Self.cluster)
        for index in 0..<6 {
            let packet = TransportPacketResult(
                sequenceNumber: UInt16(index), byteCount: 1000,
                sentAt: .zero + .milliseconds(Int64(index) * 8),
                arrivedAt: .zero + .milliseconds(Int64(index) * 8 + 30), probe: index == 2 ? 0 : 1)
            estimator.receive(packet)
        }
        let first = estimator.takeResult()
        let second = estimator.takeResult()
        #expect(first != nil && second == nil)
    }

    /// The rates of the clusters that a controller asks for; `carries` says what the path makes of each.
    private func initialProbes(
        start: Double = 300, maximum: Double = 5000, capacity: Double
    ) -> [Int] {
        var settings = CongestionSettings()
        settings.start = .kilobitsPerSecond(start)
        var controller = CongestionController(settings: settings)
        controller.setWanted(
            minimum: .zero, maximum: .kilobitsPerSecond(maximum), padding: .zero, probesPeriodically: false,
            now: .zero)
        controller.begin(now: .zero)
        var rates: [Int] = []
        var number: UInt16 = 0
        var now = Instant.zero
        while let cluster = controller.takeCluster() {
            rates.append(Int(cluster.rate.kilobitsPerSecond.rounded()))
            let byteCount = 1000
            let sent = cluster.rate.time(forBytes: Double(byteCount + 28))
            let received = min(cluster.rate, .kilobitsPerSecond(capacity)).time(
                forBytes: Double(byteCount + 28))
            var arrival = now + .milliseconds(20)
            for _ in 0..<12 {
                controller.noteSent(byteCount: byteCount, now: now)
                controller.receive(
                    TransportPacketResult(
                        sequenceNumber: number, byteCount: byteCount, sentAt: now, arrivedAt: arrival,
                        probe: cluster.id))
                number += 1
                now += sent
                arrival += received
            }
            now = arrival
            controller.finishFeedback(now: now)
        }
        return rates
    }

    /// Three and six times the start rate, then twice of what was found as long as it is nearly what was sent
    /// (libwebrtc's `ProbeControllerTest`), up to twice of what there is to send.
    @Test func theStartIsExponential() {
        #expect(initialProbes(capacity: 100_000) == [900, 1800, 3600, 5000])
        #expect(initialProbes(maximum: 2310, capacity: 100_000) == [900, 1800, 3600, 4620])
        #expect(initialProbes(start: 1011.5, maximum: 1445, capacity: 100_000) == [2890, 2890])
        #expect(initialProbes(capacity: 1000) == [900, 1800])
    }
}
