import Foundation
import Primitives
import Probe
import Results
import Scenario
import Testing

@Suite struct VerdictTests {
    /// One row of docs/exit-codes.md.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var thresholds: [String] = ["audio.loss p95 <= 1%"]
        var loss: UInt64? = 5
        var failures = 0
        var socketDrops: UInt64 = 0
        var ending: String? = RunFact.complete
        var outcomes = 4
        var code: Int32
        var verdict: Verdict.Ending
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "held", code: 0, verdict: .held),
        Case(name: "no promises", thresholds: [], code: 0, verdict: .held),
        Case(name: "failed", loss: 20, code: 99, verdict: .failed),
        Case(name: "nothing measured", loss: nil, code: 97, verdict: .inconclusive),
        Case(
            name: "one failed, one undecided", thresholds: ["audio.loss p95 <= 1%", "video.psnr p10 > 30dB"],
            loss: 20,
            code: 99, verdict: .failed),
        Case(name: "invalid beats failed", loss: 20, socketDrops: 1, code: 98, verdict: .invalid),
        Case(name: "a participant without an end", outcomes: 3, code: 98, verdict: .invalid),
        Case(
            name: "unreachable beats invalid", loss: nil, failures: 4, socketDrops: 1, code: 96,
            verdict: .unreachable),
        Case(name: "some failed", thresholds: ["join.failed = 0%"], failures: 1, code: 99, verdict: .failed),
        Case(
            name: "interrupted beats all", loss: nil, failures: 4, ending: RunFact.interrupted, code: 130,
            verdict: .interrupted),
    ]

    @Test(arguments: cases) func exitCodes(row: Case) throws {
        let folder = try Folder()
        var generator = GeneratorSecond(second: 0)
        generator.socketDrops = row.socketDrops
        let file = try SmallRun.write(
            try SmallRun.plan(thresholds: row.thresholds), into: folder, ending: row.ending,
            generator: [generator]
        ) { batch in
            batch.outcomes = (0..<row.outcomes).map {
                $0 < row.failures ? SmallRun.failure($0, before: .signalling) : SmallRun.outcome($0)
            }
            if let loss = row.loss {
                batch.participants = (0..<4).map { SmallRun.sample($0, 2, 12, lost: loss) }
            }
        }
        let verdict = try Verdict(file)
        #expect(verdict.ending == row.verdict)
        #expect(verdict.exitCode == row.code)
    }

    @Test func everyCodeOfTheDocumentIsThere() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../..")
        let text = try String(
            contentsOf: root.appendingPathComponent("docs/exit-codes.md").standardized, encoding: .utf8)
        for ending in Verdict.Ending.allCases { #expect(text.contains("| \(ending.exitCode) |")) }
    }

    @Test func judgementsTellFigureIntervalAndCount() throws {
        let folder = try Folder()
        let plan = try SmallRun.plan(
            participants: 100, thresholds: ["audio.loss p50 < 10%", "join.failed = 0%"])
        let file = try SmallRun.write(plan, into: folder) { batch in
            batch.participants = (0..<100).map { SmallRun.sample($0, 2, 12, lost: UInt64($0 + 1)) }
            batch.outcomes = (0..<100).map { $0 < 97 ? SmallRun.outcome($0) : SmallRun.failure($0) }
        }
        let verdict = try Verdict(file)
        let loss = verdict.judgements[0]
        #expect((loss.value, loss.count, loss.outcome) == (0.05, 100, .held))
        #expect((loss.interval.lower, loss.interval.upper) == (0.04, 0.061))
        let failed = verdict.judgements[1]
        #expect((failed.value, failed.outcome, failed.interval.lower) == (0.03, .failed, nil))
    }

    @Test func peopleWhoNeverGotAPictureBreakAPromiseAboutIt() throws {
        let folder = try Folder()
        let file = try SmallRun.write(
            try SmallRun.plan(thresholds: ["join.first-video p95 < 3s"]), into: folder
        ) { batch in batch.outcomes = (0..<3).map { SmallRun.outcome($0) } + [SmallRun.failure(3)] }
        let judgement = try #require(try Verdict(file).judgements.first)
        #expect((judgement.value, judgement.neverCount, judgement.outcome) == (.infinity, 1, .failed))
    }
}

@Suite struct ValidityTests {
    private func seconds(_ count: Int, _ change: (Int, inout GeneratorSecond) -> Void = { _, _ in })
        -> [GeneratorSecond]
    {
        (0..<count).map { index in
            var second = GeneratorSecond(second: index)
            second.dataPlaneLoad = 0.3
            second.worstTickLateness = 2
            change(index, &second)
            return second
        }
    }

    @Test func aHealthyGeneratorIsValid() {
        #expect(Validity(seconds(60)).isValid)
        #expect(Validity([]).isValid)
    }

    @Test func loadIsJudgedOverTenSeconds() {
        #expect(Validity(seconds(60) { index, second in if index < 7 { second.dataPlaneLoad = 1 } }).isValid)
        #expect(!Validity(seconds(60) { index, second in if index < 8 { second.dataPlaneLoad = 1 } }).isValid)
        #expect(!Validity(seconds(3) { _, second in second.dataPlaneLoad = 0.9 }).isValid)
    }

    @Test func latenessIsJudgedByItsNinetyNinthPercentile() {
        #expect(
            Validity(seconds(100) { index, second in if index < 1 { second.worstTickLateness = 400 } })
                .isValid)
        #expect(
            !Validity(seconds(100) { index, second in if index < 2 { second.worstTickLateness = 51 } })
                .isValid)
    }

    @Test func everyReasonIsTold() {
        let validity = Validity(
            seconds(20) { index, second in
                (second.dataPlaneLoad, second.worstTickLateness) = (0.95, 80)
                if index == 0 { (second.socketDrops, second.sendFailures, second.lostSamples) = (1, 2, 3) }
            }, unaccounted: 4)
        #expect(validity.reasons.count == 6)
    }
}
