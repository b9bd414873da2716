import Foundation

/// Runs of two sides in turn, A B B A A B …, each in a process of its own: what drifts meets both sides alike.
struct InterleavedRuns {
    /// The scenario file.
    var scenario: String
    /// What is different in it for the base, as `--set` takes it.
    var base: [String]
    /// What is different for the candidate.
    var candidate: [String]
    /// Runs a side.
    var pairs: Int
    /// Whether they run in virtual time.
    var isSimulated: Bool
    /// Whether progress is told.
    var isQuiet: Bool

    /// Makes all runs; returns the folders of the base and of the candidate.
    func run(into folder: String) throws -> [String] {
        let sides = [("base", base), ("candidate", candidate)]
        for pair in 0..<pairs {
            for (name, changes) in pair % 2 == 0 ? sides : sides.reversed() {
                if !isQuiet { Terminal.error("\(name), run \(pair + 1) of \(pairs)") }
                try run(changes, pair: pair, into: "\(folder)/\(name)/\(String(format: "%03d", pair + 1))")
            }
        }
        return ["\(folder)/base", "\(folder)/candidate"]
    }

    private func run(_ changes: [String], pair: Int, into folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var arguments = [isSimulated ? "simulate" : "run", scenario, "--out", folder, "--quiet"]
        for change in changes { arguments += ["--set", change] }
        // In virtual time one seed would give one and the same run over and over.
        if isSimulated { arguments += ["--seed", String(pair + 1)] }
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let code = process.terminationStatus
        // Broken promises and invalid figures are for the comparison to judge; without a run there is none.
        guard process.terminationReason == .exit, [0, 97, 98, 99].contains(code) else {
            throw Failure(
                code == 130 ? 130 : code == 96 ? 96 : 2,
                "\(folder): the run did not go to its end (exit code \(code))")
        }
    }
}
