import Primitives
import Testing

@Suite struct MetricsFuzzTests {
    private static let seeds = [
        "# TYPE a histogram\na_bucket{le=\"+Inf\",x=\"\\\\\\\"\\n\"} 12 1395066363000\na_sum 1.5e+06\na_count 3\n",
        "a{} NaN\n b { c = \"d\" , } -Inf 5\r\n# HELP a b\n\n",
        "livekit_packet_total{direction=\"incoming\"} 92621\n",
    ].map { Array($0.utf8) }

    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("metrics-noise")
        let letters = Array("ab_:{}=\",\\n #TYPE\n\t0123456789.e+-NaInf\u{e9}".utf8)
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int(generator.next() % 60))
            if generator.chance(0.7) { bytes = bytes.map { letters[Int($0) % letters.count] } }
            bytes.withUnsafeBytes { fuzzMetrics($0) }
        }
    }

    @Test func survivesDamagedPages() {
        var generator = SeededGenerator(seed: 2).fork("metrics-damage")
        for _ in 0..<20_000 {
            var bytes = Self.seeds[Int(generator.next() % UInt64(Self.seeds.count))]
            for _ in 0..<1 + generator.next() % 4 {
                let index = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes.remove(at: index)
                case 1: bytes[index] ^= 1 << UInt8(generator.next() % 8)
                default: bytes.insert(bytes[Int(generator.next() % UInt64(bytes.count))], at: index)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            bytes.withUnsafeBytes { fuzzMetrics($0) }
        }
    }
}
