import ArgumentParser
import Host
import Scenario

/// Shows what a scenario would do, before anything is sent.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Validate a scenario and preview its plan and load.",
        discussion: """
            Examples:
              visiobench check scenarios/quickstart.yaml
              visiobench check scenarios/storm.yaml --set rooms.team.count=40 --seed 7
              visiobench check scenarios/large-room.yaml --shard 2/5
            """)

    @OptionGroup var scenario: ScenarioOptions

    @Flag(help: "Print the plan as JSON.")
    var json = false

    func run() throws {
        let planned = try scenario.plan()
        if json {
            return Terminal.line(String(decoding: try planned.mine.encoded(), as: UTF8.self))
        }
        let machine = MachineDescription.current()
        let forecast = LoadForecast(planned.whole, on: machine, shard: planned.shard)
        let preview = PlanPreview(planned.whole, forecast: forecast, machine: machine)
        Terminal.line(preview.render(width: Terminal.width, colour: Terminal.hasColour))
    }
}
