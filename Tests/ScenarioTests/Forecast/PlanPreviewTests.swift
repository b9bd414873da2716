import Primitives
import Scenario
import Testing

@Suite struct PlanPreviewTests {
    private func preview(_ text: ScenarioText, width: Int = 80, colour: Bool = false) throws -> String {
        let plan = try text.plan()
        let machine = LoadForecastTests.machine
        let forecast = LoadForecast(plan, on: machine)
        return PlanPreview(plan, forecast: forecast, machine: machine).render(width: width, colour: colour)
    }

    private static let crowded = ScenarioText(
        target: "embedded: {delay: 40ms, loss: 1.5%, freeze: from 1s to 2s, capacity: 600}",
        rooms: """
            - {name: a-very-long-name-for-a-group-of-rooms, count: 150, participants: 8, mix: {speaker: 2, viewer-with-a-long-name: rest}}
              - {name: hall, participants: 400, mix: {viewer-with-a-long-name: rest}}
            """,
        roles: """
            speaker: {microphone: conversation, camera: vp8-simulcast, reactions: 1.7/min}
              viewer-with-a-long-name: {microphone: muted, camera: {vp8-simulcast: 37%, off: rest}}
            """,
        phases: """
            [{arrive: {storm: 100ms}}, {hold: 1s}, {hold: 1s}, {hold: 1s, name: a-rather-long-name}, {hold: 1s},
              {hold: 1h}, {leave: {over: 3s}}]
            """,
        more: "thresholds: [join.failed = 0%]")

    @Test(arguments: [60, 80, 132])
    func keepsToItsWidth(_ width: Int) throws {
        for text in [ScenarioText(), Self.crowded] {
            for line in try preview(text, width: width).split(separator: "\n") {
                #expect(line.count <= width, "\(line)")
                #expect(line.last != " ")
            }
        }
    }

    @Test func coloursChangeNothingElse() throws {
        for text in [ScenarioText(), Self.crowded] {
            let coloured = try preview(text, colour: true)
            #expect(coloured.contains("\u{1B}["))
            #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == (try preview(text)))
        }
    }

    @Test func drawsTheStaircase() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 8}",
            phases: "[{arrive: {staircase: {step: 2, every: 15s}}}, {hold: 15s}]")
        let lines = try preview(text, width: 79).split(separator: "\n").map(String.init)
        let bottom = try #require(lines.firstIndex { $0.contains("└") })
        // 75 columns for 75 seconds, one row for each of eight participants.
        let rows = (0..<8).map { lines[bottom - 1 - $0] }
        let lengths = rows.map { row in row.count { $0 == "█" } }
        let first = rows.map { row in
            row.firstIndex(of: "█").map { row.distance(from: row.startIndex, to: $0) }
        }
        #expect(Set(lengths[0...1]).count == 1)
        #expect(lengths[0] > lengths[2] && lengths[2] > lengths[4] && lengths[4] > lengths[6])
        #expect(first[0] == first[1])
        #expect(lines[bottom].hasPrefix(" 0└"))
        #expect(lines[bottom - 8].hasPrefix(" 8┤"))
    }

    @Test func tellsWhatMatters() throws {
        let text = try preview(Self.crowded)
        for part in [
            "1 600 participants in 151 rooms, 1h7s", "1.5% loss", "room for 600", "hall", "1.7/min",
            "ulimit -n",
            "sysctl -w net.core.rmem_max=", "would run out first", "join.failed = 0%",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
