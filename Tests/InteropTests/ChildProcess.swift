import Foundation
import Testing

/// A program that a test starts, watches with a time limit and ends by its number.
final class ChildProcess {
    private let process = Process()
    private let output: URL
    private let errors: URL

    /// Starts a program whose output goes to files, so that a full pipe can never hold it up.
    ///
    /// - Parameters:
    ///   - program: Path of the program.
    ///   - folder: Where its output goes.
    ///   - environment: Variables beside those of the test.
    init(
        _ program: String, _ arguments: [String], named name: String, in folder: Folder,
        environment: [String: String] = [:]
    ) throws {
        output = folder.url.appendingPathComponent("\(name).out")
        errors = folder.url.appendingPathComponent("\(name).err")
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit { stop() }

    /// What the program wrote to its standard output so far.
    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }
    /// What it wrote to its standard error so far.
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// Waits for the first whole line of output.
    func firstLine(within seconds: Double) async throws -> String {
        try await wait(within: seconds) { [self] in text.contains("\n") || !process.isRunning }
        return try #require(text.split(separator: "\n").first.map(String.init), "\(errorText)")
    }

    /// Waits for the end of the program and returns its exit code.
    func exitCode(within seconds: Double) async throws -> Int32 {
        try await wait(within: seconds) { [self] in !process.isRunning }
        return process.terminationStatus
    }

    /// Asks the program to end, and makes it if it does not.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        for _ in 0..<100 where process.isRunning { usleep(50_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private func wait(within seconds: Double, until isDone: () -> Bool) async throws {
        let limit = Date(timeIntervalSinceNow: seconds)
        while !isDone() {
            guard Date() < limit else {
                stop()
                throw Overdue(seconds: seconds, output: text + errorText)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// A program took too long.
    struct Overdue: Error {
        var seconds: Double
        var output: String
    }
}

/// A folder of its own for one test, removed at the end.
final class Folder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("visiobench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }
}
