public import Primitives

extension SCTPAssociation {
    /// Longest time that a SACK is held back (RFC 9260 section 6.2).
    static let acknowledgementDelay: Interval = .milliseconds(200 as Int64)
    /// Time between heartbeats of an idle association, HB.interval (RFC 9260 section 16).
    static let heartbeatInterval: Interval = .seconds(30)
    /// Failures in a row that end the association, Association.Max.Retrans (RFC 9260 section 16).
    static let maximumFailures = 10

    /// Handles the timers that have run out.
    public mutating func tick(now: Instant) {
        self.now = now
        guard let deadline, deadline <= now else { return }
        if timers.expire(.handshake, now: now) { handshakeTimedOut() }
        if timers.expire(.acknowledgement, now: now) { pending.insert(.acknowledgement) }
        if timers.expire(.retransmission, now: now) { retransmissionTimedOut() }
        if timers.expire(.reconfiguration, now: now) { resetTimedOut() }
        if timers.expire(.heartbeat, now: now) { heartbeatTimedOut() }
        if timers.expire(.shutdown, now: now) { shutdownTimedOut() }
        continueShutdown()
    }

    /// Counts a failure; false if it was one too many and the association has ended.
    mutating func countFailure() -> Bool {
        failures += 1
        guard failures > Self.maximumFailures else { return true }
        fail("the peer stopped answering")
        return false
    }

    /// Starts the wait for the next heartbeat, spread by half a timeout to either side (RFC 9260 section 8.3).
    mutating func armHeartbeat() {
        heartbeatSentAt = nil
        guard state == .established else { return timers.cancel(.heartbeat) }
        let jitter = timeout.current * (generator.uniform() - 0.5)
        timers.arm(.heartbeat, at: now + Self.heartbeatInterval + jitter)
    }

    private mutating func retransmissionTimedOut() {
        guard !outbound.chunks.isEmpty else { return }
        counters.timeouts += 1
        guard countFailure() else { return }
        timeout.backOff()
        outbound.timeOut(distrustsGaps: failures >= 2, now: now)
        if outbound.needsForwardTSN { pending.insert(.forwardTSN) }
        timers.arm(.retransmission, at: now + timeout.current)
    }

    private mutating func resetTimedOut() {
        guard !resets.requested.isEmpty, countFailure() else { return }
        timeout.backOff()
        pending.insert(.resetRequest)
        timers.arm(.reconfiguration, at: now + timeout.current)
    }

    private mutating func heartbeatTimedOut() {
        if heartbeatSentAt != nil, !countFailure() { return }
        guard state == .established else { return }
        guard outbound.chunks.isEmpty else { return armHeartbeat() }
        heartbeatSentAt = now
        pending.insert(.heartbeat)
        timers.arm(.heartbeat, at: now + timeout.current * (1 << min(failures, 6)))
    }
}
