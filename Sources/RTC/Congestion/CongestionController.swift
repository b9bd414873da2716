public import Primitives

/// How a sender finds out what its path carries, and obeys it.
public struct CongestionSettings: Sendable, Hashable {
    /// The rate before anything is known; libwebrtc's is 300 kbit/s unless the description says otherwise.
    public var start = Bitrate.kilobitsPerSecond(300)
    /// Nothing above this is sent; unlimited if nil.
    public var maximum: Bitrate?
    /// How much faster packets leave than they are made: 1.1 where transport-wide feedback tells quickly of queues
    /// (`kStrictPacingMultiplier`), else 2.5 (`kDefaultPaceMultiplier`).
    public var pacingFactor = 1.1
    /// Bytes that a packet has besides its UDP payload: IPv4 and UDP headers.
    public var overheadByteCount = 28

    /// Settings as of a page's camera.
    public init() {}
}

/// What a sender knows about its path.
public struct CongestionState: Sendable, Hashable {
    /// The rate that may be sent, headers included.
    public var target: Bitrate
    /// What is left of it for new pictures when repairs have taken their share.
    public var mediaTarget: Bitrate
    /// The estimate by delay alone.
    public var delayBased: Bitrate
    /// What came through of late; nil while unknown.
    public var throughput: Bitrate?
    /// The share of packets that transport-wide feedback, or else receiver reports, told to be lost of late.
    public var loss: Double
    /// How the bottleneck is used.
    public var usage: BottleneckUsage
    /// Whether less is sent than the path would carry.
    public var isApplicationLimited: Bool
}

/// Congestion control of a sender in the manner of libwebrtc's GoogCC: the rate that may be sent, out of transport-wide
/// feedback, receiver reports and the receiver's own estimate.
///
/// A Sans-IO machine like the others. Facts and constants are those of libwebrtc in June 2025; left out are its
/// congestion window, which only drops frames, and its handling of route changes.
public struct CongestionController: Sendable {
    /// At least so often the state is brought up to date while packets are sent.
    private static let interval = Interval.milliseconds(100)
    /// The state of a path by which nothing is sent for so long is left alone until something is.
    private static let idleTimeout = Interval.seconds(5)
    /// A probe that finds less than this share of what comes through is not believed
    /// (`kProbeDropThroughputFraction`).
    private static let probeFloor = 0.85

    private let settings: CongestionSettings
    private var delayBased: DelayBasedEstimator
    private var estimate: SendSideEstimate
    private var throughput = ThroughputEstimator()
    private var applicationLimit = ApplicationLimitDetector()
    private var probes: ProbeController
    private var probeEstimator = ProbeEstimator()
    private var latestThroughput: Bitrate?
    private var wasApplicationLimited = false
    /// The least that the streams need.
    private var wantedMinimum = Bitrate.zero
    /// Up to this rate the streams want padding.
    private var wantedPadding = Bitrate.zero
    private var toldTarget: Bitrate
    private var toldLossState = LossBasedEstimator.State.delayBased
    /// Packets of the message that is read, in the order of their numbers, then of their arrival.
    private var packets: ContiguousArray<TransportPacketResult> = []
    private var arrived: ContiguousArray<TransportPacketResult> = []
    private var nextUpdate: Instant?
    /// When something was last sent, or else the path was found.
    private var activeAt = Instant.zero

    /// Starts without knowledge of the path.
    public init(settings: CongestionSettings = CongestionSettings()) {
        self.settings = settings
        delayBased = DelayBasedEstimator(start: settings.start)
        estimate = SendSideEstimate(start: settings.start)
        probes = ProbeController(start: settings.start)
        toldTarget = settings.start
        applicationLimit.setEstimate(settings.start)
        packets.reserveCapacity(64)
        arrived.reserveCapacity(64)
    }

    // MARK: What follows

    /// The rate that may be sent, headers included.
    public var target: Bitrate { estimate.target }

    /// The rate at which packets leave.
    public var pacingRate: Bitrate { max(wantedMinimum, toldTarget) * settings.pacingFactor }

    /// Up to this rate padding fills what packets leave free.
    public var paddingRate: Bitrate {
        let wanted = toldLossState == .increasing ? max(wantedPadding, toldTarget) : wantedPadding
        return min(wanted, toldTarget)
    }

    /// Everything that is known about the path.
    public var state: CongestionState {
        CongestionState(
            target: target, mediaTarget: target, delayBased: delayBased.estimate,
            throughput: latestThroughput,
            loss: estimate.lossBased.observationCount > 0
                ? estimate.lossBased.averageLoss : estimate.reportedLoss,
            usage: delayBased.usage, isApplicationLimited: applicationLimit.startedAt != nil)
    }

    /// When `tick` is due; nil while nothing is sent.
    public var deadline: Instant? { nextUpdate }

    /// The next cluster to be sent.
    public mutating func takeCluster() -> ProbeCluster? {
        guard let cluster = probes.takeCluster() else { return nil }
        probeEstimator.expect(cluster)
        return cluster
    }

    // MARK: What is wanted

    /// The path is there: the first probes may be sent.
    public mutating func begin(now: Instant) {
        estimate.setLimits(minimum: wantedMinimum, maximum: settings.maximum, now: now)
        probes.begin(now: now)
        activeAt = now
        nextUpdate = now
    }

    /// Takes a start rate that a new description told (`x-google-start-bitrate`).
    public mutating func restart(at rate: Bitrate, now: Instant) {
        delayBased.restart(at: rate)
        estimate.setRate(rate, now: now)
        probes.restart(at: rate)
        follow(now: now)
    }

    /// Takes what the streams need at least, can fill at most, and want to be padded to.
    ///
    /// - Parameter probesPeriodically: Whether a screen is among them, which is probed for while it does not change.
    public mutating func setWanted(
        minimum: Bitrate, maximum: Bitrate, padding: Bitrate, probesPeriodically: Bool, now: Instant
    ) {
        probes.probesPeriodically = probesPeriodically
        probes.applicationLimitedSince = applicationLimit.startedAt
        probes.setWanted(maximum, now: now)
        wantedPadding = padding
        guard minimum != wantedMinimum else { return }
        wantedMinimum = minimum
        delayBased.setMinimum(minimum)
        estimate.setLimits(minimum: minimum, maximum: settings.maximum, now: now)
    }

    // MARK: What is sent and heard

    /// Takes a packet that was sent with a transport-wide number; headers of the lower layers come on top.
    public mutating func noteSent(byteCount: Int, now: Instant) {
        applicationLimit.noteSent(byteCount: byteCount + settings.overheadByteCount, now: now)
        estimate.noteSent(now: now)
        activeAt = now
        if nextUpdate == nil { nextUpdate = now + Self.interval }
    }

    /// Takes one packet's fate out of a transport-wide feedback message; `finishFeedback` follows.
    public mutating func receive(_ packet: TransportPacketResult) {
        var packet = packet
        packet.byteCount += settings.overheadByteCount
        packets.append(packet)
    }

    /// Draws the conclusions from a transport-wide feedback message.
    public mutating func finishFeedback(now: Instant) {
        defer { packets.removeAll(keepingCapacity: true) }
        guard !packets.isEmpty else { return }
        sortArrived()
        learnRoundTrip(now: now)
        let limitedSince = applicationLimit.startedAt
        if wasApplicationLimited, limitedSince == nil { probes.noteApplicationLimitEnded(now: now) }
        wasApplicationLimited = limitedSince != nil
        for packet in arrived {
            throughput.add(packet)
            if packet.probe != 0 { probeEstimator.receive(packet) }
        }
        latestThroughput = throughput.throughput
        let probe = probeEstimator.takeResult().map(believable)
        let outcome = delayBased.receive(arrived, throughput: latestThroughput, probe: probe, now: now)
        if let rate = outcome.estimate {
            if outcome.isProbe { estimate.setRate(rate, now: now) }
            estimate.setDelayBased(rate, now: now)
        }
        estimate.receive(
            packets, throughput: latestThroughput, isApplicationLimited: limitedSince != nil, now: now)
        if outcome.estimate != nil { follow(now: now) }
        if outcome.hasRecovered {
            probes.applicationLimitedSince = limitedSince
            probes.noteRecovery(now: now)
        }
    }

    /// Takes what the receiver says it can take (REMB).
    public mutating func receive(receiverLimit: Bitrate, now: Instant) {
        estimate.setReceiverLimit(receiverLimit, now: now)
        follow(now: now)
    }

    /// Takes a round-trip time out of RTCP.
    public mutating func receive(roundTripTime: Interval) {
        guard roundTripTime > .zero else { return }
        delayBased.setRoundTripTime(roundTripTime)
        estimate.setRoundTripTime(roundTripTime)
    }

    /// Takes what receiver reports say about the packets since the last ones.
    public mutating func receiveReport(lost: Int, expected: Int, now: Instant) {
        estimate.receiveReport(lost: lost, expected: expected, now: now)
    }

    /// Does what is due.
    public mutating func tick(now: Instant) {
        guard let due = nextUpdate, due <= now else { return }
        nextUpdate = now - activeAt < Self.idleTimeout ? now + Self.interval : nil
        estimate.update(now: now)
        probes.applicationLimitedSince = applicationLimit.startedAt
        probes.tick(now: now)
        follow(now: now)
    }

    /// Tells everybody about a changed estimate.
    private mutating func follow(now: Instant) {
        let target = estimate.target
        let lossState = estimate.lossBased.state
        guard target != toldTarget || lossState != toldLossState else { return }
        toldTarget = target
        toldLossState = lossState
        applicationLimit.setEstimate(target)
        probes.setEstimate(target, limit: limit, now: now)
    }

    private var limit: EstimateLimit {
        if delayBased.usage != .normal || estimate.isRoundTripTooLong { return .risingDelay }
        return estimate.lossBased.state == .delayBased ? .delay : .loss
    }

    private func believable(_ probe: Bitrate) -> Bitrate {
        guard let latestThroughput else { return probe }
        return max(probe, min(delayBased.estimate, latestThroughput * Self.probeFloor))
    }

    private mutating func learnRoundTrip(now: Instant) {
        guard let lastArrival = arrived.last?.arrivedAt else { return }
        var shortest = Interval(nanoseconds: .max)
        for packet in arrived {
            guard let arrivedAt = packet.arrivedAt else { continue }
            // The wait for the feedback does not count.
            shortest = min(shortest, now - packet.sentAt - (lastArrival - arrivedAt))
        }
        estimate.setPropagation(shortest, now: now)
    }

    private mutating func sortArrived() {
        arrived.removeAll(keepingCapacity: true)
        for packet in packets {
            guard let arrivedAt = packet.arrivedAt else { continue }
            arrived.append(packet)
            var index = arrived.count - 1
            while index > 0, let before = arrived[index - 1].arrivedAt, before > arrivedAt {
                arrived.swapAt(index, index - 1)
                index -= 1
            }
        }
    }
}
