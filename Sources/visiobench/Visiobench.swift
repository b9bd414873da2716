import ArgumentParser

/// The command line: arguments in, exit code out.
@main
struct Visiobench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "visiobench",
        abstract: "Load and quality testing for Visio (La Suite Meet on LiveKit).",
        discussion: """
            Synthetic participants flood a Visio with real encoded media while probes measure what every one of \
            them lives through. Only loopback and what a scenario's allow block names is ever contacted.

            Examples:
              visiobench check scenarios/quickstart.yaml
              visiobench run scenarios/quickstart.yaml --out runs/first
              visiobench simulate scenarios/quickstart.yaml --out runs/virtual
              visiobench serve --port 8080
              visiobench report runs/first
              visiobench compare runs/before runs/after

            Exit codes: 0 held, 1 internal error, 2 wrong scenario or arguments, 96 target unreachable or refused, \
            97 inconclusive, 98 invalid run, 99 a threshold failed, 130 interrupted.
            """,
        version: Version.text,
        subcommands: [Check.self, Run.self, Simulate.self, Serve.self, MakeReport.self, Compare.self])

    /// Wrong arguments exit with 2, as the table of exit codes says, whatever the parser's own habit is.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let code as ExitCode {
            exit(withError: code)
        } catch let failure as Failure {
            failure.tell()
            exit(withError: ExitCode(failure.code))
        } catch {
            let text = fullMessage(for: error)
            if exitCode(for: error) == .success {
                print(text)
                exit(withError: ExitCode.success)
            }
            Terminal.error(text)
            exit(withError: ExitCode(2))
        }
    }
}

/// What this build calls itself.
enum Version {
    /// The version of the product.
    static let text = "0.1.0"
}

/// An end that the user must be told about, with the exit code of the table.
struct Failure: Error {
    /// The exit code.
    var code: Int32
    /// What happened, where, and what to do.
    var lines: [String]

    /// Describes a failure.
    init(_ code: Int32, _ lines: String...) {
        self.code = code
        self.lines = lines
    }

    /// Describes a failure.
    init(_ code: Int32, lines: [String]) {
        self.code = code
        self.lines = lines
    }

    /// Writes it to standard error.
    func tell() { for line in lines { Terminal.error(line) } }
}
