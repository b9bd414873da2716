import Primitives
import Scenario
import Testing

/// A complete small scenario whose parts can be exchanged one by one.
struct ScenarioText {
    var target = "embedded: {}"
    var rooms = "- {name: team, count: 2, participants: 3}"
    var roles = "member: {microphone: conversation, camera: vp8-simulcast}"
    var phases = "[{arrive: {constant: 2/s}}, {hold: 10s}, {leave: {over: 3s}}]"
    var more = ""

    /// The YAML text; the first line of each part has the number given in its name.
    var text: String {
        """
        scenario: Test
        seed: 7
        target:
          \(target)
        rooms:
          \(rooms)
        roles:
          \(roles)
        phases: \(phases)
        \(more)
        """
    }

    static let targetLine = 4
    static let roomsLine = 6
    static let rolesLine = 8
    static let phasesLine = 9
    static let moreLine = 10

    func scenario(_ overrides: String..., sourceLocation: SourceLocation = #_sourceLocation) throws
        -> Scenario
    {
        switch ScenarioParser.parse(text: text, file: "test.yaml", overrides: overrides) {
        case .success(let scenario): return scenario
        case .failure(let mistakes):
            for diagnostic in mistakes.diagnostics {
                Issue.record("\(diagnostic)", sourceLocation: sourceLocation)
            }
            throw mistakes
        }
    }

    func plan(_ overrides: String..., seed: UInt64? = nil) throws -> Plan {
        switch ScenarioParser.parse(text: text, file: "test.yaml", overrides: overrides) {
        case .success(let scenario): return try Planner.plan(scenario, seed: seed)
        case .failure(let mistakes): throw mistakes
        }
    }

    func diagnostics(_ overrides: String...) -> [Diagnostic] {
        switch ScenarioParser.parse(text: text, file: "test.yaml", overrides: overrides) {
        case .success: []
        case .failure(let mistakes): mistakes.diagnostics
        }
    }
}

/// The folder of the repository, found from this file.
func repositoryFile(_ path: String, from file: String = #filePath) -> String {
    let tests = file.components(before: "/Tests/ScenarioTests/")
    return tests + "/" + path
}

extension String {
    fileprivate func components(before marker: String) -> String {
        guard let range = firstRange(of: marker) else { return self }
        return String(self[..<range.lowerBound])
    }
}
