public import Primitives

/// The receiver's side where no transport-wide feedback was agreed: estimates from absolute send times what it can
/// take, and says so (REMB, draft-alvestrand-rmcat-remb-03).
///
/// The same trendline and rate control as a sender's. libwebrtc's receiver has kept the Kalman filter of the earlier
/// drafts, which reacts to the same delays a little later, and looks for probe clusters at the start of a call, which
/// LiveKit does not send. When an estimate is told follows its `RemoteBitrateEstimatorAbsSendTime` and
/// `RembThrottler`.
public struct RemoteBitrateEstimator: Sendable {
    /// After so long without packets everything but the estimate starts anew (`kStreamTimeOut`).
    private static let timeout = Interval.seconds(2)
    /// Least time between two messages (`kRembSendInterval`) unless the estimate falls by more than 3 %.
    private static let spacing = Interval.milliseconds(200)
    private static let fall = 1.03

    /// What follows from the delays.
    private var rateControl = AIMDRateControl(start: nil)
    private var groups = PacketGroups()
    private var trendline = TrendlineEstimator()
    /// The last packet's send time in units of 2⁻¹⁸ s, unwrapped.
    private var sentUnits: Int64?
    private var lastPacketAt: Instant?
    private var updatedAt: Instant?

    /// What came in over the last second (`kBitrateWindow`).
    private var incoming = ByteWindow(length: .seconds(1))
    /// Packets since the counting began, as far as it matters.
    private var packetCount = 0
    /// What was told last.
    private var told: (rate: Bitrate, at: Instant)?

    /// Starts without packets.
    public init() {}

    /// The estimate; nil while there is none.
    public var estimate: Bitrate? { rateControl.isValid ? rateControl.estimate : nil }

    /// Takes a round-trip time out of RTCP.
    public mutating func setRoundTripTime(_ time: Interval) { rateControl.roundTripTime = time }

    /// Takes a packet.
    ///
    /// - Parameters:
    ///   - absoluteSendTime: The 24-bit send time, 6.18 fixed point seconds.
    ///   - byteCount: Its payload and padding.
    /// - Returns: An estimate that should be told at once.
    public mutating func receive(absoluteSendTime: UInt32, byteCount: Int, now: Instant) -> Bitrate? {
        if lastPacketAt.map({ now - $0 > Self.timeout }) ?? true {
            groups = PacketGroups()
            trendline = TrendlineEstimator()
            incoming.reset()
            packetCount = 0
        }
        lastPacketAt = now
        incoming.add(byteCount, now: now)
        packetCount = min(packetCount + 1, 2)
        let sentAt = unwrap(absoluteSendTime)
        if let delta = groups.add(sentAt: sentAt, arrivedAt: now, observedAt: now) {
            trendline.update(delta, arrivedAt: now)
        }
        // One packet has no rate.
        let throughput = packetCount > 1 ? incoming.rate(now: now) : nil
        guard isUpdateDue(throughput: throughput, now: now) else { return nil }
        rateControl.update(usage: trendline.usage, throughput: throughput, now: now)
        guard rateControl.isValid else { return nil }
        updatedAt = now
        return announce(now)
    }

    private func isUpdateDue(throughput: Bitrate?, now: Instant) -> Bool {
        guard let updatedAt else { return true }
        if now - updatedAt > rateControl.feedbackInterval { return true }
        guard trendline.usage == .overused, let throughput else { return false }
        return rateControl.mayReduce(throughput: throughput, now: now)
    }

    private mutating func announce(_ now: Instant) -> Bitrate? {
        let rate = rateControl.estimate
        if let told, rate * Self.fall > told.rate, now - told.at < Self.spacing { return nil }
        told = (rate, now)
        return rate
    }

    private mutating func unwrap(_ time: UInt32) -> Instant {
        let last = sentUnits ?? Int64(time)
        let step = (Int32(truncatingIfNeeded: Int64(time) &- last) << 8) >> 8
        let units = last + Int64(step)
        sentUnits = units
        return Instant(nanoseconds: units * 1_000_000_000 / (1 << 18))
    }
}
