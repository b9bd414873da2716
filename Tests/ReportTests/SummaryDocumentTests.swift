import Foundation
import Probe
import Report
import Testing

@Suite struct SummaryDocumentTests {
    private let folder: Folder
    private let summary: [String: Any]

    init() throws {
        folder = try Folder()
        try KnownRun.write(to: folder.runFile)
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        summary = try folder.json("summary.json")
    }

    private func object(_ path: String...) throws -> [String: Any] {
        var object = summary
        for name in path { object = try #require(object[name] as? [String: Any], "\(name)") }
        return object
    }

    @Test func percentilesAreThoseWorkedOutByHand() throws {
        let picture = try object("metrics", "join.first-video")
        #expect(picture["p50"] as? Double == 1.0)
        #expect(picture["p95"] as? Double == 1.9)
        #expect(picture["max"] as? Double == 2.0)
        #expect(picture["mean"] as? Double == 1.05)
        #expect(picture["count"] as? Int == 20)
        #expect(picture["unit"] as? String == "s")
        #expect(try object("metrics", "audio.loss")["p95"] as? Double == 0.018)
        #expect(try object("metrics", "audio.r")["min"] as? Double == 60)
        #expect(try object("metrics", "audio.r")["p10"] as? Double == 100)
        #expect(try object("metrics", "generator.cpu")["max"] as? Double == 0.5)
        #expect(try object("metrics")["video.psnr"] == nil, "what was not measured is absent")
    }

    @Test func headlinesAreThoseWorkedOutByHand() throws {
        let headlines = try object("headlines")
        #expect(headlines["firstPictureP95"] as? Double == 1.9)
        #expect(headlines["frozenShare"] as? Double == 0.095)
        #expect(headlines["frozenP95"] as? Double == 0.18)
        #expect(headlines["goodSoundShare"] as? Double == 0.0, "R 100 is MOS 3.9, below what satisfies")
        let sound = try #require(headlines["soundP10"] as? Double)
        #expect(abs(sound - EModel.wideband(mosOf: 100)) < 1e-9)
    }

    @Test func thresholdsCarryFigureIntervalAndOutcome() throws {
        let thresholds = try #require(summary["thresholds"] as? [[String: Any]])
        #expect(thresholds.map { $0["outcome"] as? String } == ["held", "failed", "failed", "undecided"])
        #expect(thresholds.map { $0["text"] as? String } == KnownRun.thresholds)
        #expect(thresholds[0]["value"] as? Double == 1.9)
        #expect(thresholds[0]["limit"] as? Double == 2)
        // 20 values bound p95 from below only: P(B < 17) = 1.6 %, P(B < 18) = 7.5 % for B ~ Bin(20, 0.95).
        #expect(thresholds[0]["lower"] as? Double == 1.7)
        #expect(thresholds[0]["upper"] == nil)
        #expect(thresholds[3]["value"] == nil)
    }

    @Test func runVerdictCohortsAndPacketsAreThere() throws {
        #expect(summary["schema"] as? Int == 1)
        let verdict = try object("verdict")
        #expect(verdict["ending"] as? String == "failed")
        #expect(verdict["exitCode"] as? Int == 99)
        #expect(verdict["isValid"] as? Bool == true)
        let run = try object("run")
        #expect(
            (run["participants"] as? Int, run["rooms"] as? Int, run["duration"] as? Double) == (20, 2, 20))
        #expect(run["seed"] as? String == "18446744073709551615")
        #expect(try object("run", "facts")["plan"] == nil)
        let cohorts = try #require(summary["cohorts"] as? [[String: Any]])
        #expect(cohorts.map { $0["name"] as? String } == ["speaker", "viewer"])
        #expect(cohorts.map { $0["participants"] as? Int } == [5, 15])
        let audio = try object("audioPackets")
        #expect(
            (audio["expected"] as? Int, audio["lost"] as? Int, audio["lostBeforeRepair"] as? Int) == (
                20_000, 190, 380
            ))
        #expect(try object("malformed")["RTCP"] as? Int == 2)
        #expect(try object("generator")["worstLateness"] as? Double == 0.002)
    }

    @Test func keysAreSortedAndEqualRunsGiveEqualFiles() throws {
        let other = try Folder()
        try KnownRun.write(to: other.runFile)
        _ = try ReportWriter.write(runFile: other.runFile, into: other.path, renderer: BlankRenderer())
        let text = try folder.text("summary.json")
        #expect(try other.text("summary.json") == text)
        let keys = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
        #expect(keys.count > 8)
        #expect(keys == keys.sorted())
    }

    @Test func dataOfFiguresAreWhatTheRunFileHolds() throws {
        let loss = try folder.text("figures/loss-audio.csv").split(separator: "\n")
        #expect(
            loss.first
                == "second,\"viewer, on the way\",\"viewer, for good\",\"speaker, on the way\",\"speaker, for good\""
        )
        #expect(loss.count == 21)
        #expect(loss[8] == "7.5,5,0,,")
        #expect(loss[9] == "8.5,0,0,,")
        let freezes = try folder.text("figures/freezes.csv").split(separator: "\n")
        #expect(freezes[9...13] == ["8.5,0,", "9.5,10,", "10.5,6.666667,", "11.5,3.333333,", "12.5,0,"])
        let people = try folder.text("figures/participants.csv").split(separator: "\n")
        #expect(people[0] == "second,planned,in,connecting,failed so far")
        #expect(people[20] == "20,20,20,0,0")
        let pictures = try folder.text("figures/first-picture.csv").split(separator: "\n")
        #expect(pictures[1] == "viewer,0.6,6.666667")
        #expect(pictures.last == "speaker,0.5,100")
    }
}
