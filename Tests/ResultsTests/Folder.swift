import Foundation
import Primitives
import Probe
import Results
import Scenario

/// A folder of its own for one test, removed at the end.
final class Folder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("visiobench-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var runFile: String { path + "/run.sqlite" }
}

/// Small runs of which every number is known.
enum SmallRun {
    /// `count` participants of one cohort in one room: joining in 0–2 s, in until 20 s of a run of 22 s.
    static func plan(
        participants count: Int = 4, cohorts: [String] = ["member"], thresholds: [String] = [],
        camera: Camera = .vp8Simulcast
    ) throws -> Plan {
        func span(_ start: Int64, _ end: Int64) -> TimeSpan {
            TimeSpan(start: .seconds(start), end: .seconds(end))
        }
        return Plan(
            seed: 42, title: "small", target: .embedded(EmbeddedOptions()),
            phases: [
                PlannedPhase(name: "arrive", kind: .arrive, span: span(0, 2)),
                PlannedPhase(name: "hold", kind: .hold, span: span(2, 20)),
                PlannedPhase(name: "leave", kind: .leave, span: span(20, 22)),
            ],
            rooms: [PlannedRoom(index: 0, group: "team", slug: "abc-defg-hij", size: count)],
            participants: (0..<count).map { index in
                let cohort = cohorts[index % cohorts.count]
                return PlannedParticipant(
                    index: index, room: 0, role: cohort, cohort: cohort, name: "\(cohort)-\(index)",
                    presence: span(Int64(index % 2), 20), microphone: .conversation, camera: camera)
            },
            thresholds: try thresholds.map { try Threshold.parse($0).get() }, duration: .seconds(22))
    }

    /// The stages of a guest who need not wait.
    static let stages = JoinTimeline.Stage.allCases.filter { $0 != .login && $0 != .lobby }

    /// A participant who left as planned and reached every stage, each 100 ms after the one before.
    static func outcome(_ participant: Int, firstVideo: Bool = true) -> ParticipantOutcome {
        var join = JoinTimeline()
        for (index, stage) in stages.enumerated()
        where firstVideo || stage != .firstVideo {
            join.reach(stage, after: .milliseconds(Int64(100 * (index + 1))))
        }
        return ParticipantOutcome(participant: participant, end: .left, endedAt: .seconds(20), join: join)
    }

    /// A participant who got no further than `stage`.
    static func failure(_ participant: Int, before stage: JoinTimeline.Stage = .ice) -> ParticipantOutcome {
        var join = JoinTimeline()
        for (index, reached) in stages.enumerated() {
            if reached == stage { break }
            join.reach(reached, after: .milliseconds(Int64(100 * (index + 1))))
        }
        return ParticipantOutcome(
            participant: participant, end: .failed(CallFailure(stage: .ice, cause: "no path", code: 7)),
            endedAt: .seconds(5), join: join)
    }

    /// A stretch with the given loss of sound, in packets of a thousand.
    static func sample(
        _ participant: Int, _ start: Double, _ end: Double, lost: UInt64 = 0, rating: Double? = 110,
        frozen: UInt64 = 0, stalled: UInt64 = 0
    ) -> ParticipantSample {
        var sample = ParticipantSample(participant: participant, start: .seconds(start), end: .seconds(end))
        sample.audio.packets.expected = 1000
        sample.audio.packets.lost = lost
        sample.audio.playedMilliseconds = 20_000
        sample.rating = rating
        sample.video.packets.expected = 500
        sample.video.packets.bytes = 125_000
        sample.video.watchedMilliseconds = 10_000
        sample.video.frozenMilliseconds = frozen
        sample.video.stalledMilliseconds = stalled
        sample.jitterMilliseconds = 3
        sample.roundTripMilliseconds = 12
        sample.audioDelayP95 = 73.5
        return sample
    }

    /// Writes and closes a run, and opens it for reading.
    static func write(
        _ plan: Plan, into folder: Folder, ending: String? = RunFact.complete,
        generator: [GeneratorSecond] = [],
        _ fill: (inout SampleBatch) -> Void
    ) throws -> RunFile {
        let writer = try RunWriter(path: folder.runFile, plan: plan, meta: ["version": "1"])
        var batch = SampleBatch()
        fill(&batch)
        try writer.write(batch)
        for second in generator { try writer.write(second) }
        if let ending { try writer.set(RunFact.ending, ending) }
        try writer.close()
        return try RunFile(path: folder.runFile)
    }
}
