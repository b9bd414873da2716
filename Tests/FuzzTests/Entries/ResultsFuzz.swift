import Foundation
import Probe
import Results

/// Reads `bytes` as a delay histogram; must end without a trap, and give back what it accepts.
func fuzzHistogram(_ bytes: UnsafeRawBufferPointer) {
    guard let cells = HistogramCoding.decode(Array(bytes)) else { return }
    precondition(HistogramCoding.decode(HistogramCoding.encode(cells)) == cells)
    var histogram = DelayHistogram()
    histogram.add(cells)
    histogram.add(cells)
    _ = histogram.percentile(95)
}

/// Reads `bytes` as a run file, all of it, and judges it; must end with values or a `RunFileError`.
func fuzzRunFile(_ bytes: UnsafeRawBufferPointer) {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
        "visiobench-fuzz-\(UUID().uuidString)")
    guard (try? Data(bytes).write(to: url)) != nil else { return }
    defer {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            try? FileManager.default.removeItem(atPath: url.path + suffix)
        }
    }
    guard let file = try? RunFile(path: url.path) else { return }
    _ = try? Verdict(file).exitCode
    _ = (try? file.meta(), try? file.rooms(), try? file.seconds(), try? file.events(), try? file.malformed())
    for quantity in PhaseDelays.Quantity.allCases { _ = try? file.delays(quantity).percentile(99) }
}
