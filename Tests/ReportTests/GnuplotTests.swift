import Foundation
import Report
import Testing

@Suite struct GnuplotTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test func withoutGnuplotTablesStandInForFigures() throws {
        try FabricatedRun().write(to: folder.runFile)
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: Gnuplot(path: "/nowhere"))
        #expect(paths.notes.count == 1)
        #expect(paths.notes.first?.contains("apt-get install gnuplot-nox") == true)
        #expect(paths.figures.allSatisfy { $0.hasSuffix(".csv") })
        #expect(paths.figures.count == 14)
        let html = try folder.text("report.html")
        #expect(!html.contains("role=\"img\""))
        #expect(html.split(separator: "<details open>").count == 15)
        #expect(html.contains("apt-get install gnuplot-nox"))
        let terminal = try TerminalSummary.render(runFile: folder.runFile, paths: paths)
        #expect(terminal.split(separator: "\n").count { $0.contains("apt-get install gnuplot-nox") } == 1)
    }

    @Test func drawingsOfAnEarlierReportDoNotStay() throws {
        try FabricatedRun().write(to: folder.runFile)
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: BlankRenderer())
        #expect(folder.files.contains("figures/sound.svg"))
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: Gnuplot(path: ""))
        #expect(!folder.files.contains("figures/sound.svg"))
    }

    @Test func aBrokenGnuplotIsToldOnce() throws {
        try FabricatedRun().write(to: folder.runFile)
        let paths = try ReportWriter.write(
            runFile: folder.runFile, into: folder.path, renderer: BrokenRenderer())
        #expect(paths.notes.count == 1)
        #expect(paths.notes.first?.contains("undefined variable") == true)
        #expect(FileManager.default.fileExists(atPath: paths.html))
    }

    @Test func drawingsAreWellFormedAndTellWhatTheyShow() throws {
        var run = FabricatedRun()
        (run.roles, run.trouble) = (["speaker", "viewer", "guest"], 20..<26)
        try run.write(to: folder.runFile)
        let paths = try ReportWriter.write(runFile: folder.runFile, into: folder.path)
        #expect(paths.notes == [])
        for path in paths.figures where path.hasSuffix(".svg") {
            let elements = try Elements.parse(try folder.text(of: path))
            #expect(elements.first?.attributes["role"] == "img")
            #expect((elements.first?.attributes["aria-label"]?.count ?? 0) > 40)
            #expect(elements.contains { $0.name == "path" || $0.name == "polygon" })
        }
        // Names of elements must not occur twice in one page.
        let html = try folder.text("report.html")
        let ids = html.matches(of: /\sid=["']([^"']+)["']/).map { String($0.output.1) }
        #expect(Set(ids).count == ids.count)
    }

    @Test func commandsInNamesAreNotRun() throws {
        let trace = folder.path + "/trace"
        let attack = "'; system('touch \(trace)'); ' `touch \(trace)` \n!touch \(trace)\n"
        var run = FabricatedRun()
        (run.title, run.roles) = (attack, [attack, "b"])
        try run.write(to: folder.runFile)
        let renderer = BlankRenderer()
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: renderer)
        let paths = try ReportWriter.write(runFile: folder.runFile, into: folder.path)
        #expect(paths.notes == [])
        #expect(!FileManager.default.fileExists(atPath: trace))
        #expect(renderer.scripts.joined().contains("touch"), "the attack must have got as far as the script")
        #expect(!renderer.scripts.joined().contains("`"))
    }

    @Test func gnuplotsOwnWordsComeBack() {
        #expect {
            try Gnuplot().render("no such command\n")
        } throws: { error in
            if case .failed(let detail) = error as? PlotError {
                detail.contains("invalid command")
            } else {
                false
            }
        }
    }

    @Test func promisesPhasesAndUnitsAreDrawn() throws {
        try FabricatedRun().write(to: folder.runFile)
        let renderer = BlankRenderer()
        _ = try ReportWriter.write(runFile: folder.runFile, into: folder.path, renderer: renderer)
        let freezes = try #require(renderer.scripts.first { $0.contains("pictures stood still") })
        #expect(freezes.contains("promise: p95 <\u{202f}1\u{202f}%"))
        #expect(freezes.contains("'arrive'"))
        #expect(freezes.contains("'hold'"))
        #expect(freezes.contains("set yrange [0:"))
        #expect(freezes.contains("time since the start, s"))
    }
}
