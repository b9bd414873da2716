/// What the media server's own pages say about its metrics.
///
/// Pages of other servers do not count here: only those on which LiveKit's own names stand.
public struct ServerMetrics: Sendable {
    private let record: ServerRecord

    /// LiveKit's histogram of the time from a packet's arrival to its departure, in nanoseconds.
    public static let forwardLatency = "livekit_forward_latency_ns"
    /// Processor time of a process, in every page that Prometheus' own libraries write.
    public static let processorTime = "process_cpu_seconds_total"
    /// How many cores a process may use: of Go programs, and of the embedded Visio.
    public static let coreCounts = ["go_sched_gomaxprocs_threads", "visiobench_cores"]

    /// Looks at what was read.
    public init(_ record: ServerRecord) { self.record = record }

    /// Processor time as a share of the cores that a page's process may use, between neighbouring readings.
    public func load(of page: Int) -> [(time: Double, value: Double)] {
        guard let cores = cores(of: page), let time = record.growth(Self.processorTime, on: page) else {
            return []
        }
        return time.rates.map { ($0.time, $0.value / cores) }
    }

    /// How many cores a page's process may use; nil when its page does not say.
    public func cores(of page: Int) -> Double? {
        for name in Self.coreCounts {
            let known = record.gauge(name, on: page).compactMap(\.value).max()
            if let known, known >= 1 { return known }
        }
        return nil
    }

    /// Loads of all media servers within a window, sorted.
    func loads(in window: Range<Double>) -> [Double] {
        record.mediaServers.flatMap { load(of: $0) }.filter { window.contains($0.time) }.map(\.value).sorted()
    }

    /// Forwarding times of all media servers within a window, in seconds; nil when no page tells them.
    public func forwarding(in window: Range<Double>) -> BucketCounts? {
        var sum: BucketCounts?
        for page in record.mediaServers {
            let buckets = record.histogram(Self.forwardLatency, on: page)
            guard let times = buckets.first?.growth.times, let first = times.first, let last = times.last
            else { continue }
            let (start, end) = (max(first, window.lowerBound), min(last, window.upperBound))
            guard start < end else { continue }
            let counts = BucketCounts(
                cumulative: buckets.map { ($0.bound / 1e9, $0.growth.growth(from: start, to: end) ?? 0) })
            if sum == nil { sum = counts } else { sum? += counts }
        }
        return sum
    }
}
