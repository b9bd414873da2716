/// How counters have grown over the run, from zero at the first reading.
public struct CounterCurve: Sendable, Hashable {
    /// When they were read, in seconds of the run, rising.
    public private(set) var times: [Double]
    /// Their growth until then.
    public private(set) var totals: [Double]

    init(times: [Double]) {
        self.times = times
        totals = Array(repeating: 0, count: times.count)
    }

    /// Adds a counter's values at the same times.
    ///
    /// A counter that falls has started again at zero (the process was restarted). One that comes into being after the
    /// first reading came from zero, since servers show a labelled counter only once it has counted something.
    mutating func add(_ values: [Double?]) {
        var growth = 0.0
        var last = values.first.map { $0 ?? 0 } ?? 0
        for (index, value) in values.enumerated() {
            if let value {
                growth += value >= last ? value - last : value
                last = value
            }
            totals[index] += growth
        }
    }

    /// The growth over all readings.
    public var total: Double { totals.last ?? 0 }

    /// The growth until a moment, counted evenly between readings; nil before the first and after the last.
    public func total(at time: Double) -> Double? {
        guard let first = times.first, let last = times.last, time >= first, time <= last else { return nil }
        guard let next = times.firstIndex(where: { $0 >= time }), next > 0 else { return totals[0] }
        let length = times[next] - times[next - 1]
        guard length > 0 else { return totals[next] }
        let part = (time - times[next - 1]) / length
        return totals[next - 1] + part * (totals[next] - totals[next - 1])
    }

    /// The growth between two moments; nil unless readings enclose both.
    public func growth(from start: Double, to end: Double) -> Double? {
        guard let before = total(at: start), let after = total(at: end) else { return nil }
        return after - before
    }

    /// Growth per second between neighbouring readings, with the middle between them.
    public var rates: [(time: Double, value: Double)] {
        zip(times.indices, times.indices.dropFirst()).compactMap { before, after in
            let length = times[after] - times[before]
            guard length > 0 else { return nil }
            return ((times[before] + times[after]) / 2, (totals[after] - totals[before]) / length)
        }
    }
}
