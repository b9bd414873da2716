public import Primitives

/// What the bottleneck probably carries, learnt whenever it was overused (libwebrtc's `LinkCapacityEstimator`).
struct LinkCapacity: Sendable, Hashable {
    /// The estimate; nil while nothing is known, or not any more.
    private(set) var estimate: Bitrate?
    /// Variance in kbit/s, divided by the estimate in kbit/s.
    private var relativeVariance = 0.4

    /// Weight of a sample taken at an overuse.
    private static let weight = 0.05

    init() {}

    /// Three deviations above the estimate; unlimited without one.
    var upperBound: Bitrate { estimate.map { $0 + deviation * 3 } ?? .unlimited }

    /// Three deviations below the estimate; nothing without one.
    var lowerBound: Bitrate { estimate.map { max(.zero, $0 - deviation * 3) } ?? .zero }

    private var deviation: Bitrate {
        .kilobitsPerSecond((relativeVariance * (estimate?.kilobitsPerSecond ?? 0)).squareRoot())
    }

    /// Forgets the estimate.
    mutating func reset() { estimate = nil }

    /// Takes what came through while the bottleneck was overused.
    mutating func noteOveruse(throughput: Bitrate) {
        let sample = throughput.kilobitsPerSecond
        let mean = estimate.map { (1 - Self.weight) * $0.kilobitsPerSecond + Self.weight * sample } ?? sample
        estimate = .kilobitsPerSecond(mean)
        let error = mean - sample
        let variance =
            (1 - Self.weight) * relativeVariance + Self.weight * error * error / max(mean, 1)
        // About 14 and 35 kbit/s at 500 kbit/s.
        relativeVariance = min(max(variance, 0.4), 2.5)
    }
}

/// Turns the bottleneck's usage into a rate: multiplicative increase far from the capacity, additive increase near it,
/// multiplicative decrease of what came through (draft-ietf-rmcat-gcc-02 section 5.5; libwebrtc's `AimdRateControl`).
public struct AIMDRateControl: Sendable {
    private enum State { case hold, increase, decrease }

    /// What is left of the throughput after an overuse.
    public static let backoff = 0.85
    /// What the rate grows to in one second while the capacity is unknown.
    public static let growth = 1.08
    /// The natural logarithm of `growth`.
    private static let logarithmOfGrowth = 0.076_961_041_136_128_4
    /// Nothing goes below this (`kCongestionControllerMinBitrate`).
    public static let lowest = Bitrate.kilobitsPerSecond(5)
    /// How long a receiver measures before its first estimate.
    private static let initialization = Interval.seconds(5)

    /// The rate that should be sent.
    public private(set) var estimate: Bitrate
    /// Whether the estimate means anything yet.
    public private(set) var isValid: Bool
    /// Never below this.
    public var minimum: Bitrate
    /// The last known round-trip time; libwebrtc assumes 200 ms.
    public var roundTripTime = Interval.milliseconds(200)
    /// What the bottleneck probably carries.
    private(set) var capacity = LinkCapacity()

    private var state = State.hold
    private var throughput: Bitrate
    private var changedAt: Instant?
    private var firstThroughputAt: Instant?

    /// Starts at a rate; without one the first estimate is what arrives for five seconds.
    public init(start: Bitrate?, minimum: Bitrate = AIMDRateControl.lowest) {
        isValid = start != nil
        estimate = start ?? .kilobitsPerSecond(30_000)
        throughput = estimate
        self.minimum = minimum
    }

    /// Starts over at a rate.
    public mutating func restart(at rate: Bitrate) {
        estimate = rate
        throughput = rate
        isValid = true
    }

    /// Takes a rate that was measured otherwise.
    public mutating func setEstimate(_ rate: Bitrate, now: Instant) {
        isValid = true
        estimate = max(rate, minimum)
        changedAt = now
    }

    /// How often a receiver tells its estimate: with 5 % of the rate for messages of 80 bytes.
    public var feedbackInterval: Interval {
        let interval = (estimate * 0.05).time(forBytes: 80)
        return min(max(interval, .milliseconds(200)), .seconds(1))
    }

    /// Whether the rate may be reduced again: not before the last reduction can have had an effect, unless hardly
    /// anything comes through.
    public func mayReduce(throughput: Bitrate, now: Instant) -> Bool {
        guard let changedAt else { return true }
        if now - changedAt >= min(max(roundTripTime, .milliseconds(10)), .milliseconds(200)) { return true }
        return isValid && throughput < estimate * 0.5
    }

    /// Follows what the delay says.
    ///
    /// - Parameter throughput: What came through of late, if it is known.
    public mutating func update(usage: BottleneckUsage, throughput measured: Bitrate?, now: Instant) {
        if !isValid, let measured { initialize(measured, now: now) }
        if let measured { throughput = measured }
        guard isValid || usage == .overused else { return }
        change(usage, now: now)
        switch state {
        case .hold: break
        case .increase: increase(now: now)
        case .decrease: decrease(now: now)
        }
    }

    private mutating func initialize(_ measured: Bitrate, now: Instant) {
        guard let first = firstThroughputAt else {
            firstThroughputAt = now
            return
        }
        guard now - first > Self.initialization else { return }
        estimate = measured
        isValid = true
    }

    private mutating func change(_ usage: BottleneckUsage, now: Instant) {
        switch usage {
        case .normal:
            guard state == .hold else { return }
            changedAt = now
            state = .increase
        case .overused: state = .decrease
        case .underused: state = .hold
        }
    }

    private mutating func increase(now: Instant) {
        if throughput > capacity.upperBound { capacity.reset() }
        // What was not sent was not tested. A little more at low rates, so that uneven pictures do not hold us down.
        let limit = throughput * 1.5 + .kilobitsPerSecond(10)
        if estimate < limit {
            let elapsed = changedAt.map { now - $0 }
            let step: Bitrate
            if capacity.estimate != nil {
                step = additiveRate * (elapsed?.seconds ?? 0)
            } else {
                let seconds = min(elapsed?.seconds ?? 1, 1)
                let factor = Elementary.exponential(Self.logarithmOfGrowth * seconds)
                step = max(estimate * (factor - 1), .kilobitsPerSecond(1))
            }
            estimate = max(min(estimate + step, limit), minimum)
        }
        changedAt = now
    }

    /// How much the rate grows in one second near the capacity: a packet per response time.
    private var additiveRate: Bitrate {
        let frameBytes = estimate.bitsPerSecond / 8 / 30
        let packetBytes = frameBytes / max(1, (frameBytes / 1200).rounded(.up))
        // The delay of the estimator counts as 100 ms.
        let response = (roundTripTime + .milliseconds(100)) * 2
        return max(.kilobitsPerSecond(4), Bitrate(bytes: packetBytes, over: response))
    }

    private mutating func decrease(now: Instant) {
        // A little below what came through, so that the queue empties.
        var reduced = throughput * Self.backoff
        if reduced > .kilobitsPerSecond(5) { reduced = reduced - .kilobitsPerSecond(5) }
        if reduced > estimate, let known = capacity.estimate { reduced = known * Self.backoff }
        if throughput < capacity.lowerBound { capacity.reset() }
        if reduced < estimate { estimate = max(reduced, minimum) }
        isValid = true
        capacity.noteOveruse(throughput: throughput)
        state = .hold
        changedAt = now
    }
}
