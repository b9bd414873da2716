import ArgumentParser
import Foundation

/// Judges and reports a run again, from its file alone.
struct MakeReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Judge a finished run again and write its report anew.",
        discussion: """
            Examples:
              visiobench report runs/first
              visiobench report runs/first --json
            """)

    @Argument(help: ArgumentHelp("The folder of a run, or its run.sqlite.", valueName: "run"))
    var path: String

    @Flag(help: "Tell only what went wrong.")
    var quiet = false

    @Flag(help: "Print summary.json instead of the summary.")
    var json = false

    func run() throws {
        let folder = path.hasSuffix("/run.sqlite") ? String(path.dropLast("/run.sqlite".count)) : path
        throw ExitCode(
            try Publication.publish(
                folderPath: folder == "run.sqlite" ? "." : folder, isQuiet: quiet, isJSON: json))
    }
}
