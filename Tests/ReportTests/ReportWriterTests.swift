import Foundation
import Primitives
import Report
import Results
import Testing

@Suite struct ReportWriterTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func write(_ run: FabricatedRun, renderer: any PlotRenderer = BlankRenderer()) throws
        -> ReportPaths
    {
        try run.write(to: folder.runFile)
        return try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: renderer)
    }

    @Test func everythingIsWhereThePathsSay() throws {
        let paths = try write(FabricatedRun())
        for path in [paths.html, paths.summary, paths.junit] + paths.figures {
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
        #expect(paths.notes == [])
        #expect(
            folder.files.isSuperset(of: [
                "figures/participants.svg", "figures/participants.csv", "figures/join.svg",
                "figures/loss-audio.svg",
                "figures/loss-video.svg", "figures/delay.svg", "figures/delays.svg", "figures/sound.svg",
                "figures/freezes.svg", "figures/bitrate.svg", "figures/generator-load.svg",
                "figures/first-picture.svg",
            ]))
    }

    @Test func thePageNeedsNothingFromOutside() throws {
        let html = try folder.text(of: try write(FabricatedRun(), renderer: Gnuplot()).html)
        for outside in ["http://", "https://", "src=", "@import", "url(", "<script", "<link", "<iframe"] {
            if html.contains(outside) { Issue.record("\(outside)") }
        }
        #expect(!html.contains(/href=["'][^#]/))
        #expect(html.contains("default-src 'none'"))
    }

    @Test func everyFigureHasATextATableAndAQuery() throws {
        let html = try folder.text(of: try write(FabricatedRun()).html)
        let figures = html.split(separator: "<figure ").dropFirst()
        #expect(figures.count == 14)
        for figure in figures {
            #expect(figure.contains("role=\"img\" aria-label=\""))
            #expect(figure.contains("<details><summary>Data and query"))
            #expect(figure.contains("<table>"))
            #expect(figure.contains("SELECT "))
        }
    }

    @Test func verdictThresholdsPeopleAndEvidenceAreTold() throws {
        var run = FabricatedRun()
        (run.failures, run.roles) = (1, ["speaker", "viewer"])
        let html = try folder.text(of: try write(run).html)
        for text in [
            "<span class=\"word\">Failed:</span>", "✗ broken", "✓ kept",
            "failed at ice: no working path in 2 s",
            "scenario: Quick start", "libopus 1.3.1", "<bdi>viewer</bdi>", "seed",
        ] { if !html.contains(text) { Issue.record("\(text)") } }
        // The one who failed comes first, and there are ten.
        let worst = html.split(separator: "<li>").dropFirst()
        #expect(worst.count == 10)
        #expect(worst.first?.contains("viewer-3") == true)
    }

    /// What people did, when others noticed, and how Meet answered.
    @Test func deedsAndAnswersAreTold() throws {
        let page = try folder.text(of: try write(FabricatedRun()).html)
        #expect(page.contains("What people did"))
        #expect(page.contains("How long Meet took to answer"))
        for cell in ["chat", "meet.room", "told to wait (429)"] {
            #expect(page.contains(">\(cell)<"), "\(cell)")
        }
        #expect(page.contains(/>10(\.0)?\u{202f}%</), "nine of ten were noticed")
    }

    @Test func equalRunsGiveEqualPages() throws {
        let html = try folder.text(of: try write(FabricatedRun(), renderer: Gnuplot()).html)
        let again = try ReportWriter.write(runFile: folder.runFile, into: folder.path)
        #expect(try folder.text(of: again.html) == html)
    }

    @Test func hostileTextStaysText() throws {
        let attack = "\"\u{301}><img src=x onerror=alert(1)><script>1</script>\u{202e}{{title}}"
        var run = FabricatedRun()
        (run.title, run.firstName, run.roles) = (attack, attack, [attack, "b"])
        run.failures = 2
        let paths = try write(run, renderer: Gnuplot())
        for path in [paths.html] + paths.figures.filter({ $0.hasSuffix(".svg") }) {
            let text = try folder.text(of: path)
            for sign in ["<img", "<script", "\"\u{301}>", "\u{202e}"] {
                if let place = text.unicodeScalars.firstRange(of: sign.unicodeScalars) {
                    Issue.record("\(path): \(String(text.unicodeScalars[place.lowerBound...].prefix(60)))")
                }
            }
        }
        #expect(try folder.text(of: paths.html).contains("{{title}}"), "what was measured is no template")
        for path in paths.figures where path.hasSuffix(".svg") {
            _ = try Elements.parse(try folder.text(of: path))
        }
    }

    @Test func anEarlierReportIsReplacedBesideItsRun() throws {
        let first = try write(FabricatedRun())
        try Data("old".utf8).write(to: URL(fileURLWithPath: first.html))
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        #expect(try folder.text("report.html").hasPrefix("<!doctype html>"))
    }

    @Test func somebodysFilesAreKept() throws {
        try FabricatedRun().write(to: folder.runFile)
        let other = try Folder()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: other.path + "/report.html"))
        #expect(throws: ReportError.notARunFolder(path: other.path + "/report.html")) {
            try ReportWriter.write(runFile: folder.runFile, into: other.path, renderer: BlankRenderer())
        }
        #expect(try other.text("report.html") == "mine")
        #expect(other.files == ["report.html"])
        // A new folder is made.
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: other.path + "/new", renderer: BlankRenderer())
        #expect(FileManager.default.fileExists(atPath: paths.html))
    }

    @Test func whatCannotBeReadOrWrittenIsToldInOneLine() throws {
        #expect(throws: ReportError.runFile(.missing(path: "/nowhere/run.sqlite"))) {
            try ReportWriter.write(runFile: "/nowhere/run.sqlite", into: folder.path)
        }
        try FabricatedRun().write(to: folder.runFile)
        #expect {
            try ReportWriter.write(runFile: folder.runFile, into: "/proc/nowhere", renderer: BlankRenderer())
        } throws: { error in
            guard let error = error as? ReportError, case .unwritable = error else { return false }
            return error.description.hasPrefix("/proc/nowhere/") && !error.description.contains("\n")
        }
    }

    @Test(arguments: [0, 1, 2]) func runsOfWhichLittleIsKnownAreReported(kind: Int) throws {
        var run = FabricatedRun()
        switch kind {
        case 0: (run.rooms, run.duration) = (0, 4)  // nobody was planned
        case 1: (run.roomSize, run.failures) = (1, 4)  // nobody to see
        default: (run.ending, run.isGeneratorMeasured) = (nil, false)
        }
        let paths = try write(run, renderer: Gnuplot())
        #expect(paths.notes == [])
        #expect(try folder.text(of: paths.html).contains("</html>"))
        _ = try TerminalSummary.render(runFile: folder.runFile, paths: paths)
    }

    @Test func damagedFilesEndInAReportOrInOneLine() throws {
        var run = FabricatedRun()
        (run.rooms, run.duration) = (1, 12)
        try run.write(to: folder.runFile)
        let intact = Array(try Data(contentsOf: URL(fileURLWithPath: folder.runFile)))
        var generator = SeededGenerator(seed: 3).fork("damage")
        for _ in 0..<30 {
            var bytes = intact
            for _ in 0..<1 + generator.next() % 40 {
                bytes[4096 + Int(generator.next() % UInt64(bytes.count - 4096))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            let other = try Folder()
            try Data(bytes).write(to: URL(fileURLWithPath: other.runFile))
            do throws(ReportError) {
                _ = try ReportWriter.write(
                    runFile: other.runFile, into: other.path, renderer: BlankRenderer())
            } catch {
                #expect(!error.description.contains("\n"))
            }
        }
    }

    /// Writes into VISIOBENCH_REPORT_SAMPLES, for looking at with one's own eyes; does nothing without.
    @Test func writesSamples() throws {
        guard let folder = ProcessInfo.processInfo.environment["VISIOBENCH_REPORT_SAMPLES"] else { return }
        var degraded = FabricatedRun()
        degraded.roles = ["speaker", "viewer", "guest"]
        degraded.failures = 2
        degraded.trouble = 20..<26
        degraded.title = "Degraded <b>\"rooms\"</b>"
        for (name, run) in [("good", FabricatedRun()), ("bad", degraded)] {
            let path = "\(folder)/\(name)"
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try run.write(to: path + "/run.sqlite")
            let paths = try ReportWriter.write(runFile: path + "/run.sqlite", into: path)
            print(try TerminalSummary.render(runFile: paths.runFile, paths: paths, width: 80, colour: false))
        }
    }
}

extension Folder {
    /// The text of a file by its whole path.
    func text(of path: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
    }
}
