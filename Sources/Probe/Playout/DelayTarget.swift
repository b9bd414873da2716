/// The target level of NetEQ's underrun optimizer: the 95th percentile of relative packet delay.
///
/// A histogram of 100 buckets of 20 ms, fed with the worst relative delay of each 500 ms, forgetting by 0.983.
/// Q15 and Q30 arithmetic as libwebrtc's `audio_coding/neteq/histogram.cc`, so that two implementations agree to
/// the integer.
public struct DelayTarget: Sendable {
    /// Width of a bucket, in milliseconds.
    public static let bucketMilliseconds: Int64 = 20

    /// The delay to keep in the buffer now, in milliseconds.
    public private(set) var milliseconds: Int64

    private static let bucketCount = 100
    /// 0.983 in Q15.
    private static let forgetFactor: Int64 = Int64(32768 * 0.983)
    /// 0.95 in Q30.
    private static let quantile = Int64(Double(1 << 30) * 0.95)

    private var buckets: [Int32]
    private var forget: Int64 = 0
    private var additions: Int64 = 0
    private var windowStart: Int64?
    private var windowPeak: Int64 = 0

    /// Starts with the given target: 80 ms for audio, 0 for video.
    public init(initialMilliseconds: Int64) {
        milliseconds = initialMilliseconds
        var probability: Int32 = 0x4002
        buckets = (0..<Self.bucketCount).map { _ in
            probability >>= 1
            return probability << 16
        }
    }

    /// Notes one arrival.
    ///
    /// - Parameters:
    ///   - arrival: Arrival time in milliseconds.
    ///   - relativeDelay: Transit above the recent minimum, in milliseconds, not negative.
    public mutating func note(arrival: Int64, relativeDelay: Int64) {
        let start = windowStart ?? arrival
        windowStart = start
        if arrival - start > 500 {
            let bucket = Int(windowPeak / Self.bucketMilliseconds)
            if bucket < Self.bucketCount { add(bucket) }
            milliseconds = (1 + Int64(quantileBucket())) * Self.bucketMilliseconds
            windowStart = arrival
            windowPeak = 0
        }
        windowPeak = max(windowPeak, relativeDelay)
    }

    private mutating func add(_ bucket: Int) {
        var total: Int64 = 0
        for index in buckets.indices {
            let value = (Int64(buckets[index]) * forget) >> 15
            buckets[index] = Int32(truncatingIfNeeded: value)
            total += value
        }
        let increment = (32768 - forget) << 15
        buckets[bucket] = Int32(truncatingIfNeeded: Int64(buckets[bucket]) + increment)
        total += increment - (1 << 30)
        let sign: Int64 = total > 0 ? -1 : 1
        for index in buckets.indices where total != 0 {
            let correction = sign * min(abs(total), Int64(buckets[index] >> 4))
            buckets[index] = Int32(truncatingIfNeeded: Int64(buckets[index]) + correction)
            total += correction
        }
        additions += 1
        if forget != Self.forgetFactor {
            // Start-up: 1 - 2 / (n + 1), so that the first observations count at once.
            let startUp = Int64(32768 * (1 - 2 / Double(additions + 1)))
            forget = max(0, min(Self.forgetFactor, startUp))
        }
    }

    private func quantileBucket() -> Int {
        let inverse = (1 << 30) - Self.quantile
        var bucket = 0
        var sum = (1 << 30) - Int64(buckets[0])
        while sum > inverse, bucket < Self.bucketCount - 1 {
            bucket += 1
            sum -= Int64(buckets[bucket])
        }
        return bucket
    }
}
