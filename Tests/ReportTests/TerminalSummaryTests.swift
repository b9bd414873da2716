import Report
import Results
import Testing

@Suite struct TerminalSummaryTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func lines(_ run: FabricatedRun, width: Int = 80, colour: Bool = false) throws -> [String] {
        try run.write(to: folder.runFile)
        return try TerminalSummary.render(runFile: folder.runFile, width: width, colour: colour)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func verdictFirstThenPromisesFiguresAndValidity() throws {
        let lines = try lines(FabricatedRun())
        #expect(lines[0] == "Held: 24 participants in 4 rooms for 40 s; 6 of 6 promises kept.")
        #expect(lines[2].hasPrefix("✓ kept  join.failed = 0%"))
        #expect(lines.count { $0.hasPrefix("✓ kept") } == 6)
        #expect(lines.contains { $0.hasPrefix("Well served") && $0.contains("24 of 24 participants") })
        #expect(lines.contains { $0.hasPrefix("VALID the generator was not the limit") })
    }

    @Test func aFailureIsSaidInPeople() throws {
        var run = FabricatedRun()
        run.failures = 2
        let lines = try lines(run)
        #expect(
            lines[0] == "Failed: 2 of 24 participants could not join, or were lost; 4 of 6 promises kept.")
        #expect(
            lines.contains { $0.hasPrefix("✗ broken  join.first-video p95 < 3s") && $0.contains("never") })
    }

    struct Sentence: Sendable {
        var change: @Sendable (inout FabricatedRun) -> Void
        var start: String
    }

    static let sentences = [
        Sentence(change: { $0.thresholds = [] }, start: "Measured: 24 participants"),
        Sentence(
            change: { $0.thresholds = ["video.psnr p10 > 30dB during nowhere"] },
            start: "Undecided: nothing was measured"),
        Sentence(
            change: { $0.load = 0.99 },
            start: "Invalid: these figures may not be used, because the generator's"),
        Sentence(
            change: { $0.ending = RunFact.interrupted }, start: "Interrupted: stopped after 40 s of 40 s"),
    ]

    @Test(arguments: sentences.indices) func everyEndingHasItsSentence(index: Int) throws {
        var run = FabricatedRun()
        Self.sentences[index].change(&run)
        #expect(try lines(run)[0].hasPrefix(Self.sentences[index].start))
    }

    @Test(arguments: [40, 60, 80, 120]) func linesFit(width: Int) throws {
        var run = FabricatedRun()
        (run.failures, run.trouble, run.socketDrops) = (2, 20..<26, 5)
        for line in try lines(run, width: width) { #expect(line.count <= width, "\(line)") }
    }

    @Test func coloursAddNothingButColours() throws {
        let plain = try lines(FabricatedRun()).joined(separator: "\n")
        let folder = try Folder()
        try FabricatedRun().write(to: folder.runFile)
        let coloured = try TerminalSummary.render(runFile: folder.runFile, width: 80, colour: true)
        #expect(!plain.contains("\u{1b}"))
        #expect(coloured.contains("\u{1b}[32m✓ kept\u{1b}[0m"))
        #expect(coloured.replacing(/\u{1b}\[\d+m/, with: "") == plain)
    }

    @Test func virtualTimeIsValidWithoutGenerator() throws {
        var run = FabricatedRun()
        run.isGeneratorMeasured = false
        #expect(try lines(run).contains { $0.hasPrefix("VALID virtual time") })
    }

    @Test func namesCannotCommandTheTerminal() throws {
        var run = FabricatedRun()
        run.title = "x\u{1b}]0;owned\u{7}"
        run.thresholds = []
        #expect(!(try lines(run).joined().contains("\u{1b}")))
    }
}
