public import Primitives

/// How the bottleneck of a path is used, as the one-way delay tells (draft-ietf-rmcat-gcc-02 section 5.4).
public enum BottleneckUsage: Sendable, Hashable {
    /// The delay stays as it is.
    case normal
    /// The delay grows: a queue fills.
    case overused
    /// The delay shrinks: a queue empties.
    case underused
}

/// Fits a line to the queueing delay of the last bursts and compares its slope with an adaptive threshold.
///
/// The slope estimates (sending rate − capacity) / capacity. Constants are those of libwebrtc's `TrendlineEstimator`
/// and `OveruseDetector`; the threshold follows Carlucci et al., "Analysis and Design of the Google Congestion Control
/// for Web Real-time Communication", 2016.
public struct TrendlineEstimator: Sendable {
    private struct Sample {
        /// Milliseconds since the first arrival.
        var arrival = 0.0
        /// Smoothed accumulated delay in milliseconds.
        var delay = 0.0
    }

    /// Bursts that the line is fitted to (`kDefaultTrendlineWindowSize`).
    public static let windowLength = 20
    /// Weight of the old value in the smoothed delay (`kDefaultTrendlineSmoothingCoeff`).
    private static let smoothing = 0.9
    /// What the slope is multiplied with (`kDefaultTrendlineThresholdGain`), and by the number of bursts up to
    /// `mostBursts` (`kMinNumDeltas`).
    private static let gain = 4.0
    private static let mostBursts = 60
    /// For so many milliseconds of sending the slope must be above the threshold (`kOverUsingTimeThreshold`).
    private static let overuseTime = 10.0
    /// How fast the threshold rises and falls, per millisecond.
    private static let riseRate = 0.0087
    private static let fallRate = 0.039
    /// A slope this far above the threshold is a spike and does not move it (`kMaxAdaptOffsetMs`).
    private static let spike = 15.0
    /// Between two adaptions no more time than this counts, in milliseconds.
    private static let longestStep = 100.0

    /// What the last burst said.
    public private(set) var usage = BottleneckUsage.normal
    /// The slope in milliseconds of delay per millisecond.
    public private(set) var trend = 0.0
    /// What the scaled slope is compared with, in milliseconds.
    public private(set) var threshold = 12.5

    /// The last bursts; the oldest lies at `head` once the window is full.
    private var window = InlineArray<20, Sample>(repeating: Sample())
    /// How many of them there are.
    private var count = 0
    /// The place of the next one.
    private var head = 0
    /// Bursts so far, as far as it matters.
    private var burstCount = 0
    /// The first arrival.
    private var origin: Instant?
    /// Sum of all delay differences, in milliseconds.
    private var accumulatedDelay = 0.0
    /// The same, smoothed.
    private var smoothedDelay = 0.0
    /// For how many milliseconds of sending the slope has been above the threshold; nil when it is not.
    private var timeOverThreshold: Double?
    /// For how many bursts.
    private var countOverThreshold = 0
    /// When the threshold was last adapted.
    private var adaptedAt: Instant?

    /// Starts without packets.
    public init() {}

    /// Takes the difference between two bursts, learnt at `arrivedAt` of the receiver's clock.
    public mutating func update(_ delta: PacketGroups.Delta, arrivedAt: Instant) {
        burstCount = min(burstCount + 1, 1000)
        let start = origin ?? arrivedAt
        origin = start
        accumulatedDelay += (delta.arrived - delta.sent).milliseconds
        smoothedDelay = Self.smoothing * smoothedDelay + (1 - Self.smoothing) * accumulatedDelay
        window[head] = Sample(arrival: (arrivedAt - start).milliseconds, delay: smoothedDelay)
        head = head + 1 == Self.windowLength ? 0 : head + 1
        count = min(count + 1, Self.windowLength)
        let slope = count == Self.windowLength ? slope() ?? trend : trend
        detect(slope, sentMilliseconds: delta.sent.milliseconds, at: arrivedAt)
    }

    /// The least-squares slope through the window; nil if all bursts arrived at once.
    private func slope() -> Double? {
        var (sumX, sumY) = (0.0, 0.0)
        for index in 0..<Self.windowLength {
            sumX += window[index].arrival
            sumY += window[index].delay
        }
        let (meanX, meanY) = (sumX / Double(Self.windowLength), sumY / Double(Self.windowLength))
        var (numerator, denominator) = (0.0, 0.0)
        for index in 0..<Self.windowLength {
            let x = window[index].arrival - meanX
            numerator += x * (window[index].delay - meanY)
            denominator += x * x
        }
        return denominator == 0 ? nil : numerator / denominator
    }

    private mutating func detect(_ slope: Double, sentMilliseconds: Double, at now: Instant) {
        guard burstCount >= 2 else {
            usage = .normal
            return
        }
        let scaled = Double(min(burstCount, Self.mostBursts)) * slope * Self.gain
        if scaled > threshold {
            // The crossing happened somewhere between the two bursts: half of the time counts.
            let time = timeOverThreshold.map { $0 + sentMilliseconds } ?? sentMilliseconds / 2
            timeOverThreshold = time
            countOverThreshold += 1
            if time > Self.overuseTime, countOverThreshold > 1, slope >= trend {
                timeOverThreshold = 0
                countOverThreshold = 0
                usage = .overused
            }
        } else {
            timeOverThreshold = nil
            countOverThreshold = 0
            usage = scaled < -threshold ? .underused : .normal
        }
        trend = slope
        adaptThreshold(to: abs(scaled), at: now)
    }

    private mutating func adaptThreshold(to magnitude: Double, at now: Instant) {
        let last = adaptedAt ?? now
        adaptedAt = now
        guard magnitude <= threshold + Self.spike else { return }
        let rate = magnitude < threshold ? Self.fallRate : Self.riseRate
        let elapsed = min((now - last).milliseconds, Self.longestStep)
        threshold = min(max(threshold + rate * (magnitude - threshold) * elapsed, 6), 600)
    }
}
