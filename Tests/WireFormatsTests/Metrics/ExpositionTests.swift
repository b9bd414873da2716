import Foundation
import Primitives
import Testing
import WireFormats

@Suite struct ExpositionTests {
    private struct Read {
        var kinds: [String: ExpositionReader.Kind] = [:]
        var samples: [(series: ExpositionSeries, value: Double, timestamp: Int64?)] = []

        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            samples.first { sample in
                sample.series.name == name && labels.allSatisfy { sample.series[$0.key] == $0.value }
            }?.value
        }
    }

    private func read(_ page: [UInt8]) throws(ExpositionError) -> Read {
        var reader = try ExpositionReader(page)
        var read = Read()
        while let line = try reader.next() {
            switch line {
            case .kind(let family, let kind): read.kinds[String(decoding: family, as: UTF8.self)] = kind
            case .sample(let sample):
                let series = try ExpositionSeries(parsing: sample.series)
                read.samples.append((series, sample.value, sample.timestamp))
            }
        }
        return read
    }

    private func read(_ text: String) throws(ExpositionError) -> Read { try read(Array(text.utf8)) }

    @Test func readsWhatAGenuineServerWrites() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Goldens/metrics.txt")
        let page = try read(Array(try Data(contentsOf: path)))
        // What `grep -vc '^#'` and `grep -c '^# TYPE'` count.
        #expect(page.samples.count == 1061)
        #expect(page.kinds.count == 82)
        #expect(page.kinds["livekit_forward_latency_ns"] == .histogram)
        #expect(page.kinds["go_gc_duration_seconds"] == .summary)
        #expect(page.kinds["livekit_packet_total"] == .counter)
        #expect(page.value("livekit_packet_total", ["direction": "incoming"]) == 92_621)
        #expect(
            page.value("livekit_packet_total", ["direction": "outgoing", "transmission": "retransmit"]) == 70)
        #expect(page.value("livekit_forward_latency_ns_bucket", ["le": "+Inf"]) == 0)
        #expect(page.value("process_cpu_seconds_total") == 15.44)
        #expect(page.value("process_virtual_memory_max_bytes") == 1.8446744073709552e+19)
        #expect(page.samples.allSatisfy { $0.timestamp == nil })
        #expect(Set(page.samples.map(\.series)).count == page.samples.count, "every series is there once")
    }

    @Test func readsEveryFormOfALine() throws {
        let page = try read(
            """
            # HELP a Any text, "quotes" and { braces } too.
            #TYPE a counter
            #   TYPE   b   gauge
            # TYPE c stateset
            # a comment
            #

              a 1
            a{} 2 1395066363000
            a:b { x = "1" , y="a\\"b\\\\c\\nd}" , } NaN -5
            b{z="é",a=""}\t+Inf\r
            c{le="1e+06"} 1.5e-3
            """)
        #expect(page.kinds == ["a": .counter, "b": .gauge, "c": .untyped])
        #expect(page.samples.map(\.series.name) == ["a", "a", "a:b", "b", "c"])
        #expect(page.samples[0].value == 1 && page.samples[0].timestamp == nil)
        #expect(page.samples[1].value == 2 && page.samples[1].timestamp == 1_395_066_363_000)
        #expect(page.samples[2].series["y"] == "a\"b\\c\nd}")
        #expect(page.samples[2].value.isNaN && page.samples[2].timestamp == -5)
        #expect(page.samples[3].series.labels == [.init("a", ""), .init("z", "é")])
        #expect(page.samples[3].value == .infinity)
        #expect(page.samples[4].value == 0.0015)
    }

    @Test(arguments: [
        "a", "a ", "a{", "a{x", "a{x=", "a{x=\"", "a{x=\"\"", "a{x=\"1\" y=\"2\"} 1", "a{x=1} 1",
        "a{x=\"\\t\"} 1", "a{,} 1", "a{x=\"1\",,} 1", "1a 2", "a b", "a 1 b", "a 1 2 3", "a 1 2.5", "{} 1",
        "a{x:y=\"\"} 1", "# TYPE a", "a 99999999999999999999 99999999999999999999",
        "a 1" + String(repeating: "0", count: 500),
    ])
    func refusesWhatIsNoLine(_ line: String) {
        #expect(throws: ExpositionError.malformedLine(2)) { try read("ok 1\n\(line)\nlater 2\n") }
    }

    @Test func refusesALabelThatIsThereTwice() {
        #expect(throws: ExpositionError.malformedSeries) { try read("a{x=\"1\",x=\"2\"} 1") }
    }

    @Test func refusesAPageWithoutEnd() {
        let page = [UInt8](repeating: UInt8(ascii: "\n"), count: ExpositionReader.maximumByteCount + 1)
        #expect(throws: ExpositionError.tooLarge) { try read(page) }
    }

    @Test func whatIsWrittenIsRead() throws {
        let samples: [(ExpositionSeries, Double)] = [
            (ExpositionSeries("a_total"), 0),
            (ExpositionSeries("a_total", [.init("x", "")]), 9_007_199_254_740_991),
            (ExpositionSeries("a_total", [.init("z", "\\\"\n é"), .init("b", "{},=")]), 0.1),
            (ExpositionSeries("a_total", [.init("le", "+Inf")]), .infinity),
            (ExpositionSeries("a_total", [.init("le", "-Inf")]), -.infinity),
            (ExpositionSeries("a_total", [.init("le", "1")]), 1e300),
        ]
        var writer = ExpositionWriter()
        writer.begin("a_total", .counter, help: "A \\ and\na line.")
        for (series, value) in samples { writer.add(series, value) }
        let page = try read(writer.page)
        #expect(page.kinds == ["a_total": .counter])
        #expect(page.samples.map(\.series) == samples.map(\.0))
        #expect(page.samples.map(\.value) == samples.map(\.1))
        #expect(ExpositionWriter.text(of: .nan) == "NaN" && ExpositionWriter.text(of: 5) == "5")
    }
}
