import WireFormats

/// Reads `bytes` as a metrics page; must end without a trap, and write what it accepts so that it is read again.
func fuzzMetrics(_ bytes: UnsafeRawBufferPointer) {
    guard var reader = try? ExpositionReader(Array(bytes)) else { return }
    var writer = ExpositionWriter()
    var accepted: [(ExpositionSeries, Double)] = []
    while let line = try? reader.next() {
        guard case .sample(let sample) = line, let series = try? ExpositionSeries(parsing: sample.series)
        else {
            continue
        }
        accepted.append((series, sample.value))
        writer.add(series, sample.value)
    }
    guard var again = try? ExpositionReader(writer.page) else { return }
    for (series, value) in accepted {
        guard case .sample(let sample) = try? again.next() else { preconditionFailure("a line is missing") }
        precondition((try? ExpositionSeries(parsing: sample.series)) == series)
        precondition(sample.value == value || sample.value.isNaN && value.isNaN)
    }
}
