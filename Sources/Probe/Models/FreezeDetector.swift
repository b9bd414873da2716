import Primitives

/// libwebrtc's freeze rule on the times at which frames were rendered, plus our own open-ended stall.
///
/// A frame duration is a freeze when it is at least max(3 avg, avg + 150 ms); avg is the mean, rounded down to the
/// millisecond, of the last 30 durations including the current one, at least five of them (W3C webrtc-stats
/// freezeCount as implemented by libwebrtc's VideoQualityObserver). A stream that never comes back has no such
/// duration: `stall(at:)` tells how long the picture has stood still by then.
public struct FreezeDetector: Sendable {
    /// Freezes so far.
    public private(set) var count: UInt64 = 0
    /// Time spent in freezes, in milliseconds.
    public private(set) var frozenMilliseconds: Int64 = 0
    /// Sum of all frame durations, in milliseconds.
    public private(set) var totalMilliseconds: Int64 = 0
    /// Sum of the squares of all frame durations, in square milliseconds.
    public private(set) var sumOfSquares: Int64 = 0

    /// Whether the mean is rounded down to the millisecond, as libwebrtc does; the W3C's text speaks of the mean.
    private let roundsMean: Bool
    private var window = InlineArray<30, Int64>(repeating: 0)
    private var windowSum: Int64 = 0
    private var durations = 0
    private var lastRender: Int64?

    /// Starts before the first frame.
    ///
    /// - Parameter roundsMean: Whether to follow libwebrtc, which rounds the mean down to the millisecond.
    public init(roundsMean: Bool = true) { self.roundsMean = roundsMean }

    /// Notes that a frame was rendered at `milliseconds` on any fixed axis; times must not go backwards.
    public mutating func render(at milliseconds: Int64) {
        defer { lastRender = milliseconds }
        guard let last = lastRender else { return }
        let duration = milliseconds - last
        totalMilliseconds += duration
        sumOfSquares &+= duration &* duration
        let slot = durations % 30
        if durations >= 30 { windowSum -= window[slot] }
        window[slot] = duration
        windowSum += duration
        durations += 1
        let samples = min(durations, 30)
        guard samples >= 5 else { return }
        guard isFreeze(duration, sum: windowSum, count: Int64(samples)) else { return }
        count += 1
        frozenMilliseconds += duration
    }

    private func isFreeze(_ duration: Int64, sum: Int64, count: Int64) -> Bool {
        // Without rounding both sides are multiplied by the count, so that all stays whole.
        let (average, factor) = roundsMean ? (sum / count, 1) : (sum, count)
        return duration * factor >= max(3 * average, average + 150 * factor)
    }

    /// Forgets the last frame, because the picture was stopped on purpose (muted, paused, switched off).
    public mutating func pause() { lastRender = nil }

    /// How long the picture has stood still at `milliseconds`, if longer than max(1 s, 5 average durations).
    public func stall(at milliseconds: Int64) -> Int64? {
        guard let last = lastRender else { return nil }
        let average = durations == 0 ? 0 : windowSum / Int64(min(durations, 30))
        let still = milliseconds - last
        return still > max(1000, 5 * average) ? still : nil
    }

    /// The variance of frame durations in square milliseconds, as webrtc-stats derive it from their sums; nil without
    /// a duration.
    public static func durationVariance(
        totalMilliseconds: Int64, sumOfSquares: Int64, count: Int
    ) -> Double? {
        guard count > 0 else { return nil }
        let total = Double(totalMilliseconds)
        return (Double(sumOfSquares) - total * total / Double(count)) / Double(count)
    }

    /// Σd / Σd² in frames per second: the time-weighted mean rate, which a long frame pulls down as it should.
    public static func harmonicFrameRate(totalMilliseconds: Int64, sumOfSquares: Int64) -> Double? {
        guard sumOfSquares > 0 else { return nil }
        return Double(totalMilliseconds) * 1000 / Double(sumOfSquares)
    }
}
