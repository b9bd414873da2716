import Primitives

/// How long to wait for an acknowledgement (RFC 9260 section 6.3.1).
///
/// The bounds are those of libwebrtc's SCTP, tighter than the RFC's one second, because a call cannot wait.
struct RetransmissionTimeout {
    static let initial: Interval = .milliseconds(500)
    static let minimum: Interval = .milliseconds(400)
    static let maximum: Interval = .seconds(60)

    /// Smoothed round-trip time, SRTT; nil before the first measurement.
    private(set) var smoothed: Interval?
    /// Round-trip time variation, RTTVAR.
    private var variation: Interval = .zero
    /// The timeout without backoff.
    private var base: Interval = Self.initial
    /// How often the timeout has run out in a row.
    private(set) var backoff = 0

    /// The timeout to use now.
    var current: Interval {
        min(Interval(nanoseconds: base.nanoseconds << Int64(min(backoff, 7))), Self.maximum)
    }

    mutating func measure(_ roundTrip: Interval) {
        let sample = max(roundTrip, .zero)
        if let smoothed {
            // RTO.Beta = 1/4, RTO.Alpha = 1/8 (RFC 9260 section 16).
            variation = variation * 0.75 + (smoothed - sample).magnitude * 0.25
            self.smoothed = smoothed * 0.875 + sample * 0.125
        } else {
            smoothed = sample
            variation = sample / 2
        }
        base = min(max((smoothed ?? sample) + variation * 4, Self.minimum), Self.maximum)
        backoff = 0
    }

    mutating func backOff() { backoff += 1 }

    mutating func endBackoff() { backoff = 0 }
}
