import Primitives
import Probe
import Results
import Testing

@Suite struct HistogramCodingTests {
    @Test func layoutIsPairsOfGrowthAndCount() {
        let cells = [DelayHistogram.Cell(microseconds: 5, count: 1), .init(microseconds: 305, count: 200)]
        #expect(HistogramCoding.encode(cells) == [0x05, 0x01, 0xac, 0x02, 0xc8, 0x01])
        #expect(HistogramCoding.decode([0x05, 0x01, 0xac, 0x02, 0xc8, 0x01]) == cells)
        #expect(HistogramCoding.decode([]) == [])
    }

    @Test func anyHistogramComesBack() throws {
        var generator = SeededGenerator(seed: 5).fork("histograms")
        for _ in 0..<50 {
            var histogram = DelayHistogram()
            for _ in 0..<generator.next() % 400 {
                histogram.add(microseconds: Int64(generator.next() % (1 << (generator.next() % 30))))
            }
            let cells = try #require(HistogramCoding.decode(HistogramCoding.encode(histogram.cells)))
            #expect(cells == histogram.cells)
            var again = DelayHistogram()
            again.add(cells)
            // Within the bucket's width: a histogram also knows its largest value exactly.
            let (before, after) = (Double(histogram.percentile(95) ?? 0), Double(again.percentile(95) ?? 0))
            #expect(abs(after - before) <= before / 1000)
        }
    }

    @Test(
        arguments: [
            [0x05], [0x05, 0x80], [0x00, 0x01], [0x05, 0x00], [0x05, 0x01, 0x00, 0x01],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x01],
            [0xff, 0xff, 0xff, 0xff, 0x7f, 0x01], [0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        ] as [[UInt8]])
    func refusesWhatItNeverWrites(bytes: [UInt8]) {
        #expect(HistogramCoding.decode(bytes) == nil)
    }
}
