public import Probe

/// What the metrics pages told over the run, put together again from their changes.
///
/// Readings that failed tell nothing; the time of one that did not is the middle between question and answer.
public struct ServerRecord: Sendable {
    /// One row of `server_reading`.
    public struct Reading: Sendable, Hashable {
        /// Its number.
        public var id: Int
        /// The page.
        public var page: Int
        /// When it was asked for, in seconds of the run.
        public var asked: Double
        /// When it was answered, in seconds of the run.
        public var answered: Double
        /// Why it could not be read.
        public var failure: String?

        /// When the server looked at itself, as far as can be told.
        public var time: Double { (asked + answered) / 2 }
    }

    /// One row of `server_value`.
    public struct Change: Sendable, Hashable {
        /// The series.
        public var series: Int
        /// The reading.
        public var reading: Int
        /// The new value; nil when the series was no longer there.
        public var value: Double?
    }

    /// The pages.
    public let pages: [RunFile.ServerPage]
    /// All readings, failed ones too, in order.
    public let readings: [Reading]
    /// All series.
    public let series: [ServerSeries]
    /// Changes by position of their series.
    private let changes: [[Change]]
    /// Series' positions by name.
    private let positions: [String: [Int]]

    /// Nothing was read.
    public init() { self.init(pages: [], readings: [], series: [], changes: []) }

    init(pages: [RunFile.ServerPage], readings: [Reading], series: [ServerSeries], changes: [Change]) {
        self.pages = pages
        self.readings = readings
        self.series = series
        let place = Dictionary(series.enumerated().map { ($1.number, $0) }) { first, _ in first }
        var sorted = Array(repeating: [Change](), count: series.count)
        for change in changes {
            if let position = place[change.series] { sorted[position].append(change) }
        }
        self.changes = sorted
        positions = Dictionary(grouping: series.indices) { series[$0].name }
    }

    /// The readings of a page that could be read.
    public func readings(of page: Int) -> [Reading] {
        readings.filter { $0.page == page && $0.failure == nil }
    }

    /// The pages on which a series with this beginning of its name stands.
    public func pages(withPrefix prefix: String) -> [Int] {
        let found = Set(series.filter { $0.name.hasPrefix(prefix) }.map(\.page))
        return pages.map(\.id).filter { found.contains($0) }
    }

    /// LiveKit's own pages.
    public var mediaServers: [Int] { pages(withPrefix: "livekit_") }

    /// The series of a page with a name and labels.
    public func series(_ name: String, _ labels: [String: String] = [:], on page: Int) -> [Int] {
        (positions[name] ?? []).filter { position in
            series[position].page == page && labels.allSatisfy { series[position][$0.key] == $0.value }
        }
    }

    /// The sum of gauges at each reading of a page; nil where none of them was there.
    public func gauge(
        _ name: String, _ labels: [String: String] = [:], on page: Int
    ) -> [(time: Double, value: Double?)] {
        let readings = readings(of: page)
        var sums = [Double?](repeating: nil, count: readings.count)
        for position in series(name, labels, on: page) {
            for (index, value) in values(of: position, at: readings).enumerated() {
                if let value { sums[index] = (sums[index] ?? 0) + value }
            }
        }
        return zip(readings, sums).map { ($0.time, $1) }
    }

    /// How far counters together have grown since the first reading of their page; nil without any of them.
    public func growth(_ name: String, _ labels: [String: String] = [:], on page: Int) -> CounterCurve? {
        let readings = readings(of: page)
        let found = series(name, labels, on: page)
        guard !found.isEmpty, !readings.isEmpty else { return nil }
        var curve = CounterCurve(times: readings.map(\.time))
        for position in found { curve.add(values(of: position, at: readings)) }
        return curve
    }

    /// A histogram's buckets, each with the growth of its count, in rising order of their bounds.
    public func histogram(
        _ name: String, _ labels: [String: String] = [:], on page: Int
    ) -> [(bound: Double, growth: CounterCurve)] {
        var bounds: [Double: String] = [:]
        for position in series(name + "_bucket", labels, on: page) {
            if let text = series[position]["le"], let bound = Double(text) { bounds[bound] = text }
        }
        return bounds.sorted { $0.key < $1.key }.compactMap { bound, text in
            growth(name + "_bucket", labels.merging(["le": text]) { $1 }, on: page).map { (bound, $0) }
        }
    }

    /// The values of a series at the given readings.
    private func values(of position: Int, at readings: [Reading]) -> [Double?] {
        var values: [Double?] = []
        values.reserveCapacity(readings.count)
        var next = 0
        var value: Double?
        let changes = changes[position]
        for reading in readings {
            while next < changes.count, changes[next].reading <= reading.id {
                value = changes[next].value
                next += 1
            }
            values.append(value)
        }
        return values
    }
}
