import Primitives
import RTC
import Testing

/// Whole senders and receivers on an emulated path.
///
/// Where a figure of libwebrtc's own scenario tests exists
/// (goog_cc_network_control_unittest.cc, June 2025), it is the measure.
@Suite struct AdaptiveLinkTests {
    private static func path(
        _ kilobitsPerSecond: Int?, delay: Int64 = 25, queue: Int64 = 300, loss: NetworkLoss = .none
    ) -> NetworkPathProfile {
        NetworkPathProfile(
            delay: .milliseconds(delay), loss: loss, bitsPerSecond: kilobitsPerSecond.map { $0 * 1000 },
            queueLimit: .milliseconds(queue))
    }

    /// A bottleneck of 1 Mbit/s with a queue of 300 ms: most of it is used, and the queue stays short.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aBottleneckIsUsedButNotFilled(seed: UInt64) throws {
        let link = AdaptiveLink(Self.path(1000), seed: seed)
        try link.addFlow()
        link.run(for: .seconds(60))
        for second in stride(from: 5, to: 60, by: 5) {
            let rate = link.sentRate(from: second, to: second + 5)
            #expect(rate > .kilobitsPerSecond(700) && rate <= .kilobitsPerSecond(1030))
        }
        #expect(link.queueDelay(quantile: 0.5, from: 5, to: 60) < .milliseconds(50))
        #expect(link.queueDelay(quantile: 0.95, from: 5, to: 60) < .milliseconds(120))
        #expect(link.bottleneck.statistics.overflowed == 0)
    }

    /// Nothing is in the way: the first probes find more than there is to send within half a second.
    @Test func aFreePathIsFoundAtOnce() throws {
        let link = AdaptiveLink(Self.path(nil))
        try link.addFlow(most: .kilobitsPerSecond(2310))
        link.run(for: .seconds(10))
        #expect(try #require(link.timeToReach(.kilobitsPerSecond(2310), from: 1)) <= 0.5)
        #expect(link.sentRate(from: 3, to: 10) > .kilobitsPerSecond(2250))
        // Twice of what there is to send is all that is tried out.
        #expect(link.flows[0].targets.allSatisfy { $0 < .kilobitsPerSecond(5000) })
    }

    /// From 2.5 to 0.6 Mbit/s and back.
    ///
    /// libwebrtc's own test gives a fall to a fifth fifty seconds, and a rise by
    /// half twenty (`UpdatesTargetRateBasedOnLinkCapacity`).
    @Test func theRateFollowsThePath() throws {
        let link = AdaptiveLink(Self.path(2500))
        try link.addFlow(most: .kilobitsPerSecond(2310))
        link.run(for: .seconds(20))
        link.bottleneck.profile.bitsPerSecond = 600_000
        link.run(for: .seconds(40))
        link.bottleneck.profile.bitsPerSecond = 2_500_000
        link.run(for: .seconds(40))
        #expect(link.sentRate(from: 10, to: 20) > .kilobitsPerSecond(2250))
        // The rate of sending is down to about the capacity within two seconds.
        #expect(try #require(link.timeToFall(to: .kilobitsPerSecond(700), from: 20)) <= 2)
        #expect(link.sentRate(from: 23, to: 60) < .kilobitsPerSecond(720))
        #expect(link.sentRate(from: 50, to: 60) > .kilobitsPerSecond(420))
        // The queue that had filled empties again.
        #expect(link.queueDelay(quantile: 0.5, from: 50, to: 60) < .milliseconds(100))
        // Growth by 8 % a second, once it is clear that the old capacity is history.
        let back = try #require(link.timeToReach(.kilobitsPerSecond(2310), from: 60))
        #expect(back > 5 && back < 25)
    }

    /// The scenario of libwebrtc's `UpdatesTargetRateBasedOnLinkCapacity`, with its figures.
    @Test func libwebrtcsScenarioGivesItsFigures() throws {
        let link = AdaptiveLink(Self.path(500, delay: 100, queue: 3000))
        link.returnDelay = .milliseconds(100)
        var settings = CongestionSettings()
        settings.maximum = .kilobitsPerSecond(1500)
        try link.addFlow(settings, most: .kilobitsPerSecond(1500))
        link.run(for: .seconds(25))
        #expect(abs(link.target(from: 24, to: 25).kilobitsPerSecond - 450) < 100)
        link.bottleneck.profile.bitsPerSecond = 800_000
        link.run(for: .seconds(20))
        #expect(abs(link.target(from: 44, to: 45).kilobitsPerSecond - 750) < 150)
        link.bottleneck.profile.bitsPerSecond = 100_000
        link.bottleneck.profile.delay = .milliseconds(200)
        link.returnDelay = .milliseconds(200)
        link.run(for: .seconds(50))
        #expect(abs(link.target(from: 94, to: 95).kilobitsPerSecond - 90) < 25)
    }

    /// Two senders share a bottleneck, although one came ten seconds later.
    @Test func twoSendersShare() throws {
        let link = AdaptiveLink(Self.path(2000))
        try link.addFlow()
        try link.addFlow(start: .zero + .seconds(11))
        link.run(for: .seconds(120))
        #expect(link.sentRate(0, from: 5, to: 11) > .kilobitsPerSecond(1500))
        let shares = [0, 1].map { link.sentRate($0, from: 60, to: 120).kilobitsPerSecond }
        #expect(shares[0] + shares[1] > 1500 && shares[0] + shares[1] < 2050)
        #expect(max(shares[0], shares[1]) / min(shares[0], shares[1]) < 1.5)
    }

    /// A hundredth of loss at random changes nothing.
    @Test func aLittleLossDoesNotMatter() throws {
        let link = AdaptiveLink(Self.path(nil, loss: .random(0.01)))
        try link.addFlow(most: .kilobitsPerSecond(2310))
        link.run(for: .seconds(60))
        #expect(link.sentRate(from: 5, to: 60) > .kilobitsPerSecond(2200))
    }

    /// Fifteen hundredths of loss do: the rate falls to 100 kbit/s / (0.15 − 0.05) or what comes through, and what is
    /// sent again is taken off.
    @Test func muchLossLowersTheRate() throws {
        let link = AdaptiveLink(Self.path(nil, loss: .random(0.15)))
        try link.addFlow(most: .kilobitsPerSecond(2310))
        link.run(for: .seconds(60))
        let rate = link.sentRate(from: 20, to: 60)
        #expect(rate < .kilobitsPerSecond(1200))
        #expect(rate > .kilobitsPerSecond(200))
    }

    /// libwebrtc's `LossBasedControlDoesModestBackoffToHighLoss`: a tenth of loss on a long path never starves it.
    @Test func aTenthOfLossDoesNotStarve() throws {
        let link = AdaptiveLink(Self.path(2000, delay: 200, loss: .random(0.1)))
        link.returnDelay = .milliseconds(200)
        var settings = CongestionSettings()
        settings.maximum = .kilobitsPerSecond(1500)
        try link.addFlow(settings, most: .kilobitsPerSecond(1500))
        link.run(for: .seconds(120))
        #expect(link.target(from: 110, to: 120) > .kilobitsPerSecond(100))
    }

    /// Padding keeps the path tested where pictures alone would not: the estimate grows beyond one and a half times of
    /// what the pictures need.
    @Test func paddingLetsTheEstimateGrow() throws {
        func estimate(padding: Bitrate) throws -> Bitrate {
            let link = AdaptiveLink(Self.path(600))
            try link.addFlow(most: .kilobitsPerSecond(400), padding: padding)
            link.run(for: .seconds(10))
            link.bottleneck.profile.bitsPerSecond = 5_000_000
            link.run(for: .seconds(30))
            #expect(link.bottleneck.statistics.overflowed == 0)
            return link.target(from: 38, to: 40)
        }
        #expect(try estimate(padding: .zero) < .kilobitsPerSecond(700))
        #expect(try estimate(padding: .kilobitsPerSecond(1320)) > .kilobitsPerSecond(1320))
    }

    /// Without congestion control everything leaves at once, and nothing of it exists.
    @Test func fixedSendersDoNotAdapt() throws {
        let link = AdaptiveLink(Self.path(1000))
        try link.addFlow(nil, most: .kilobitsPerSecond(2310))
        link.run(for: .seconds(10))
        #expect(link.flows[0].sender.congestionState == nil)
        #expect(link.sentRate(from: 2, to: 10) > .kilobitsPerSecond(2250))
        #expect(link.bottleneck.statistics.overflowed > 0)
    }
}
