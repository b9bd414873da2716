import ArgumentParser
import Foundation
import Scenario

/// The arguments by which a scenario is chosen and changed; the same for check, run and simulate.
struct ScenarioOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The scenario to use.", valueName: "scenario.yaml"))
    var scenario: String

    @Option(help: "Draw everything from this seed instead of the scenario's.")
    var seed: UInt64?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Change a word of the scenario; may be repeated.", valueName: "path=value"))
    var overrides: [String] = []

    @Option(help: ArgumentHelp("Take only share i of n of the plan.", valueName: "i/n"))
    var shard: String?

    @Flag(help: "Use the embedded Visio instead of the scenario's target.")
    var embedded = false

    @Option(help: ArgumentHelp("Use the Visio (Meet) at this address.", valueName: "url"))
    var visio: String?

    @Option(
        help: ArgumentHelp(
            "Use LiveKit alone at this address, with LIVEKIT_API_KEY and LIVEKIT_API_SECRET.",
            valueName: "url"))
    var livekit: String?

    func validate() throws {
        let targets = [embedded, visio != nil, livekit != nil].count { $0 }
        guard targets <= 1 else { throw ValidationError("choose one of --embedded, --visio and --livekit") }
        if let shard, Shard(shard) == nil {
            throw ValidationError("--shard \(shard): expected i/n with 1 <= i <= n, such as 2/5")
        }
    }

    /// The scenario's own text.
    func text() throws -> String {
        do {
            return try String(contentsOfFile: scenario, encoding: .utf8)
        } catch {
            throw Failure(2, "\(scenario): cannot be read; give the path of a scenario file")
        }
    }

    /// A scenario that was understood and planned.
    struct Planned {
        /// The whole plan.
        var whole: Plan
        /// This machine's share of it; the whole unless --shard says otherwise.
        var mine: Plan
        /// Which share it is.
        var shard: Shard?
        /// The scenario's own text.
        var text: String
    }

    /// Reads and plans the scenario; every mistake is told at once.
    func plan() throws -> Planned {
        let text = try text()
        var overrides = overrides
        if embedded, !isEmbedded(text) { overrides.append("target.embedded={}") }
        if let visio { overrides.append("target.visio=\(visio)") }
        if let livekit {
            overrides.append(
                "target.livekit={url: \"\(livekit)\", key: \"${LIVEKIT_API_KEY}\", secret: \"${LIVEKIT_API_SECRET}\"}"
            )
        }
        switch ScenarioParser.parse(text: text, file: scenario, overrides: overrides) {
        case .failure(let mistakes):
            throw Failure(2, lines: mistakes.diagnostics.map(\.description))
        case .success(let understood):
            let whole: Plan
            do throws(PlanError) {
                whole = try Planner.plan(understood, seed: seed)
            } catch {
                throw Failure(2, "\(scenario): \(error)")
            }
            guard let shard, let share = Shard(shard) else {
                return Planned(whole: whole, mine: whole, shard: nil, text: text)
            }
            return Planned(whole: whole, mine: whole.shard(share), shard: share, text: text)
        }
    }

    /// Whether the scenario names the embedded target by itself: its options must not be lost then.
    private func isEmbedded(_ text: String) -> Bool {
        guard case .success(let scenario) = ScenarioParser.parse(text: text, file: self.scenario) else {
            return false
        }
        if case .embedded = scenario.target { return true }
        return false
    }
}

/// The arguments that say where results go and how much is told.
struct OutputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder for the results; must not exist.", valueName: "dir"))
    var out: String?

    @Flag(help: "Tell only what went wrong.")
    var quiet = false

    @Flag(help: "Print summary.json instead of the summary.")
    var json = false
}
