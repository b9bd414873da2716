import Results

/// The server's figures by bins of the run's time, from whatever moments its pages were read at.
struct ServerTimeline {
    /// The bins' borders, in seconds of the run.
    let borders: [Double]
    private let record: ServerRecord

    init(_ content: RunContent) {
        record = content.server
        // A bin without a reading of its own would only repeat its neighbours.
        let interval = content.server.pages.map(\.interval).max() ?? 5
        let width = max(interval, content.duration / Double(Timeline.mostBins)).rounded(.up)
        let count = max(1, Int((content.duration / width).rounded(.up)))
        borders = (0...count).map { Double($0) * width }
    }

    /// A point in the middle of each bin.
    func points(_ value: (_ start: Double, _ end: Double) -> Double?) -> [Series.Point] {
        zip(borders, borders.dropFirst()).map { start, end in
            Series.Point(x: (start + end) / 2, y: value(start, end))
        }
    }

    /// Growth per second of counters on some pages together; nil where one of them was not read.
    func rate(_ name: String, _ labels: [String: String] = [:], on pages: [Int]) -> [Series.Point] {
        let curves = pages.compactMap { record.growth(name, labels, on: $0) }
        return points { start, end in
            guard !curves.isEmpty else { return nil }
            var sum = 0.0
            for curve in curves {
                guard let growth = Self.growth(of: curve, from: start, to: end) else { return nil }
                sum += growth
            }
            return sum
        }
    }

    /// Growth per second in a bin, over the part of it that readings enclose.
    static func growth(of curve: CounterCurve, from start: Double, to end: Double) -> Double? {
        guard let first = curve.times.first, let last = curve.times.last else { return nil }
        let (start, end) = (max(start, first), min(end, last))
        // Less than half a second says nothing about a rate.
        guard end - start >= 0.5, let growth = curve.growth(from: start, to: end) else { return nil }
        return growth / (end - start)
    }

    /// The last value of gauges on some pages together in each bin.
    func level(_ name: String, _ labels: [String: String] = [:], on pages: [Int]) -> [Series.Point] {
        let levels = pages.map { record.gauge(name, labels, on: $0) }
        return points { start, end in
            var sum: Double?
            for level in levels {
                guard let latest = level.last(where: { $0.time < end && $0.time >= start })?.value else {
                    continue
                }
                sum = (sum ?? 0) + latest
            }
            return sum
        }
    }

    /// When one of some pages was read last within a bin.
    func lastReading(from start: Double, to end: Double, on pages: [Int]) -> Double? {
        record.readings.last {
            $0.failure == nil && pages.contains($0.page) && $0.time >= start && $0.time < end
        }?.time
    }

    /// A percentile of a histogram in each bin, in the histogram's own unit.
    func quantile(_ share: Double, of name: String, on pages: [Int]) -> [Series.Point] {
        let histograms = pages.map { record.histogram(name, on: $0) }
        return points { start, end in
            var sum: BucketCounts?
            for histogram in histograms where !histogram.isEmpty {
                let cumulative = histogram.map { bucket in
                    (bound: bucket.bound, count: Self.count(of: bucket.growth, from: start, to: end))
                }
                let counts = BucketCounts(cumulative: cumulative)
                if sum == nil { sum = counts } else { sum? += counts }
            }
            return sum?.quantile(share)?.value
        }
    }

    private static func count(of curve: CounterCurve, from start: Double, to end: Double) -> Double {
        guard let first = curve.times.first, let last = curve.times.last else { return 0 }
        return curve.growth(from: max(start, first), to: min(end, last)) ?? 0
    }
}
