public import Primitives
import WireFormats

// The graceful end (RFC 9260 section 9.2).
extension SCTPAssociation {
    /// Ends the association once our data is acknowledged.
    public mutating func shutdown(now: Instant) {
        self.now = now
        switch state {
        case .established:
            state = .shutdownPending
            continueShutdown()
        case .idle, .cookieWait, .cookieEchoed:
            fail("closed before it was established")
        default:
            break
        }
    }

    /// Goes on once everything of ours is acknowledged.
    mutating func continueShutdown() {
        guard outbound.isEmpty else { return }
        switch state {
        case .shutdownPending:
            state = .shutdownSent
            pending.insert(.shutdown)
        case .shutdownReceived:
            state = .shutdownAckSent
            pending.insert(.shutdownAck)
        default:
            return
        }
        failures = 0
        timers.cancel(.heartbeat)
        timers.arm(.shutdown, at: now + timeout.current)
    }

    mutating func receiveShutdown(_ value: RawSpan) {
        var reader = ByteReader(value)
        let tsn = reader.readUInt32()
        guard !reader.failed else {
            counters.malformedPackets += 1
            return
        }
        switch state {
        case .established, .shutdownPending, .shutdownReceived:
            state = .shutdownReceived
            if let result = outbound.acknowledge(through: tsn, now: now) { acknowledged(result) }
        case .shutdownSent, .shutdownAckSent:
            // Both ends shut down at once.
            state = .shutdownAckSent
            pending.remove(.shutdown)
            pending.insert(.shutdownAck)
            timers.arm(.shutdown, at: now + timeout.current)
        default:
            break
        }
    }

    mutating func receiveShutdownAck() {
        // Once more after the end too: our SHUTDOWN COMPLETE may have been lost.
        guard state == .shutdownSent || state == .shutdownAckSent || state == .closed else { return }
        finish(.closed, event: .closed)
        pending = .shutdownComplete
    }

    mutating func receiveShutdownComplete() {
        if state == .shutdownAckSent { finish(.closed, event: .closed) }
    }

    mutating func shutdownTimedOut() {
        guard countFailure() else { return }
        timeout.backOff()
        pending.insert(state == .shutdownSent ? .shutdown : .shutdownAck)
        timers.arm(.shutdown, at: now + timeout.current)
    }
}
