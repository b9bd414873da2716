import Foundation
import Report
import Results

/// From a run file to everything that people and machines read of it.
enum Publication {
    /// Writes the report of a run that has just ended; returns the exit code of its verdict.
    static func publish(folder: RunFolder, output: OutputOptions) throws -> Int32 {
        try publish(folderPath: folder.path, isQuiet: output.quiet, isJSON: output.json)
    }

    /// Writes the report of a run; returns the exit code of its verdict.
    static func publish(folderPath: String, isQuiet: Bool, isJSON: Bool) throws -> Int32 {
        do {
            let runFile = folderPath + "/run.sqlite"
            let paths = try ReportWriter.write(runFile: runFile, into: folderPath)
            if isJSON {
                Terminal.line(try String(contentsOfFile: paths.summary, encoding: .utf8))
            } else if !isQuiet {
                Terminal.line(
                    try TerminalSummary.render(
                        runFile: runFile, paths: paths, width: min(80, Terminal.width),
                        colour: Terminal.hasColour))
            }
            return try Verdict(RunFile(path: runFile)).exitCode
        } catch let error as RunFileError {
            throw Failure(2, error.description)
        } catch let error as ReportError {
            throw Failure(1, "\(error)")
        }
    }
}
