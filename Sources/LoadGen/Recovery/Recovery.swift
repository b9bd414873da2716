import Primitives
import Probe
import Visio

/// A participant's way back to a lost connection, step by step as livekit-client takes it (`RTCEngine`).
///
/// An attempt resumes the session as long as signalling alone stands in its way; after anything else the next one
/// begins a new session. `ReconnectPolicy` says how long to wait between attempts, and when to give up.
struct Recovery {
    /// What is under way.
    enum Step: Hashable {
        /// The next attempt is due at this instant.
        case waiting(until: Instant)
        /// A WebSocket is being opened.
        case signalling
        /// Signalling is back; the transports are looked at from the first instant on, and given up at the second.
        case settling(from: Instant, until: Instant)
        /// Signalling is back and the transports are not; they are given up at this instant.
        case lacking(until: Instant)
        /// The page is being loaded anew, and joins as on the first day.
        case joining
    }

    /// Who has been without a connection for longer than this when it is time to leave has lost it.
    static let patience = Interval.seconds(10)

    /// Why the connection was lost.
    let cause: ConnectionLoss.Cause
    /// When.
    let lostAt: Instant
    /// What the next WebSocket says about it.
    let reason: LiveKitReconnectReason
    /// Attempts that failed.
    var failures = 0
    /// Whether the next attempt begins a new session.
    var startsOver: Bool
    /// What is under way.
    var step: Step
    /// When signalling was back in the attempt that is under way.
    var signalledAt: Instant?
    /// When the transports were back in the attempt that is under way.
    var carriedAt: Instant?
    /// Why the last attempt failed.
    var obstacle = ""

    /// When something has to be done.
    var deadline: Instant? {
        switch step {
        case .waiting(let until): until
        case .settling(let from, _): from
        case .lacking(let until): until
        case .signalling, .joining: nil
        }
    }

    /// The row in the results, once it is known how it ended.
    func loss(of participant: Int, outcome: ConnectionLoss.Outcome) -> ConnectionLoss {
        ConnectionLoss(
            participant: participant, at: lostAt, cause: cause, outcome: outcome,
            attempts: failures + (outcome == .lost || outcome == .left ? 0 : 1),
            signalling: signalledAt.map { $0 - lostAt }, media: carriedAt.map { $0 - lostAt })
    }
}
