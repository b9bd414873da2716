import Scenario

/// Reads `bytes` as a scenario, as an option and as a threshold; must end without a trap, and always with a
/// reason.
func fuzzScenario(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    switch ScenarioParser.parse(text: text, file: "fuzz.yaml") {
    case .failure(let mistakes):
        precondition(!mistakes.diagnostics.isEmpty)
        for diagnostic in mistakes.diagnostics {
            precondition(diagnostic.line >= 1 && diagnostic.column >= 1)
            precondition(!diagnostic.description.contains("\n"), "a diagnostic is one line")
        }
    case .success(let scenario):
        // What is accepted can be planned; a million participants are more than this is about.
        let most = scenario.rooms.reduce(0) { $0 + $1.count * $1.size.largest }
        if most <= 2_000, let plan = try? Planner.plan(scenario) {
            precondition(plan.participants.allSatisfy { $0.arrival <= $0.departure })
        }
    }
    _ = ScenarioParser.parse(text: "scenario: x", file: "fuzz.yaml", overrides: [text])
    if case .success(let threshold) = Threshold.parse(text) {
        precondition((try? Threshold.parse(threshold.text).get()) == threshold)
    }
}
