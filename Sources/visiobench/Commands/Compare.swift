import ArgumentParser
import Foundation
import Report
import Results
import Scenario

/// Says whether a change made calls worse.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare runs before and after a change: better, no change, worse, or not decided yet.",
        discussion: """
            BASE and CANDIDATE are folders of runs, or folders that hold several. A run is one observation: at least \
            four a side are needed, and the report says how many would decide. What the scenario promises decides; \
            everything else informs. Sides whose plan, generator or validity differ are refused.

            With --ab the runs are made here, interleaved (A B B A …), so that a drift of the machine meets both sides.

            Examples:
              visiobench compare runs/before runs/after
              visiobench compare runs/before runs/after --markdown > comment.md
              visiobench compare runs/before runs/after --margin join.first-video=10% --margin audio.mos=0.05
              visiobench compare --ab scenarios/quickstart.yaml --runs 6 --out runs/ab \\
                --base target.visio=https://visio-a.example.org --candidate target.visio=https://visio-b.example.org
              visiobench compare --ab scenarios/quickstart.yaml --simulate --runs 6 --out runs/ab \\
                --candidate 'target.embedded={delay: 30ms}'

            Exit codes: 0 nothing promised got worse, 99 something did, 97 more runs are needed, 98 a run may not be \
            used, 2 the sides did not do the same.
            """)

    @Argument(
        help: ArgumentHelp("The runs before the change, then those after it.", valueName: "base> <candidate"))
    var paths: [String] = []

    @Option(
        help: ArgumentHelp("Make the runs of this scenario here, interleaved.", valueName: "scenario.yaml"))
    var ab: String?

    @Option(
        help: ArgumentHelp("With --ab, change a word of the scenario for the base.", valueName: "path=value"))
    var base: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --ab, change a word of the scenario for the candidate.", valueName: "path=value"))
    var candidate: [String] = []

    @Option(help: ArgumentHelp("With --ab, so many runs a side.", valueName: "n"))
    var runs = 5

    @Flag(help: "With --ab, run in virtual time; each pair of runs draws from a seed of its own.")
    var simulate = false

    @Option(
        help: ArgumentHelp(
            "The shift that matters for a metric, as a share of the base or in its unit.",
            valueName: "metric=shift"))
    var margin: [String] = []

    @Flag(help: "Give a verdict although the sides differ; the differences are told beside it.")
    var ignoreDifferences = false

    @Option(
        help: ArgumentHelp(
            "Write comparison.json, comparison.md and junit.xml into this folder; with --ab the runs too.",
            valueName: "dir"))
    var out: String?

    @Flag(help: "Print JSON instead of the summary.")
    var json = false

    @Flag(help: "Print Markdown for a pull request instead of the summary.")
    var markdown = false

    @Flag(help: "Tell only what went wrong.")
    var quiet = false

    func validate() throws {
        if ab == nil, paths.count < 2 {
            throw ValidationError(
                "give the folder of the base and at least one of a candidate, or --ab and a scenario")
        }
        if ab != nil {
            guard paths.isEmpty else {
                throw ValidationError("--ab makes its runs itself; leave out \(paths[0])")
            }
            guard out != nil else { throw ValidationError("--ab needs --out, a folder for its runs") }
            guard 1...100 ~= runs else { throw ValidationError("--runs \(runs): expected 1 to 100") }
        }
        if json, markdown { throw ValidationError("choose one of --json and --markdown") }
        _ = try margins()
    }

    func run() throws {
        let margins = try margins()
        var sides = paths
        if let ab, let out {
            let folder = try RunFolder(out).path
            let series = InterleavedRuns(
                scenario: ab, base: base, candidate: candidate, pairs: runs, isSimulated: simulate,
                isQuiet: quiet)
            sides = try series.run(into: folder)
        }
        let reference = try Self.load(sides[0])
        var code: Int32 = 0
        for (number, path) in sides.dropFirst().enumerated() {
            let comparison = RunComparison(base: reference, candidate: try Self.load(path), margins: margins)
            try tell(comparison)
            if let out { try write(comparison, into: sides.count == 2 ? out : "\(out)/\(number + 1)") }
            code = max(code, Self.exitCode(comparison.ending(ignoringDifferences: ignoreDifferences)))
        }
        throw ExitCode(code)
    }

    private func tell(_ comparison: RunComparison) throws {
        let report = ComparisonReport(comparison, ignoringDifferences: ignoreDifferences)
        if json {
            let document = ComparisonDocument(comparison, ignoringDifferences: ignoreDifferences)
            Terminal.line(String(decoding: try document.encoded(), as: UTF8.self))
        } else if markdown {
            Terminal.line(report.markdown)
        } else if !quiet {
            Terminal.line(report.terminal)
        }
    }

    private func write(_ comparison: RunComparison, into folder: String) throws {
        let report = ComparisonReport(comparison, ignoringDifferences: ignoreDifferences)
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let place = URL(fileURLWithPath: folder)
            let document = ComparisonDocument(comparison, ignoringDifferences: ignoreDifferences)
            try document.encoded().write(
                to: place.appendingPathComponent("comparison.json"), options: .atomic)
            for (name, text) in [("comparison.md", report.markdown), ("junit.xml", report.junit)] {
                try Data(text.utf8).write(to: place.appendingPathComponent(name), options: .atomic)
            }
        } catch {
            throw Failure(1, "\(folder): the comparison cannot be written (\(error.localizedDescription))")
        }
    }

    /// The runs in a folder: itself, or those in it, by name.
    private static func load(_ path: String) throws -> [ComparedRun] {
        let manager = FileManager.default
        var files: [String] = []
        if path.hasSuffix(".sqlite") {
            files = [path]
        } else if manager.fileExists(atPath: path + "/run.sqlite") {
            files = [path + "/run.sqlite"]
        } else {
            let names = (try? manager.contentsOfDirectory(atPath: path)) ?? []
            files = names.sorted().map { "\(path)/\($0)/run.sqlite" }.filter(manager.fileExists(atPath:))
        }
        guard !files.isEmpty else {
            throw Failure(
                2, "\(path): no run there; give the folder of a run, or one that holds folders of runs")
        }
        do throws(RunFileError) {
            var runs: [ComparedRun] = []
            for file in files { runs.append(try ComparedRun(path: file)) }
            return runs
        } catch {
            throw Failure(2, error.description)
        }
    }

    /// What the user says of margins, by metric.
    private func margins() throws -> [Metric: PracticalMargin] {
        var margins: [Metric: PracticalMargin] = [:]
        for text in margin {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--margin \(text): expected metric=shift") }
            if let metric = Metric(rawValue: parts[0]), metric.unit != .share, parts[1].hasSuffix("%"),
                let percent = Double(parts[1].dropLast()), percent > 0
            {
                margins[metric] = PracticalMargin(relative: percent / 100, absolute: 0)
                continue
            }
            // In the metric's own unit, by the grammar of thresholds.
            switch Threshold.parse("\(parts[0]) < \(parts[1])") {
            case .success(let threshold) where threshold.limit > 0:
                margins[threshold.metric] = PracticalMargin(relative: 0, absolute: threshold.limit)
            case .success:
                throw ValidationError("--margin \(text): a shift that matters is more than nothing")
            case .failure(let mistake):
                throw ValidationError(
                    "--margin \(text): found \(mistake.found), expected \(mistake.expected)")
            }
        }
        return margins
    }

    private static func exitCode(_ ending: RunComparison.Ending) -> Int32 {
        switch ending {
        case .held: 0
        case .incomparable: 2
        case .inconclusive: 97
        case .invalid: 98
        case .failed: 99
        }
    }
}
