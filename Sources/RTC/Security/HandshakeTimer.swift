public import Primitives

/// The retransmission timer of a DTLS handshake (RFC 6347 §4.2.4.1).
///
/// The RFC's one second would dominate the join time that we measure, so we start as low as browsers do: libwebrtc
/// uses twice the ICE round-trip time, but 50 ms at least. Each timeout doubles it.
public struct HandshakeTimer: Sendable {
    /// What a deadline asks for.
    public enum Expiry: Sendable {
        /// Nothing is due.
        case none
        /// The last flight must be sent again.
        case retransmit
        /// The handshake takes too long and must fail.
        case giveUp
    }

    /// The interval before the first retransmission of each flight.
    public static let initialInterval = Interval.milliseconds(100)
    /// The longest interval between retransmissions.
    public static let maximumInterval = Interval.seconds(60)
    /// How long a handshake may take altogether.
    public static let patience = Interval.seconds(30)

    /// The interval that is running, doubled by every timeout.
    private var interval = Self.initialInterval
    /// When the last flight is sent again; nil while there is none to repeat.
    private var retransmitAt: Instant?
    /// When the handshake fails; nil unless one is running.
    private var giveUpAt: Instant?

    /// Starts without a deadline.
    public init() {}

    /// When `expire` is due next.
    public var deadline: Instant? { earliest(retransmitAt, giveUpAt) }

    /// A handshake has begun.
    public mutating func start(now: Instant) { giveUpAt = now + Self.patience }

    /// A new flight has been sent and waits for an answer.
    public mutating func flightSent(now: Instant) {
        interval = Self.initialInterval
        retransmitAt = now + interval
    }

    /// The last flight was answered; the next word is the peer's.
    public mutating func flightAnswered() { retransmitAt = nil }

    /// The handshake is over.
    public mutating func stop() {
        retransmitAt = nil
        giveUpAt = nil
    }

    /// What is due at `now`; arms the next, doubled interval.
    public mutating func expire(now: Instant) -> Expiry {
        if let giveUpAt, giveUpAt <= now {
            stop()
            return .giveUp
        }
        guard let due = retransmitAt, due <= now else { return .none }
        interval = min(interval * 2, Self.maximumInterval)
        retransmitAt = now + interval
        return .retransmit
    }
}
