import ArgumentParser
import Dispatch
import Foundation
import Host
import Media
import Primitives
import Results
import Scenario

/// Runs a scenario on the wall clock and reports.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a scenario and report what every participant lived through.",
        discussion: """
            Ctrl-C ends a run cleanly, with a report of what was measured.

            Examples:
              visiobench run scenarios/quickstart.yaml
              visiobench run scenarios/quickstart.yaml --out runs/monday --seed 7
              visiobench run scenarios/visio-smoke.yaml --visio http://127.0.0.1:8080
              LIVEKIT_API_KEY=devkey LIVEKIT_API_SECRET=secret \\
                visiobench run scenarios/quickstart.yaml --livekit ws://127.0.0.1:7880
            """)

    @OptionGroup var scenario: ScenarioOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let planned = try scenario.plan()
        let plan = planned.mine
        let machine = MachineDescription.current()
        try Self.refuseTooSmall(machine, for: planned)
        // Before a folder is made, so that the same command works once the mistake is mended.
        do throws(HostError) { try LiveRun.check(plan) } catch {
            throw Failure(Self.code(of: error), error.description)
        }
        let folder = try RunFolder(output.out)
        var display = ProgressDisplay(isQuiet: output.quiet)
        let clips = try Self.prepareClips(for: planned.whole, display: display)
        let meta = Circumstances.collect(
            mode: "run", scenario: planned.text, file: scenario.scenario, machine: machine)
        let writer: RunWriter
        do throws(RunFileError) {
            writer = try RunWriter(path: folder.runFile, plan: plan, meta: meta)
        } catch {
            throw Failure(1, error.description)
        }
        let live = LiveRun(
            plan: plan, clips: clips, writer: writer,
            folder: (scenario.scenario as NSString).deletingLastPathComponent)
        let signals = SignalTrap(live.interrupt)
        defer { signals.cancel() }
        do {
            let wasInterrupted = try live.run { display.show($0, duration: plan.duration.seconds) }
            display.finish()
            try writer.set("ending", wasInterrupted ? "interrupted" : "complete")
            try writer.close()
        } catch let error as HostError {
            display.finish()
            try? writer.set("ending", "not started")
            try? writer.close()
            throw Failure(Self.code(of: error), error.description)
        } catch let error as RunFileError {
            display.finish()
            throw Failure(1, error.description, "what was measured until then is in \(folder.path)")
        }
        throw ExitCode(try Publication.publish(folder: folder, output: output))
    }

    static func prepareClips(for plan: Plan, display: ProgressDisplay) throws -> ClipLibrary {
        var specification = ClipSpecification.standard
        specification.videos = pictures(of: plan)
        for index in specification.microphones.indices {
            specification.microphones[index].hasForwardErrorCorrection = plan.media.fec
        }
        do {
            let (library, cache) = try ClipLibrary.prepare(specification, cachedIn: ClipCacheFolder.path) {
                display.show($0)
            }
            display.finish()
            if case .failed(let path, _) = cache, !display.isQuiet {
                Terminal.error("\(path): clips cannot be cached there; they will be prepared again next time")
            }
            return library
        } catch {
            throw Failure(1, "clips cannot be prepared: \(error)")
        }
    }

    /// The pictures that are sent in a whole plan; what nobody sends needs no clip.
    ///
    /// Frame tags carry their numbers: every shard must come to the same.
    private static func pictures(of plan: Plan) -> [ClipSpecification.Video] {
        let people = plan.participants
        let sharing = people.filter { !$0.screens.isEmpty }
        var videos: [ClipSpecification.Video] = []
        // Whoever sends VP9 may be asked for VP8 beside it.
        if people.contains(where: { $0.camera != .off }) { videos.append(ClipSpecification.simulcastCamera) }
        if people.contains(where: { $0.camera == .vp9SVC }) {
            videos.append(ClipSpecification.scalableCamera)
        }
        if sharing.contains(where: { $0.browser == .chrome }) {
            videos.append(ClipSpecification.scalableScreen)
        }
        if !sharing.isEmpty { videos.append(ClipSpecification.plainScreen) }
        return videos
    }

    private static func refuseTooSmall(_ machine: MachineDescription, for planned: ScenarioOptions.Planned)
        throws
    {
        let forecast = LoadForecast(planned.whole, on: machine, shard: planned.shard)
        let (fatal, tolerable) = (
            forecast.shortages.filter { $0.resource == .openFiles || $0.resource == .memory },
            forecast.shortages.filter { $0.resource != .openFiles && $0.resource != .memory }
        )
        for shortage in tolerable { Terminal.error("warning: \(shortage)") }
        guard fatal.isEmpty else {
            throw Failure(2, HostError.machineTooSmall(fatal.map(\.description)).description)
        }
    }

    private static func code(of error: HostError) -> Int32 {
        switch error {
        case .unknownHost, .cannotPrepare: 96
        case .missingSecret, .unusableSecrets, .notAllowed, .machineTooSmall: 2
        case .cannotServe, .system, .cryptography, .carrier: 1
        }
    }
}

/// Turns SIGINT and SIGTERM into one clean interruption; a second SIGINT ends at once.
struct SignalTrap {
    private let sources: [any DispatchSourceSignal]

    init(_ interrupt: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                Terminal.error("\nending the calls and writing the report; once more to stop at once")
                interrupt()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
    }

    /// Stops to listen.
    func cancel() { for source in sources { source.cancel() } }
}
