import Primitives

/// When the next RTCP to the peer's senders is due, and why.
///
/// Folded as packets arrive, because asking every stream after every packet would cost more than the packet
/// itself.
struct FeedbackTimes {
    /// Least time between two datagrams that ask for retransmissions; libwebrtc looks that often.
    static let requestSpacing = Interval.milliseconds(20)

    /// When the next receiver report is due; nil while nothing arrives.
    var report: Instant?
    /// When a missing packet is to be asked for, or given up.
    var request: Instant?
    /// When a key frame is to be asked for.
    var keyFrame: Instant?
    /// When an echo of the peer's reference time is to leave.
    var echo: Instant?
    /// When we are to say what we can take.
    var estimate: Instant?
    /// When the last feedback left.
    var lastSentAt: Instant?

    /// The earliest of all.
    var deadline: Instant? {
        earliest(earliest(earliest(report, request), earliest(keyFrame, echo)), estimate)
    }

    /// Takes account of an arrived packet.
    ///
    /// - Parameter missing: When its stream wants to ask for, or give up, a packet.
    mutating func noteArrival(missing: Instant?, reportInterval: Interval, now: Instant) {
        if report == nil { report = now + reportInterval }
        if let missing { noteRequest(missing) }
    }

    /// Takes account of a stream that wants to ask for a packet at `instant`, not too soon after the last
    /// time.
    mutating func noteRequest(_ instant: Instant) {
        let allowed = lastSentAt.map { max(instant, $0 + Self.requestSpacing) } ?? instant
        request = earliest(request, allowed)
    }
}
