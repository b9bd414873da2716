import Primitives

/// The timers of an association: a fixed table, so that arming one costs a store.
struct AssociationTimers {
    enum Name: Int, CaseIterable {
        /// T1-init and T1-cookie: waiting for INIT ACK or COOKIE ACK.
        case handshake
        /// T3-rtx: waiting for DATA or FORWARD TSN to be acknowledged.
        case retransmission
        /// A SACK that is held back.
        case acknowledgement
        /// The next HEARTBEAT, or the patience with the last one.
        case heartbeat
        /// Waiting for the answer to a RE-CONFIG.
        case reconfiguration
        /// T2-shutdown.
        case shutdown
    }

    private var instants = [6 of Instant](repeating: .distantFuture)

    /// When the next timer runs out.
    var earliest: Instant? {
        var earliest = Instant.distantFuture
        for index in instants.indices where instants[index] < earliest { earliest = instants[index] }
        return earliest == .distantFuture ? nil : earliest
    }

    func isArmed(_ name: Name) -> Bool { instants[name.rawValue] != .distantFuture }

    mutating func arm(_ name: Name, at instant: Instant) { instants[name.rawValue] = instant }

    mutating func cancel(_ name: Name) { instants[name.rawValue] = .distantFuture }

    mutating func cancelAll() { instants = [6 of Instant](repeating: .distantFuture) }

    /// Whether the timer has run out; it is cancelled then.
    mutating func expire(_ name: Name, now: Instant) -> Bool {
        guard instants[name.rawValue] <= now else { return false }
        cancel(name)
        return true
    }
}
