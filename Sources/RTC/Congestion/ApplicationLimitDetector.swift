import Primitives

/// Notices when less is sent than the path would carry, because there is no more to send (libwebrtc's `AlrDetector`).
///
/// A budget fills at 65 % of the estimate and is used up by what is sent.
struct ApplicationLimitDetector: Sendable {
    /// The share of the estimate at which the budget fills (`bandwidth_usage_ratio`).
    private static let share = 0.65
    /// The budget holds what fills it in this time (`kWindowMs`).
    private static let window = Interval.milliseconds(500)
    /// Above this level, as a share of the full budget, the application is the limit.
    private static let startLevel = 0.8
    /// Below this level it is not any more.
    private static let stopLevel = 0.5

    /// Since when the application has been the limit; nil when it is not.
    private(set) var startedAt: Instant?

    /// How fast the budget fills.
    private var rate = Bitrate.zero
    /// Bytes in the budget, negative when too much was sent.
    private var budget = 0.0
    private var lastSentAt: Instant?

    init() {}

    /// Takes a new estimate of what the path carries.
    mutating func setEstimate(_ estimate: Bitrate) {
        rate = estimate * Self.share
        let limit = rate.bytes(in: Self.window)
        budget = min(max(budget, -limit), limit)
    }

    /// Takes a packet that was sent.
    mutating func noteSent(byteCount: Int, now: Instant) {
        guard let last = lastSentAt else {
            lastSentAt = now
            return
        }
        lastSentAt = now
        let limit = rate.bytes(in: Self.window)
        guard limit > 0 else { return }
        budget = max(budget - Double(byteCount), -limit)
        budget = min(budget + rate.bytes(in: now - last), limit)
        let level = budget / limit
        if level > Self.startLevel, startedAt == nil {
            startedAt = now
        } else if level < Self.stopLevel {
            startedAt = nil
        }
    }
}
