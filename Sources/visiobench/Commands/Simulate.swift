import ArgumentParser
import Host
import Media
import Primitives
import Results
import Scenario
import Simulation

/// Runs a scenario in virtual time.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a scenario in virtual time: same participants, same server, no network.",
        discussion: """
            The same seed gives the same run file content. The target is always the embedded Visio.

            Examples:
              visiobench simulate scenarios/quickstart.yaml
              visiobench simulate scenarios/quickstart.yaml --out runs/virtual --seed 7
            """)

    @OptionGroup var scenario: ScenarioOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let planned = try scenario.plan()
        let plan = planned.mine
        let folder = try RunFolder(output.out)
        let display = ProgressDisplay(isQuiet: output.quiet)
        let clips = try Run.prepareClips(for: planned.whole, display: display)
        let meta = Circumstances.collect(
            mode: "simulate", scenario: planned.text, file: scenario.scenario,
            machine: MachineDescription.current())
        do throws(RunFileError) {
            let writer = try RunWriter(path: folder.runFile, plan: plan, meta: meta)
            let isQuiet = output.quiet
            try SimulatedRun(plan: plan, clips: clips).run(into: writer) { seconds in
                guard !isQuiet, Terminal.isInteractive else { return }
                Terminal.status("\(Int(seconds)) of \(Int(plan.duration.seconds)) virtual seconds")
            }
            display.finish()
            try writer.set("ending", "complete")
            try writer.close()
        } catch {
            throw Failure(1, error.description)
        }
        throw ExitCode(try Publication.publish(folder: folder, output: output))
    }
}
