import Foundation
import Results
import Testing

/// Where the programs are that these tests run, ours and others'.
enum Peers {
    /// A Python that has LiveKit's official SDK; `scripts/test` makes one and names it in this variable.
    static let python = ProcessInfo.processInfo.environment["VISIOBENCH_SDK_PYTHON"]

    /// Why tests are skipped where there is none.
    static let noPython: Comment =
        "VISIOBENCH_SDK_PYTHON names no Python with LiveKit's SDK (scripts/test makes one)"

    /// The program under test, built with the tests.
    static var visiobench: String { repository.appendingPathComponent(".build/release/visiobench").path }

    /// The script beside this file that plays one participant on the SDK.
    static var participant: String {
        here.appendingPathComponent("SDK/participant.py").path
    }

    private static var here: URL { URL(fileURLWithPath: #filePath).deletingLastPathComponent() }
    private static var repository: URL { here.deletingLastPathComponent().deletingLastPathComponent() }
}

/// An embedded Visio in a process of its own, and the ways to send people there.
final class ServedVisio {
    static let secret = "a-secret-of-thirty-two-characters"
    private static let keys = ["LIVEKIT_API_KEY": "devkey", "LIVEKIT_API_SECRET": secret]

    let folder: Folder
    private let process: ChildProcess
    private let addresses: Addresses

    private struct Addresses: Decodable {
        var meet: String
        var livekit: String
        var key: String
    }

    init(_ options: [String] = [], environment: [String: String] = [:]) async throws {
        folder = try Folder()
        process = try ChildProcess(
            Peers.visiobench, ["serve", "--port", "0", "--json"] + options, named: "serve", in: folder,
            environment: Self.keys.merging(environment) { $1 })
        let line = try await process.firstLine(within: 20)
        addresses = try JSONDecoder().decode(Addresses.self, from: Data(line.utf8))
    }

    /// Starts a participant on the official SDK.
    func startParticipant(_ identity: String, room: String, _ options: [String]) throws -> ChildProcess {
        let python = try #require(Peers.python)
        return try ChildProcess(
            python,
            [
                Peers.participant, "--url", addresses.livekit, "--key", addresses.key, "--secret",
                Self.secret,
                "--room", room, "--identity", identity,
            ] + options, named: identity, in: folder)
    }

    /// Starts a run of a scenario against this deployment, by LiveKit alone; its results go to `run`.
    func startRun(_ scenario: String, environment: [String: String] = [:]) throws -> ChildProcess {
        let file = try folder.write(scenario, to: "scenario.yaml")
        return try ChildProcess(
            Peers.visiobench,
            [
                "run", file, "--livekit", addresses.livekit, "--out",
                folder.url.appendingPathComponent("run").path,
                "--quiet",
            ], named: "visiobench", in: folder, environment: Self.keys.merging(environment) { $1 })
    }

    /// What the run wrote.
    var runFile: RunFile {
        get throws { try RunFile(path: folder.url.appendingPathComponent("run/run.sqlite").path) }
    }
}

/// What the SDK's participant tells at its end.
struct Experience: Decodable {
    struct Remote: Decodable {
        var videoFrames, width, height, audioFrames: Int
        /// Root mean square of the loudest frame, in 16-bit steps.
        var loudness: Double
        var data: [String]
        var mutes: Int
        var tracks: [String]
        /// MIME types of the pictures, in lower case.
        var codecs: [String]
    }

    var identity: String
    /// By identity.
    var remote: [String: Remote]
    var events: [String]

    /// Waits for a participant to end well, and reads what it tells.
    init(of participant: ChildProcess, within seconds: Double) async throws {
        let code = try await participant.exitCode(within: seconds)
        // Who has told everything may stumble over the doorstep.
        try #require(code == 0 || !participant.text.isEmpty, "\(participant.errorText)")
        self = try JSONDecoder().decode(Experience.self, from: Data(participant.text.utf8))
    }
}
