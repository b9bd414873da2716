import Primitives
import RTC
import Testing

@Suite struct NetworkPathEmulatorTests {
    private func run(
        _ profile: NetworkPathProfile, seed: UInt64 = 1, count: Int = 20_000, byteCount: Int = 972,
        spacing: Interval = .milliseconds(1 as Int64)
    ) -> (deliveries: [NetworkPathEmulator.Delivery], emulator: NetworkPathEmulator) {
        var emulator = NetworkPathEmulator(profile: profile, generator: SeededGenerator(seed: seed))
        let deliveries = (0..<count).map { emulator.admit(byteCount: byteCount, now: .zero + spacing * $0) }
        return (deliveries, emulator)
    }

    /// Delays in milliseconds of what arrived.
    private func delays(
        _ deliveries: [NetworkPathEmulator.Delivery], spacing: Interval = .milliseconds(1 as Int64)
    ) -> [Double] {
        deliveries.enumerated().compactMap { index, delivery in
            delivery.first.map { ($0 - (.zero + spacing * index)).milliseconds }
        }
    }

    @Test func plainPathOnlyDelays() {
        let (deliveries, emulator) = run(NetworkPathProfile(delay: .milliseconds(30 as Int64)), count: 100)
        #expect(delays(deliveries).allSatisfy { $0 == 30 })
        #expect(deliveries.allSatisfy { $0.copyCount == 1 && $0.cause == nil })
        #expect(emulator.statistics.delivered == 100)
    }

    @Test func losesAtRandom() {
        let (deliveries, emulator) = run(NetworkPathProfile(loss: .random(0.05)))
        // 20 000 draws at 5 %: the standard deviation is 31.
        #expect((850...1150).contains(emulator.statistics.lost))
        #expect(
            deliveries.filter { $0.cause == .loss && $0.copyCount == 0 }.count == emulator.statistics.lost)
    }

    @Test func losesInBursts() {
        let model = GilbertElliott(meanLoss: 0.05, meanBurst: 8)
        #expect(abs(model.meanLoss - 0.05) < 1e-12)
        let (deliveries, emulator) = run(NetworkPathProfile(loss: .gilbertElliott(model)), count: 200_000)
        #expect((8500...11_500).contains(emulator.statistics.lost))
        var bursts = 0
        for index in deliveries.indices where deliveries[index].first == nil {
            if index == 0 || deliveries[index - 1].first != nil { bursts += 1 }
        }
        let meanBurst = Double(emulator.statistics.lost) / Double(bursts)
        #expect((7...9).contains(meanBurst))
    }

    @Test func losesWhatIsListed() {
        let (deliveries, emulator) = run(NetworkPathProfile(lostOrdinals: [0, 3, 4, 99]), count: 100)
        #expect(deliveries.indices.filter { deliveries[$0].first == nil } == [0, 3, 4, 99])
        #expect(emulator.statistics.plannedLosses == 4)
        #expect(deliveries[3].cause == .planned)
    }

    @Test func losesDuringOutages() {
        let outage = Instant.seconds(0.01)..<Instant.seconds(0.02)
        let (deliveries, _) = run(NetworkPathProfile(outages: [outage]), count: 30)
        #expect(deliveries.indices.filter { deliveries[$0].cause == .outage } == Array(10..<20))
    }

    @Test(arguments: [
        (NetworkJitter.uniform(maximum: .milliseconds(20 as Int64)), 10.0, 20.0),
        // The mean of a half-normal variable is its deviation times the root of 2/pi.
        (.halfNormal(deviation: .milliseconds(10 as Int64)), 7.979, 60),
        (.exponential(mean: .milliseconds(10 as Int64)), 10, .infinity),
        (.pareto(mean: .milliseconds(10 as Int64), shape: 3), 10, .infinity),
    ])
    func jitterHasTheMeanThatWasAsked(jitter: NetworkJitter, mean: Double, maximum: Double) {
        let (deliveries, _) = run(NetworkPathProfile(jitter: jitter, keepsOrder: false), count: 100_000)
        let delays = delays(deliveries)
        #expect(abs(delays.reduce(0, +) / Double(delays.count) - mean) < 0.25)
        #expect(delays.allSatisfy { $0 >= 0 && $0 <= maximum })
        #expect((delays.max() ?? 0) > mean)
    }

    @Test func exponentialDelaysAreExponential() {
        let jitter = NetworkJitter.exponential(mean: .milliseconds(10 as Int64))
        let (deliveries, _) = run(NetworkPathProfile(jitter: jitter, keepsOrder: false), count: 100_000)
        let delays = delays(deliveries)
        // P(X > x) = exp(-x / mean) at x = 10, 23.026 and 46.05.
        for (threshold, share) in [(10.0, 0.36788), (23.026, 0.1), (46.052, 0.01)] {
            let measured = Double(delays.filter { $0 > threshold }.count) / Double(delays.count)
            #expect(abs(measured - share) < 0.005)
        }
    }

    @Test func keepsOrderOnlyIfAsked() {
        let jitter = NetworkJitter.uniform(maximum: .milliseconds(20 as Int64))
        let ordered = run(NetworkPathProfile(jitter: jitter)).deliveries.compactMap(\.first)
        #expect(zip(ordered, ordered.dropFirst()).allSatisfy { $0 <= $1 })
        let free = run(NetworkPathProfile(jitter: jitter, keepsOrder: false)).deliveries.compactMap(\.first)
        #expect(!zip(free, free.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func holdsBackAndDuplicates() {
        let (deliveries, emulator) = run(
            NetworkPathProfile(duplication: 0.1, reordering: 0.1, reorderingDelay: .milliseconds(5 as Int64)))
        #expect((1850...2150).contains(emulator.statistics.duplicated))
        #expect((1850...2150).contains(emulator.statistics.reordered))
        #expect(deliveries.filter { $0.copyCount == 2 }.count == emulator.statistics.duplicated)
        #expect(Set(delays(deliveries)) == [0, 5])
    }

    @Test func bottleneckQueuesAndOverflows() {
        // 1000 bytes with headers every millisecond are 8 Mbit/s, twice the rate: the queue fills in 200 ms.
        let (deliveries, emulator) = run(
            NetworkPathProfile(bitsPerSecond: 4_000_000, queueLimit: .milliseconds(100 as Int64)), count: 2000
        )
        #expect(deliveries[0].first == .zero + .milliseconds(2 as Int64))
        #expect(deliveries[1].first == .zero + .milliseconds(4 as Int64))
        #expect(deliveries.firstIndex { $0.cause == .queueOverflow } == 101)
        #expect((950...960).contains(emulator.statistics.overflowed))
        #expect(delays(deliveries).allSatisfy { $0 <= 103 })
    }

    @Test func repeatsForASeedAndDrawsIndependently() {
        let profile = NetworkPathProfile(
            jitter: .exponential(mean: .milliseconds(3 as Int64)), keepsOrder: false, loss: .random(0.1),
            duplication: 0.05)
        #expect(run(profile, count: 500).deliveries == run(profile, count: 500).deliveries)
        #expect(run(profile, count: 500).deliveries != run(profile, seed: 2, count: 500).deliveries)
        // Without loss, what arrived before arrives at the same instants still.
        var lossless = profile
        lossless.loss = .none
        for (left, right) in zip(run(profile, count: 500).deliveries, run(lossless, count: 500).deliveries)
        where left.first != nil {
            #expect(left == right)
        }
    }

    /// When messages of a TCP connection arrive, in milliseconds after they entered.
    private func carry(
        _ profile: NetworkPathProfile, count: Int, spacing: Interval = .milliseconds(1 as Int64)
    ) -> (delays: [Double?], statistics: NetworkPathEmulator.Statistics) {
        var emulator = NetworkPathEmulator(profile: profile, generator: SeededGenerator(seed: 1))
        let delays = (0..<count).map { index in
            let now = Instant.zero + spacing * index
            return emulator.carry(byteCount: 972, now: now).map { ($0 - now).milliseconds }
        }
        return (delays, emulator.statistics)
    }

    @Test func streamsWaitForWhatIsLost() {
        let delay = Interval.milliseconds(30 as Int64)
        // The second, the third and the fourth transmission of the third message are lost as well.
        let (delays, statistics) = carry(
            NetworkPathProfile(delay: delay, lostOrdinals: [1, 3, 4, 5, 6]), count: 4)
        #expect(delays == [30, 90, 30 + 60 + 200 + 400 + 800, 30])
        #expect(statistics.admitted == 9 && statistics.delivered == 4 && statistics.plannedLosses == 5)
        let (near, _) = carry(NetworkPathProfile(lostOrdinals: [0]), count: 2)
        #expect(near == [20, 0])
        let (many, counts) = carry(NetworkPathProfile(delay: delay, loss: .random(0.05)), count: 20_000)
        #expect(many.allSatisfy { ($0 ?? 0) >= 30 })
        #expect(counts.delivered == 20_000 && counts.admitted == counts.delivered + counts.lost)
        #expect((850...1150).contains(counts.lost))
    }

    @Test func streamsWaitOutagesOut() {
        let outage = Instant.seconds(0.01)..<Instant.seconds(0.5)
        let (delays, statistics) = carry(NetworkPathProfile(outages: [outage]), count: 12)
        #expect(delays[9] == 0 && delays[10] == 490 && delays[11] == 489)
        #expect(statistics.lostInOutages == 0)
    }

    @Test func fullStreamsLoseWholeMessages() {
        // 1000 bytes with headers at 1 Mbit/s take 8 ms.
        let (delays, statistics) = carry(
            NetworkPathProfile(bitsPerSecond: 1_000_000, queueLimit: .milliseconds(20 as Int64)), count: 5,
            spacing: .zero)
        #expect(delays == [8, 16, 24, nil, nil])
        #expect(statistics.overflowed == 2)
    }
}
