import Foundation
import Primitives
import Scenario
import Testing

@Suite struct SchemaTests {
    private static func schema() throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: repositoryFile("schema/scenario.schema.json")))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private static func definition(_ name: String) throws -> [String: Any] {
        let schema = try schema()
        if name == "scenario" { return schema }
        let definitions = try #require(schema["$defs"] as? [String: Any])
        return try #require(definitions[name] as? [String: Any], "no definition of \(name)")
    }

    @Test func isOfTheRightDraft() throws {
        #expect(try Self.schema()["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test(arguments: Vocabulary.groups)
    func hasTheWordsOfTheParser(_ group: WordGroup) throws {
        let definition = try Self.definition(group.name)
        let properties = try #require(definition["properties"] as? [String: [String: Any]])
        #expect(properties.keys.sorted() == group.words.map(\.name).sorted())
        for word in group.words {
            #expect(properties[word.name]?["description"] as? String == word.summary)
        }
        let required = definition["required"] as? [String] ?? []
        #expect(required.sorted() == group.words.filter(\.isRequired).map(\.name).sorted())
        #expect(definition["additionalProperties"] as? Bool == false)
        let rivals = (definition["oneOf"] as? [[String: [String]]] ?? []).compactMap { $0["required"]?.first }
        #expect(rivals == group.alternatives)
    }

    @Test(arguments: Vocabulary.choices)
    func hasTheValuesOfTheParser(_ choice: ChoiceGroup) throws {
        #expect(try Self.definition(choice.name)["enum"] as? [String] == choice.values)
    }

    @Test func definesNothingElse() throws {
        let definitions = try #require(Self.schema()["$defs"] as? [String: [String: Any]])
        let known = Set(Vocabulary.groups.map(\.name) + Vocabulary.choices.map(\.name))
        for (name, definition) in definitions where !known.contains(name) {
            #expect(definition["pattern"] is String, "\(name) is neither words nor a quantity")
        }
    }

    /// The schema's patterns and the parser agree on what a quantity is.
    @Test(arguments: [
        ("duration", "roles.member.mute=from 0s to ", ["1s", "1m30s", "250ms", "1.5s", "2min", "9000ms"]),
        ("rate", "roles.member.reactions=", ["5/s", "6/min", "6 /h", "0.5/s"]),
        ("moment", "roles.member.rename=", ["at 1s", "at 1m30s", "at 0s"]),
        ("percentage", "target.embedded.loss=", ["0%", "40%", "0.5%", "100%", "100.0 %"]),
        ("span", "roles.member.mute=", ["from 1s to 3s", "from 0s to 1m"]),
        ("moment", "target.embedded.cut=", ["at 20s", "at 0s", "at 1m30s"]),
        ("farewell", "target.embedded.leave=", ["resume at 20s", "disconnect at 1m"]),
        ("name", "rooms.team.name=", ["team", "t", "town-hall-2"]),
    ])
    func patternsAcceptWhatTheParserAccepts(_ name: String, option: String, examples: [String]) throws {
        let pattern = try #require(Self.definition(name)["pattern"] as? String)
        let expression = try NSRegularExpression(pattern: pattern)
        let others = [
            "", "5", "s", "5 m 3", "-1s", "1s1s", "30s1m", "1e3s", "5/d", "5/", "101%", "-1%", "5 %%",
            "from 1s", "at", "at 5", "20s", "resume", "stay at 20s",
            "to 3s", "from 1 to 2", "Team", "2team", "a_b", "1..5s", ".5s", "5.s",
        ]
        let text = ScenarioText(phases: "[{arrive: {constant: 2/s}}, {hold: 10m}]")
        for example in examples + others {
            let range = NSRange(example.startIndex..., in: example)
            let matches = expression.firstMatch(in: example, range: range) != nil
            let isAccepted = text.diagnostics(
                "\(option)\"\(example)\"".replacing("\"\(example)\"", with: Self.quoted(option, example))
            ).isEmpty
            #expect(matches == isAccepted, "\(name): \(example)")
            if examples.contains(example) { #expect(matches, "\(name): \(example)") }
        }
    }

    private static func quoted(_ option: String, _ example: String) -> String {
        option.hasSuffix("to ") ? example : "\"\(example)\""
    }
}

@Suite struct ExamplesTests {
    private static func names() throws -> [String] {
        let folder = repositoryFile("scenarios")
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
            .sorted()
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: repositoryFile(path), encoding: .utf8)
    }

    @Test func allCanBePlanned() throws {
        let names = try Self.names()
        #expect(names.count >= 5)
        for name in names {
            switch ScenarioParser.parse(text: try Self.text("scenarios/\(name)"), file: name) {
            case .success(let scenario): #expect(try !Planner.plan(scenario).participants.isEmpty)
            case .failure(let mistakes): Issue.record("\(mistakes.diagnostics)")
            }
        }
    }

    @Test func quickstartIsWhatItPromises() throws {
        let text = try Self.text("scenarios/quickstart.yaml")
        let plan = try Planner.plan(ScenarioParser.parse(text: text, file: "quickstart.yaml").get())
        #expect(plan.participants.count == 24)
        #expect(plan.rooms.count == 4)
        #expect(plan.participants.allSatisfy { $0.camera == .vp8Simulcast && $0.microphone == .conversation })
        #expect(plan.phase(named: "hold")?.span.length == .seconds(Int64(30)))
        #expect(plan.duration <= .seconds(Int64(60)))
    }

    @Test func theDocumentationKnowsEveryWordAndMetric() throws {
        let text = try Self.text("docs/scenario.md")
        for group in Vocabulary.groups {
            for word in group.words {
                let isThere =
                    text.contains("`\(word.name)`") || text.contains("`\(word.name):")
                    || text.contains("{\(word.name):")
                #expect(isThere, "\(group.name).\(word.name)")
            }
        }
        for choice in Vocabulary.choices {
            for value in choice.values { #expect(text.contains("`\(value)`"), "\(choice.name): \(value)") }
        }
        for statistic in Statistic.allCases { #expect(text.contains("`\(statistic.rawValue)`")) }
        for metric in Metric.allCases {
            let direction = metric.direction == .lowerIsBetter ? "less" : "more"
            let row = text.split(separator: "\n").first { $0.hasPrefix("| `\(metric.rawValue)` |") }
            #expect(row?.contains("| \(direction) | \(metric.summary) |") == true, "\(metric.rawValue)")
        }
    }
}
