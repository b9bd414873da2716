import Primitives

/// The rate that may be sent: the least of what delay, loss, the receiver and the configuration allow (libwebrtc's
/// `SendSideBandwidthEstimation`).
///
/// Where transport-wide feedback comes, loss is judged by `LossBasedEstimator`. Where only receiver reports come, the
/// older rule holds: below 2 % loss the rate grows by 8 % a second, above 10 % it falls by half of the loss.
struct SendSideEstimate: Sendable {
    /// For so long after the first report the start is trusted (`kStartPhase`).
    private static let startPhase = Interval.seconds(2)
    /// A loss is judged by at least so many packets (`kLimitNumPackets`).
    private static let reportedPacketCount = 20
    /// The loss below which the rate grows, and above which it falls.
    private static let lowLoss = 0.02
    private static let highLoss = 0.1
    /// Growth counts from the least rate of this time (`kBweIncreaseInterval`).
    private static let growthInterval = Interval.seconds(1)
    /// Least time between two reductions, besides a round trip (`kBweDecreaseInterval`).
    private static let reductionInterval = Interval.milliseconds(300)
    /// A report is used for this long: 1.2 times the longest interval of reports.
    private static let reportLifetime = Interval.seconds(6)
    /// A round trip longer than this, or a silence of that length while packets are sent, reduces the rate by a fifth
    /// each second (`RttBasedBackoff`).
    private static let roundTripLimit = Interval.seconds(3)
    private static let roundTripBackoff = 0.8

    /// The estimate by loss.
    private(set) var lossBased = LossBasedEstimator()
    /// The share of packets lost by the last reports, 0...1.
    private(set) var reportedLoss = 0.0
    /// What the receiver said it can take (REMB); unlimited if it said nothing.
    private(set) var receiverLimit = Bitrate.unlimited

    private var current: Bitrate
    private var minimum = AIMDRateControl.lowest
    private var maximum = Bitrate.kilobitsPerSecond(1_000_000)
    private var delayLimit: Bitrate?
    private var roundTripTime = Interval.zero
    private var reducedAt: Instant?
    /// Rates of the last second that none later undercut, oldest first.
    private var recentMinima: ContiguousArray<(at: Instant, rate: Bitrate)> = []

    private var firstReportAt: Instant?
    private var lastReportAt: Instant?
    private var hasReducedSinceReport = false
    private var expected = 0
    private var lost = 0

    /// The shortest way of a packet and its feedback, and when it was learnt.
    private var propagation: (time: Interval, at: Instant)?
    private var lastSentAt: Instant?

    init(start: Bitrate) {
        current = start
        recentMinima.reserveCapacity(32)
    }

    /// The rate that may be sent.
    var target: Bitrate { max(minimum, min(current, receiverLimit)) }

    /// Whether the path has been silent, or its round trip too long, for far too long.
    var isRoundTripTooLong: Bool {
        guard let propagation else { return false }
        let silence = max(.zero, (lastSentAt ?? propagation.at) - propagation.at)
        return silence + propagation.time > Self.roundTripLimit
    }

    // MARK: Limits

    /// Takes what may be sent at least and at most.
    mutating func setLimits(minimum: Bitrate, maximum: Bitrate?, now: Instant) {
        self.minimum = max(minimum, AIMDRateControl.lowest)
        self.maximum = max(self.minimum, maximum ?? .kilobitsPerSecond(1_000_000))
        lossBased.minimum = self.minimum
        lossBased.maximum = self.maximum
        apply(current, now: now)
    }

    /// Takes a rate that a probe measured, or that the configuration starts with.
    mutating func setRate(_ rate: Bitrate, now: Instant) {
        delayLimit = nil
        apply(rate, now: now)
        recentMinima.removeAll(keepingCapacity: true)
    }

    /// Takes what the receiver says it can take; zero lifts the limit.
    mutating func setReceiverLimit(_ rate: Bitrate, now: Instant) {
        receiverLimit = rate > .zero ? rate : .unlimited
        apply(current, now: now)
    }

    /// Takes the estimate by delay.
    mutating func setDelayBased(_ rate: Bitrate, now: Instant) {
        delayLimit = rate
        apply(current, now: now)
    }

    // MARK: What is heard

    /// A packet that is acknowledged by transport-wide feedback was sent.
    mutating func noteSent(now: Instant) {
        if propagation == nil { propagation = (.zero, now) }
        lastSentAt = now
    }

    /// Takes the shortest way of a packet and its feedback.
    mutating func setPropagation(_ time: Interval, now: Instant) { propagation = (time, now) }

    /// Takes a round-trip time out of RTCP.
    mutating func setRoundTripTime(_ time: Interval) { if time > .zero { roundTripTime = time } }

    /// Takes all packets of a feedback message.
    mutating func receive(
        _ packets: some Collection<TransportPacketResult>, throughput: Bitrate?, isApplicationLimited: Bool,
        now: Instant
    ) {
        if let throughput { lossBased.throughput = throughput }
        lossBased.update(packets, delayBased: delayLimit, isApplicationLimited: isApplicationLimited)
        update(now: now)
    }

    /// Takes what receiver reports say about the packets since the last ones.
    mutating func receiveReport(lost: Int, expected: Int, now: Instant) {
        if firstReportAt == nil { firstReportAt = now }
        guard expected > 0 else { return }
        self.expected += expected
        self.lost += lost
        guard self.expected >= Self.reportedPacketCount else { return }
        reportedLoss = min(1, max(0, Double(self.lost) / Double(self.expected)))
        self.expected = 0
        self.lost = 0
        hasReducedSinceReport = false
        lastReportAt = now
        update(now: now)
    }

    /// Brings the rate up to date.
    mutating func update(now: Instant) {
        if isRoundTripTooLong {
            guard reducedAt.map({ now - $0 >= .seconds(1) }) ?? true else { return apply(current, now: now) }
            reducedAt = now
            return apply(current * Self.roundTripBackoff, now: now)
        }
        if reportedLoss == 0, isStarting(at: now), !lossBased.isReady {
            var rate = current
            if receiverLimit.isFinite { rate = max(rate, receiverLimit) }
            if let delayLimit { rate = max(rate, delayLimit) }
            if rate != current {
                recentMinima.removeAll(keepingCapacity: true)
                recentMinima.append((now, current))
                return apply(rate, now: now)
            }
        }
        noteRate(now: now)
        guard let lastReportAt else { return apply(current, now: now) }
        if lossBased.isReady { return apply(lossBased.estimate, now: now) }
        guard now - lastReportAt < Self.reportLifetime else { return apply(current, now: now) }
        if reportedLoss <= Self.lowLoss {
            let least = recentMinima.first?.rate ?? current
            return apply(least * 1.08 + .kilobitsPerSecond(1), now: now)
        }
        if reportedLoss > Self.highLoss, !hasReducedSinceReport,
            reducedAt.map({ now - $0 >= Self.reductionInterval + roundTripTime }) ?? true
        {
            reducedAt = now
            hasReducedSinceReport = true
            return apply(current * (1 - 0.5 * reportedLoss), now: now)
        }
        apply(current, now: now)
    }

    private func isStarting(at now: Instant) -> Bool {
        firstReportAt.map { now - $0 < Self.startPhase } ?? true
    }

    private mutating func noteRate(now: Instant) {
        while let first = recentMinima.first, now - first.at >= Self.growthInterval {
            recentMinima.removeFirst()
        }
        while let last = recentMinima.last, current <= last.rate { recentMinima.removeLast() }
        recentMinima.append((now, current))
    }

    private mutating func apply(_ rate: Bitrate, now: Instant) {
        current = max(minimum, min(min(rate, delayLimit ?? .unlimited), maximum))
    }
}
