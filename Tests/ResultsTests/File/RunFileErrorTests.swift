import Foundation
import GRDB
import Primitives
import Probe
import Results
import Testing

@Suite struct RunFileErrorTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func fill(_ batch: inout SampleBatch) {
        batch.outcomes = [SmallRun.outcome(0)]
        batch.outcomes[0].malformed = [("RTP", 1)]
        batch.participants = [SmallRun.sample(0, 2, 12)]
        batch.cohorts = [CohortSecond(second: 0, cohort: 0)]
        batch.events = [RunEvent(at: .zero, participant: 0, kind: .left, text: "")]
        batch.delays = [
            PhaseDelays(phase: 0, cohort: 0, quantity: .video, cells: [.init(microseconds: 9, count: 1)])
        ]
    }

    private func readEverything(_ file: RunFile) throws {
        _ = try (file.meta(), file.plan(), file.phases(), file.cohorts(), file.rooms(), file.participants())
        _ = try (file.samples(), file.seconds(), file.generator(), file.events(), file.malformed())
        for quantity in PhaseDelays.Quantity.allCases { _ = try file.delays(quantity) }
    }

    @Test func missing() {
        #expect(throws: RunFileError.missing(path: "/nowhere/run.sqlite")) {
            try RunFile(path: "/nowhere/run.sqlite")
        }
    }

    @Test(arguments: [
        "",
        "not a database at all, but long enough to have a header of a hundred bytes, which this text has by now",
    ])
    func noDatabase(text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.runFile))
        #expect(throws: RunFileError.self) { try RunFile(path: folder.runFile) }
    }

    @Test func foreignDatabase() throws {
        try DatabaseQueue(path: folder.runFile).write {
            try $0.execute(sql: "CREATE TABLE person (name TEXT)")
        }
        #expect(throws: RunFileError.foreign(path: folder.runFile)) { try RunFile(path: folder.runFile) }
    }

    @Test func fileOfALaterVersion() throws {
        _ = try SmallRun.write(try SmallRun.plan(), into: folder, fill)
        try DatabaseQueue(path: folder.runFile).write {
            try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('2 something new')")
        }
        #expect(throws: RunFileError.foreign(path: folder.runFile)) { try RunFile(path: folder.runFile) }
    }

    @Test func earlierRunIsKept() throws {
        _ = try SmallRun.write(try SmallRun.plan(), into: folder, fill)
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.runFile))
        #expect(throws: RunFileError.exists(path: folder.runFile)) {
            try RunWriter(path: folder.runFile, plan: try SmallRun.plan(), meta: [:])
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.runFile)) == before)
    }

    @Test func folderThatDoesNotExist() throws {
        #expect {
            try RunWriter(path: "/nowhere/run.sqlite", plan: try SmallRun.plan(), meta: [:])
        } throws: { error in
            if case .unwritable(path: "/nowhere/run.sqlite", _) = error as? RunFileError {
                true
            } else {
                false
            }
        }
    }

    @Test(arguments: [
        "UPDATE participant SET arrival_ms = 'soon'", "UPDATE participant SET room = 'x'",
        "UPDATE outcome SET ending = 'gone'",
        "UPDATE outcome SET join_api_ms = 'x'", "UPDATE outcome SET audio_expected = -1",
        "UPDATE outcome SET video_lost = 9223372036854775807, audio_lost = 9223372036854775807",
        "UPDATE participant_sample SET rating = 9e999", "UPDATE participant_sample SET audio_lost = 'x'",
        "UPDATE cohort_second SET connected = 'x'", "UPDATE cohort_second SET planned = 9223372036854775807",
        "UPDATE generator_second SET data_plane_load = 'x'", "UPDATE event SET at_ms = 'x'",
        "UPDATE malformed SET count = 'x'", "UPDATE phase SET end_ms = 1e300",
        "UPDATE meta SET value = '{' WHERE key = 'plan'",
        "DELETE FROM meta", "DROP TABLE cohort_second", "UPDATE delay_histogram SET cells = x'80'",
        "UPDATE delay_histogram SET cells = x'ffffffffffffffffffff01'",
        "UPDATE delay_histogram SET cells = 7",
    ])
    func damagedValues(sql: String) throws {
        _ = try SmallRun.write(
            try SmallRun.plan(), into: folder, generator: [GeneratorSecond(second: 0)], fill)
        try readEverything(try RunFile(path: folder.runFile))
        try DatabaseQueue(path: folder.runFile).write { try $0.execute(sql: sql) }
        #expect {
            try readEverything(try RunFile(path: folder.runFile))
        } throws: { error in
            if case .corrupt(path: folder.runFile, _) = error as? RunFileError { true } else { false }
        }
    }

    @Test(arguments: [
        RunFileError.missing(path: "p"), .corrupt(path: "p", detail: "d"), .foreign(path: "p"),
        .exists(path: "p"),
        .unwritable(path: "p", detail: "d"),
    ])
    func tellsPathAndRemedyInOneLine(error: RunFileError) {
        #expect(error.description.hasPrefix("p: "))
        #expect(!error.description.contains("\n"))
    }
}
