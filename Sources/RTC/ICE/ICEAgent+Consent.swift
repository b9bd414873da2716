import Primitives
import WireFormats

// Whether the selected pair is alive and the peer still wants our data (RFC 7675).
extension ICEAgent {
    /// The time to the next consent check, varied so that many agents do not fall into step.
    mutating func consentInterval() -> Interval {
        let mean = state == .disconnected ? timing.disconnectedConsentInterval : timing.consentInterval
        return mean * (1 + timing.consentVariation * (2 * generator.uniform() - 1))
    }

    /// Sets the time of the next consent check, where there are any.
    private mutating func scheduleConsentCheck(now: Instant) {
        guard path?.nextConsentAt != nil else { return }
        let interval = consentInterval()
        path?.nextConsentAt = now + interval
    }

    /// Notes that the peer proved to be at the other end of the selected pair.
    mutating func hear(now: Instant) {
        path?.lastHeardAt = now
        guard state == .disconnected else { return }
        state = .connected
        scheduleConsentCheck(now: now)
    }

    /// Sends a consent check on the selected pair if one is due; never retransmitted (RFC 7675 section 5.1).
    mutating func sendConsentCheck(now: Instant, into outbox: inout Outbox) {
        guard let path, let due = path.nextConsentAt, due <= now else { return }
        let transaction = ICETransaction(
            id: STUNTransactionID(using: &generator), purpose: .consent, socket: path.pair.socket,
            remote: path.pair.remote, generation: path.generation, role: role, isNominating: false,
            sentAt: now,
            retryAt: nil, timeout: .zero, expiresAt: now + timing.connectTimeout)
        remember(transaction)
        scheduleConsentCheck(now: now)
        statistics.consentChecksSent += 1
        outbox.append(from: path.pair.socket, to: path.pair.remote) { buffer in
            compose(
                transaction, username: path.username, key: path.remoteKey, priority: path.checkPriority,
                into: buffer)
        }
    }

    /// Whether silence means anything: two lite agents never hear of each other.
    private var isMonitored: Bool { !(isLite && isRemoteLite) }

    /// When silence on the selected pair changes something next.
    private var silenceEndsAt: Instant? {
        guard let path, isMonitored else { return nil }
        let patience = state == .connected ? timing.disconnectedTimeout : timing.connectTimeout
        return path.lastHeardAt + patience
    }

    /// Moves on from connected or checking when the peer has been silent for too long.
    mutating func updateLiveness(now: Instant) {
        if state == .checking {
            let since = checkingSince ?? now
            checkingSince = since
            if now >= since + timing.connectTimeout { return fail() }
        }
        if state == .connected, let end = silenceEndsAt, now >= end {
            state = .disconnected
            if path?.nextConsentAt != nil { path?.nextConsentAt = now }
        }
        guard let end = silenceEndsAt, now >= end else { return }
        if state == .checking { path = nil } else if state == .disconnected { fail() }
    }

    /// Gives up: consent is lost, nothing may be sent any more.
    private mutating func fail() {
        state = .failed
        path = nil
        pairs = []
        triggered = []
        transactions = []
    }

    /// Folds all that is waited for into `deadline`.
    mutating func updateDeadline() {
        guard state != .new, state != .failed else {
            deadline = nil
            return
        }
        var next = silenceEndsAt
        if state == .checking {
            next = earliest(next, checkingSince.map { $0 + timing.connectTimeout } ?? .zero)
        }
        if isLite {
            if isRemoteLite, !isConcluded, remoteCredentials != nil, !pairs.isEmpty { next = .zero }
        } else {
            next = earliest(next, path?.nextConsentAt)
            for transaction in transactions { next = earliest(next, transaction.retryAt) }
            if hasCheckToSend { next = earliest(next, nextCheckAt) }
            next = earliest(next, nominationAt)
        }
        deadline = next
    }
}
