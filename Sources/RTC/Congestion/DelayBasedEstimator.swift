import Primitives

/// The estimate by delay: groups of packets, their trend, and what follows for the rate (libwebrtc's `DelayBasedBwe`).
struct DelayBasedEstimator: Sendable {
    /// What a feedback message changed.
    struct Outcome: Sendable, Hashable {
        /// The new estimate; nil if it stays.
        var estimate: Bitrate?
        /// Whether a probe measured it.
        var isProbe = false
        /// Whether a queue has emptied after an overuse.
        var hasRecovered = false
    }

    /// After so long without feedback everything starts anew (`kStreamTimeOut`).
    private static let timeout = Interval.seconds(2)

    /// What follows for the rate.
    private(set) var rateControl: AIMDRateControl
    private var groups = PacketGroups()
    private var trendline = TrendlineEstimator()
    private var lastFeedbackAt: Instant?

    init(start: Bitrate) { rateControl = AIMDRateControl(start: start) }

    /// How the bottleneck is used.
    var usage: BottleneckUsage { trendline.usage }

    /// The current estimate.
    var estimate: Bitrate { rateControl.estimate }

    /// Takes a round-trip time out of RTCP.
    mutating func setRoundTripTime(_ time: Interval) { rateControl.roundTripTime = time }

    /// Takes the least that is ever sent.
    mutating func setMinimum(_ rate: Bitrate) { rateControl.minimum = max(rate, AIMDRateControl.lowest) }

    /// Starts over at a rate.
    mutating func restart(at rate: Bitrate) { rateControl.restart(at: rate) }

    /// Takes the packets of a feedback message that arrived, in the order of their arrival.
    ///
    /// - Parameters:
    ///   - throughput: What came through of late.
    ///   - probe: What a probe measured.
    mutating func receive(
        _ arrived: some Collection<TransportPacketResult>, throughput: Bitrate?, probe: Bitrate?, now: Instant
    ) -> Outcome {
        guard !arrived.isEmpty else { return Outcome() }
        if lastFeedbackAt.map({ now - $0 > Self.timeout }) ?? true {
            groups = PacketGroups()
            trendline = TrendlineEstimator()
        }
        lastFeedbackAt = now
        var outcome = Outcome()
        for packet in arrived {
            guard let arrivedAt = packet.arrivedAt else { continue }
            let before = trendline.usage
            if let delta = groups.add(sentAt: packet.sentAt, arrivedAt: arrivedAt, observedAt: now) {
                trendline.update(delta, arrivedAt: arrivedAt)
            }
            if before == .underused, trendline.usage == .normal { outcome.hasRecovered = true }
        }
        update(&outcome, throughput: throughput, probe: probe, now: now)
        return outcome
    }

    private mutating func update(
        _ outcome: inout Outcome, throughput: Bitrate?, probe: Bitrate?, now: Instant
    ) {
        if trendline.usage == .overused {
            outcome.hasRecovered = false
            if let throughput {
                guard rateControl.mayReduce(throughput: throughput, now: now) else { return }
                rateControl.update(usage: .overused, throughput: throughput, now: now)
            } else {
                // Nothing is known about what comes through: half is surely less.
                guard rateControl.isValid else { return }
                rateControl.setEstimate(rateControl.estimate * 0.5, now: now)
            }
        } else if let probe {
            outcome.isProbe = true
            outcome.hasRecovered = false
            rateControl.setEstimate(probe, now: now)
        } else {
            rateControl.update(usage: trendline.usage, throughput: throughput, now: now)
        }
        if rateControl.isValid { outcome.estimate = rateControl.estimate }
    }
}
