import Foundation
import Results

/// Writes the report of a run into its folder.
public enum ReportWriter {
    /// Reads a run file and writes `report.html`, `summary.json`, `junit.xml` and `figures/`.
    ///
    /// Without gnuplot the report is still written, with tables in the figures' places, and `notes` says so.
    ///
    /// - Parameters:
    ///   - runFile: The run file's path.
    ///   - folder: Where to; made if missing. An earlier report is overwritten only where a run lies beside it.
    ///   - renderer: Draws the figures.
    public static func write(
        runFile: String, into folder: String, renderer: any PlotRenderer = Gnuplot()
    ) throws(ReportError) -> ReportPaths {
        let content = try RunContent(runFile: runFile)
        var paths = ReportPaths(
            folder: folder, runFile: runFile, html: folder + "/report.html",
            summary: folder + "/summary.json",
            junit: folder + "/junit.xml", figures: [], notes: [])
        try refuseForeign(paths)
        let standings = Standing.all(content)
        let headlines = Headlines(content, standings)
        let builder = FigureBuilder(content)
        let (course, server, people) = (builder.course(), builder.server(), builder.people())
        let drawings = draw(course + server + people, renderer, notes: &paths.notes)
        let page = PageBuilder(
            content: content, standings: standings, headlines: headlines, course: course, server: server,
            people: people, drawings: drawings, notes: paths.notes)
        try store(paths.junit) { Data(JUnitDocument.text(content).utf8) }
        try store(paths.summary) { try SummaryDocument(content, standings, headlines).encoded() }
        for figure in course + server + people {
            let base = folder + "/figures/" + figure.name
            try store(base + ".csv") { Data(figure.csv.utf8) }
            paths.figures.append(base + ".csv")
            guard let drawing = drawings[figure.name] else {
                // One of an earlier report would show what is no longer so.
                try? FileManager.default.removeItem(atPath: base + ".svg")
                continue
            }
            try store(base + ".svg") { Data(drawing.standalone.utf8) }
            paths.figures.append(base + ".svg")
        }
        try store(paths.html) { Data(try page.html().utf8) }
        return paths
    }

    /// Draws what can be drawn; only the first thing that goes wrong is told.
    private static func draw(
        _ figures: [Figure], _ renderer: any PlotRenderer, notes: inout [String]
    ) -> [String: SVGDocument] {
        var drawings: [String: SVGDocument] = [:]
        for figure in figures where !figure.isEmpty {
            do throws(PlotError) {
                let source = try renderer.render(GnuplotScript.text(for: figure))
                guard let drawing = SVGDocument(source, figure: figure) else {
                    throw .failed("it wrote no SVG for \(figure.name)")
                }
                drawings[figure.name] = drawing
            } catch {
                if notes.isEmpty { notes.append(error.description) }
                if error == .missing { return drawings }
            }
        }
        return drawings
    }

    private static func refuseForeign(_ paths: ReportPaths) throws(ReportError) {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: paths.folder + "/run.sqlite") else { return }
        for path in [paths.html, paths.summary, paths.junit, paths.folder + "/figures"]
        where manager.fileExists(atPath: path) { throw .notARunFolder(path: path) }
    }

    /// Writes a file whole or not at all.
    private static func store(_ path: String, _ data: () throws -> Data) throws(ReportError) {
        do {
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data().write(to: url, options: .atomic)
        } catch {
            throw .unwritable(path: path, detail: reason(error))
        }
    }

    /// The system's own words are short and clear; Foundation's are neither.
    private static func reason(_ error: any Error) -> String {
        var error = error as NSError
        while let underlying = error.userInfo[NSUnderlyingErrorKey] as? NSError { error = underlying }
        return error.domain == NSPOSIXErrorDomain
            ? String(cString: strerror(Int32(error.code))) : error.localizedDescription
    }
}
