public import Primitives

/// The estimate by loss: which pair of inherent loss and capacity makes the observed losses most likely (libwebrtc's
/// `LossBasedBweV2` with its defaults of 2025).
///
/// Loss of a fixed share, as on radio, is told apart from loss that grows with the sending rate. After a reduction the
/// estimate is held for a while, twice as long each time, and then grows under the cover of padding.
public struct LossBasedEstimator: Sendable {
    /// What leads.
    public enum State: Sendable, Hashable {
        /// Loss does not matter: the delay leads.
        case delayBased
        /// Loss holds the estimate down.
        case decreasing
        /// The estimate grows while padding fills it, so that it is tested.
        case increasing
    }

    /// A model of the path.
    struct Channel: Sendable, Hashable {
        /// The share that is lost at any rate.
        var inherentLoss: Double
        /// The rate above which everything is lost.
        var capacity: Bitrate
    }

    /// What was sent and lost in a stretch of at least `stretch`.
    struct Observation: Sendable, Hashable {
        /// Its number, from 0 on.
        var number = -1
        /// Thousands of bytes sent.
        var kilobytes = 0.0
        /// Thousands of bytes lost.
        var lostKilobytes = 0.0
        /// The rate of sending.
        var rate = Bitrate.zero
    }

    private struct Hold: Sendable {
        var until: Instant?
        var duration = LossBasedEstimator.firstHold
        var rate = Bitrate.unlimited
    }

    /// Stretches that are remembered (`ObservationWindowSize`).
    static let windowLength = 15
    /// Fewest observations for an estimate (`MinNumObservations`).
    private static let requiredCount = 3
    /// A stretch lasts at least this long (`ObservationDurationLowerBound`).
    private static let stretch = Interval.milliseconds(250)
    /// Multiples of the current estimate that are considered (`CandidateFactors`).
    private static let factors: InlineArray<3, Double> = [1.02, 1, 0.95]
    /// What the estimate may grow to at once, over what comes through (`BwRampupUpperBoundFactor`), and near the rate
    /// that was last held (`BwRampupUpperBoundInHoldFactor`, `BwRampupUpperBoundHoldThreshold`).
    private static let rampFactor = 1.5
    private static let rampFactorInHold = 1.2
    private static let holdNearness = 1.3
    /// The most growth in one window after a loss (`MaxIncreaseFactor`, `DelayedIncreaseWindow`).
    private static let windowGrowth = 1.3
    private static let growthWindow = Interval.milliseconds(300)
    /// How long a rate is held (`kInitHoldDuration`, `kMaxHoldDuration`, `HoldDurationFactor`).
    private static let firstHold = Interval.milliseconds(300)
    private static let longestHold = Interval.seconds(60)
    private static let holdFactor = 2
    /// How long padding covers a growth (`PaddingDuration`).
    private static let paddingTime = Interval.seconds(2)
    /// An average loss above the offset caps the rate at the balance over the excess
    /// (`InstantUpperBoundLossOffset`, `InstantUpperBoundBwBalance`).
    private static let lossOffset = 0.05
    private static let lossBalance = Bitrate.kilobitsPerSecond(100)

    /// What leads.
    public private(set) var state = State.delayBased
    /// The estimate; unlimited while there is none.
    public private(set) var estimate = Bitrate.unlimited
    /// The share of bytes lost of late, without the best and the worst stretch.
    public private(set) var averageLoss = 0.0
    /// Never above this.
    public var maximum = Bitrate.kilobitsPerSecond(1_000_000)
    /// Never below this.
    public var minimum = AIMDRateControl.lowest
    /// What came through of late.
    public var throughput: Bitrate?

    /// Each stretch at its number modulo the window.
    var observations = InlineArray<15, Observation>(repeating: Observation())
    /// How many stretches there were.
    private(set) var observationCount = 0
    /// The most likely path; nil before the first estimate by delay.
    private var channel: Channel?
    private var growing = Observation()
    /// Packets of the growing stretch that did not arrive, and may still.
    private var missing: ContiguousArray<(number: UInt16, byteCount: Int)> = []
    /// The latest sending time in the last stretch.
    private var observedUntil: Instant?
    /// The estimate by delay of the last update.
    private var delayBased: Bitrate?
    private var hold = Hold()
    private var padding: (rate: Bitrate, since: Instant)?
    private var windowLimit: (rate: Bitrate, since: Instant)?

    /// Starts without packets.
    public init() { missing.reserveCapacity(64) }

    /// Whether there is an estimate.
    public var isReady: Bool { channel != nil && observationCount >= Self.requiredCount }

    /// Takes all packets of a feedback message, lost ones too.
    public mutating func update(
        _ packets: some Collection<TransportPacketResult>, delayBased: Bitrate?, isApplicationLimited: Bool
    ) {
        self.delayBased = delayBased
        guard observe(packets), let observedUntil else { return }
        if channel == nil {
            guard let delayBased else { return }
            channel = Channel(inherentLoss: 0.01, capacity: delayBased)
            estimate = delayBased
            state = .delayBased
        }
        guard let current = channel else { return }
        var best = mostLikely(current, isApplicationLimited: isApplicationLimited, now: observedUntil)
        if averageLoss > best.inherentLoss { best.capacity = min(best.capacity, current.capacity) }
        if state != .delayBased { boundGrowth(&best, from: current, now: observedUntil) }
        let bounded = max(lowerBound, min(min(best.capacity, upperBound), delayBased ?? .unlimited))
        if bounded < best.capacity {
            channel = Channel(inherentLoss: 0, capacity: bounded)
        } else {
            best.capacity = max(best.capacity, lowerBound)
            channel = best
        }
        decide(bounded, now: observedUntil)
    }

    // MARK: What follows from an observation

    /// The rate that is held or grown to, and what leads from now on.
    private mutating func decide(_ bounded: Bitrate, now: Instant) {
        let isLimited = bounded < delayBased ?? .unlimited
        if state == .decreasing, let until = hold.until, until > now, isLimited {
            hold.rate = max(hold.rate, lowerBound)
            estimate = min(hold.rate, bounded)
            return
        }
        if grows(from: estimate, to: bounded), mayGoOnGrowing(to: bounded, now: now), isLimited,
            bounded < maximum
        {
            if bounded > padding?.rate ?? .zero { padding = (bounded, now) }
            state = .increasing
        } else if isLimited, bounded < maximum {
            if state != .decreasing {
                hold = Hold(
                    until: now + hold.duration,
                    duration: min(Self.longestHold, hold.duration * Self.holdFactor), rate: bounded)
            }
            padding = nil
            state = .decreasing
        } else {
            hold = Hold()
            padding = nil
            state = .delayBased
        }
        estimate = bounded
        guard state != .delayBased, windowLimit.map({ $0.since + Self.growthWindow < now }) ?? true else {
            return
        }
        let capacity = channel?.capacity ?? bounded
        windowLimit = (max(AIMDRateControl.lowest, capacity * Self.windowGrowth), now)
    }

    private func grows(from old: Bitrate, to new: Bitrate) -> Bool {
        state != .delayBased && (old < new || old == new && state == .increasing)
    }

    /// The padding that covers a growth ends after a while without further growth.
    private func mayGoOnGrowing(to rate: Bitrate, now: Instant) -> Bool {
        guard state == .increasing, let padding else { return true }
        return padding.since + Self.paddingTime >= now || padding.rate < rate
    }

    private func boundGrowth(_ best: inout Channel, from current: Channel, now: Instant) {
        if let windowLimit, windowLimit.since + Self.growthWindow > now {
            best.capacity = min(best.capacity, windowLimit.rate)
        }
        guard grows(from: current.capacity, to: best.capacity), let throughput else { return }
        let isNearHold = hold.rate.isFinite && throughput < hold.rate * Self.holdNearness
        let ramp = throughput * (isNearHold ? Self.rampFactorInHold : Self.rampFactor)
        best.capacity = max(current.capacity, min(best.capacity, ramp))
        // One bit more ends the decrease, so that padding may begin.
        if state == .decreasing, best.capacity == current.capacity {
            best.capacity += .bitsPerSecond(1)
        }
    }

    private func mostLikely(_ current: Channel, isApplicationLimited: Bool, now: Instant) -> Channel {
        let most = max(current.capacity, state != .delayBased ? windowLimit?.rate ?? maximum : maximum)
        var best = current
        var bestLikelihood = -Double.infinity
        func consider(_ capacity: Bitrate) {
            var candidate = Channel(inherentLoss: current.inherentLoss, capacity: min(capacity, most))
            fit(&candidate)
            let likelihood = logarithmicLikelihood(of: candidate)
            if likelihood > bestLikelihood { (best, bestLikelihood) = (candidate, likelihood) }
        }
        for index in 0..<3 { consider(current.capacity * Self.factors[index]) }
        let isPadding = padding.map { $0.since + Self.paddingTime >= now } ?? false
        if let throughput, !isApplicationLimited || isPadding { consider(throughput) }
        if let delayBased, delayBased > current.capacity { consider(delayBased) }
        return best
    }

    private var upperBound: Bitrate {
        averageLoss > Self.lossOffset ? Self.lossBalance * (1 / (averageLoss - Self.lossOffset)) : maximum
    }

    private var lowerBound: Bitrate { max(throughput ?? .zero, minimum) }

    // MARK: Observing

    /// Adds packets to the growing stretch; true when it is long enough and has become an observation.
    private mutating func observe(_ packets: some Collection<TransportPacketResult>) -> Bool {
        guard let firstPacket = packets.first else { return false }
        var (first, last) = (firstPacket.sentAt, firstPacket.sentAt)
        for packet in packets {
            if packet.isAcknowledged {
                missing.removeAll { $0.number == packet.sequenceNumber }
            } else {
                missing.append((packet.sequenceNumber, packet.byteCount))
            }
            growing.kilobytes += Double(packet.byteCount) / 1000
            first = min(first, packet.sentAt)
            last = max(last, packet.sentAt)
        }
        let start = observedUntil ?? first
        observedUntil = start
        let duration = last - start
        guard duration >= Self.stretch else { return false }
        observedUntil = last
        growing.lostKilobytes = Double(missing.reduce(0) { $0 + $1.byteCount }) / 1000
        growing.rate = Bitrate(bytes: growing.kilobytes * 1000, over: duration)
        growing.number = observationCount
        observations[observationCount % Self.windowLength] = growing
        observationCount += 1
        growing = Observation()
        missing.removeAll(keepingCapacity: true)
        averageLoss = weightedLoss
        return true
    }

    /// The weighted share of lost bytes; the best and the worst stretch are left out unless the worst one was sent
    /// much faster than the others (`MedianSendingRateFactor` 2).
    private var weightedLoss: Double {
        var (all, lost) = (0.0, 0.0)
        var worst = (share: 0.0, all: 0.0, lost: 0.0, rate: Bitrate.zero)
        var best = (share: 1.0, all: 0.0, lost: 0.0)
        for index in 0..<Self.windowLength where observations[index].number >= 0 {
            let observation = observations[index]
            let weight = weight(of: observation)
            let (size, missed) = (weight * observation.kilobytes, weight * observation.lostKilobytes)
            all += size
            lost += missed
            guard observationCount > 3 else { continue }
            let share = observation.kilobytes > 0 ? observation.lostKilobytes / observation.kilobytes : 0
            if share > worst.share { worst = (share, size, missed, observation.rate) }
            if share < best.share { best = (share, size, missed) }
        }
        guard all > 0 else { return 0 }
        if medianRate * 2 <= worst.rate || all - worst.all - best.all <= 1e-9 { return lost / all }
        return max(0, lost - worst.lost - best.lost) / (all - worst.all - best.all)
    }

    private var medianRate: Bitrate {
        var sorted = InlineArray<15, Double>(repeating: 0)
        var count = 0
        for index in 0..<Self.windowLength where observations[index].rate > .zero {
            let rate = observations[index].rate.bitsPerSecond
            var place = count
            while place > 0, sorted[place - 1] > rate {
                sorted[place] = sorted[place - 1]
                place -= 1
            }
            sorted[place] = rate
            count += 1
        }
        guard count > 0 else { return .zero }
        let upper = sorted[count / 2]
        return .bitsPerSecond(count % 2 == 0 ? (sorted[count / 2 - 1] + upper) / 2 : upper)
    }
}
