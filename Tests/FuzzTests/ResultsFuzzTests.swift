import Foundation
import Primitives
import Probe
import Results
import Scenario
import Testing

@Suite struct ResultsFuzzTests {
    @Test func histogramsSurviveNoiseAndMutations() {
        var generator = SeededGenerator(seed: 1).fork("histogram-fuzz")
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int(generator.next() % 60))
            if generator.chance(0.5) {
                var histogram = DelayHistogram()
                for _ in 0..<20 { histogram.add(microseconds: Int64(generator.next() % 100_000)) }
                bytes = HistogramCoding.encode(histogram.cells)
                for _ in 0..<1 + generator.next() % 3 {
                    bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
                        truncatingIfNeeded: generator.next())
                }
            }
            bytes.withUnsafeBytes { fuzzHistogram($0) }
        }
    }

    @Test func runFilesSurviveMutations() throws {
        let intact = try runFile()
        var generator = SeededGenerator(seed: 2).fork("run-file-fuzz")
        for round in 0..<100 {
            var bytes = intact
            // The first page says what the file is; beyond it lie the rows.
            let start = round % 4 == 0 ? 0 : 4096
            for _ in 0..<1 + generator.next() % 24 {
                let place = start + Int(generator.next() % UInt64(bytes.count - start))
                bytes[place] =
                    generator.chance(0.5) ? UInt8(truncatingIfNeeded: generator.next()) : bytes[place] ^ 0x80
            }
            if generator.chance(0.1) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
            bytes.withUnsafeBytes { fuzzRunFile($0) }
        }
    }

    /// A small run with a row in every table.
    private func runFile() throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "visiobench-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let whole = TimeSpan(start: .zero, end: .seconds(10))
        let plan = Plan(
            seed: 1, title: "fuzz", target: .embedded(EmbeddedOptions()),
            phases: [PlannedPhase(name: "hold", kind: .hold, span: whole)],
            rooms: [PlannedRoom(index: 0, group: "g", slug: "abc-defg-hij", size: 2)],
            participants: (0..<2).map {
                PlannedParticipant(
                    index: $0, room: 0, role: "r", cohort: "r", name: "r-\($0)", presence: whole,
                    camera: .vp8Simulcast)
            },
            thresholds: [
                try Threshold.parse("join.first-video p95 < 3s").get(),
                try Threshold.parse("audio.loss < 1%").get(),
            ],
            duration: .seconds(10))
        let writer = try RunWriter(path: path, plan: plan, meta: ["version": "1"])
        var batch = SampleBatch()
        for index in 0..<2 {
            var join = JoinTimeline()
            for stage in JoinTimeline.Stage.allCases { join.reach(stage, after: .milliseconds(50)) }
            var outcome = ParticipantOutcome(
                participant: index, end: .left, endedAt: .seconds(10), join: join)
            outcome.malformed = [("RTP", 1)]
            batch.outcomes.append(outcome)
            var sample = ParticipantSample(participant: index, start: .zero, end: .seconds(10))
            sample.audio.packets.expected = 500
            sample.rating = 100
            batch.participants.append(sample)
        }
        for second in 0..<10 {
            batch.cohorts.append(CohortSecond(second: second, cohort: 0))
            try writer.write(GeneratorSecond(second: second))
        }
        batch.events = [RunEvent(at: .zero, participant: 0, kind: .left, text: "bye")]
        var histogram = DelayHistogram()
        for value in 1..<100 { histogram.add(microseconds: Int64(value * 1000)) }
        batch.delays = [PhaseDelays(phase: 0, cohort: 0, quantity: .video, cells: histogram.cells)]
        try writer.write(batch)
        try writer.close()
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
