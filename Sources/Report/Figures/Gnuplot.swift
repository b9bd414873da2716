import Foundation

/// Runs gnuplot, one process per figure, without the user's own settings.
public struct Gnuplot: PlotRenderer {
    private let executable: String?

    /// Finds gnuplot on the search path.
    ///
    /// - Parameter path: The search path, folders between colons; nil for the environment's.
    public init(path: String? = nil) {
        let path = path ?? ProcessInfo.processInfo.environment["PATH"] ?? ""
        executable = path.split(separator: ":").map { "\($0)/gnuplot" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// The SVG document that `script` describes.
    public func render(_ script: String) throws(PlotError) -> String {
        guard let executable else { throw .missing }
        do {
            return try run(executable, script)
        } catch let error as PlotError {
            throw error
        } catch {
            throw .failed(error.localizedDescription)
        }
    }

    private func run(_ executable: String, _ script: String) throws -> String {
        // A file as standard input, because a pipe to a process that died first would kill this one (SIGPIPE).
        let name = "visiobench-\(UUID().uuidString).gp"
        let input = FileManager.default.temporaryDirectory.appendingPathComponent(name)
        try Data(script.utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = ["-d"]  // not the user's .gnuplot
        process.environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        let (output, complaints) = (Pipe(), Pipe())
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        process.standardError = complaints
        try process.run()
        // Drawing first, then complaints: those are short and fit the pipe.
        let svg = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = try complaints.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0, !svg.isEmpty else {
            throw PlotError.failed(PlainText.line(String(decoding: complaint, as: UTF8.self), limit: 160))
        }
        return String(decoding: svg, as: UTF8.self)
    }
}
