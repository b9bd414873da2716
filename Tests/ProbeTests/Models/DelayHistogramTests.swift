import Probe
import Testing

@Suite struct DelayHistogramTests {
    private static let shares: [(String, Double)] = [
        ("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9), ("p100", 100),
    ]

    /// The file's percentiles are ends of buckets of three digits, ours the greatest value itself at 100 %; and it
    /// rounds the rank, where the nearest rank is the next whole one.
    private static func compare(
        _ histogram: DelayHistogram, at share: Double, with expected: Int64?, _ column: String
    ) {
        let rank = Double(histogram.count) * share / 100
        guard rank.rounded(.up) == (rank + 0.5).rounded(.down) else { return }
        let value = histogram.percentile(share).map { Double($0) }
        #expect(agree(value, expected.map { Double($0) }, within: share == 100 ? 1e-3 : 0), "\(column)")
    }

    @Test func percentilesEqualTheVectors() throws {
        for row in try VectorFile("hdr_histogram.csv").rows {
            var plain = DelayHistogram()
            var corrected = DelayHistogram()
            for text in row.text("values_us").split(separator: " ") {
                let value = try #require(Int64(text))
                plain.add(microseconds: value)
                corrected.add(microseconds: value, expectedInterval: 20_000)
            }
            #expect(plain.count == row.integer("n").map(UInt64.init))
            #expect(corrected.count == row.integer("co_n_expected_interval_20000us").map(UInt64.init))
            for (column, share) in Self.shares {
                Self.compare(plain, at: share, with: row.integer(column), column)
                Self.compare(corrected, at: share, with: row.integer("co_" + column), "corrected \(column)")
            }
        }
    }
}
