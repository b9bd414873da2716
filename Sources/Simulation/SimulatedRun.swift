import EmbeddedVisio
import LoadGen
public import Media
import Primitives
import Probe
public import Results
public import Scenario

/// A whole scenario in virtual time, into the same run file that a real run writes.
public struct SimulatedRun {
    private let plan: Plan
    private let clips: ClipLibrary

    /// Participants get this long after the plan's end to say goodbye, in seconds.
    private static let grace = 5.0

    /// Prepares a simulation; the target of the plan is always the embedded deployment.
    public init(plan: Plan, clips: ClipLibrary) {
        self.plan = plan
        self.clips = clips
    }

    /// Runs to the end.
    ///
    /// - Parameters:
    ///   - writer: Where samples go.
    ///   - onProgress: Gets the virtual time in seconds, once a virtual second.
    public func run(into writer: RunWriter, onProgress: (Double) -> Void) throws(RunFileError) {
        var behaviour = EmbeddedConfiguration.Behaviour()
        var isICELite = false
        if case .embedded(let options) = plan.target {
            behaviour = .init(options)
            isICELite = options.isICELite
        }
        let world = SimulatedWorld(plan: plan, clips: clips, behaviour: behaviour, isICELite: isICELite)
        let page = ServerWatch.Page(
            name: "embedded", url: SimulatedWorld.publicURL + "/metrics", interval: MetricsPage.usualInterval)
        world.watch = ServerWatch(
            pages: [page],
            api: ServerWatch.API(url: SimulatedWorld.publicURL, credentials: SimulatedWorld.credentials),
            phases: plan.phases, wallClock: SimulatedWorld.wallClock)
        try writer.write(pages: [(page.name, page.url, page.interval)])
        if let failure = world.preparationFailure {
            var batch = SampleBatch()
            batch.events.append(
                RunEvent(at: .zero, participant: nil, kind: .run, text: "rooms could not be made: \(failure)")
            )
            try writer.write(batch)
        }
        let limit = plan.duration.seconds + Self.grace
        var second = 0.0
        while second < limit {
            second += 1
            let goesOn = world.run(until: .seconds(second))
            try write(world, into: writer)
            onProgress(second)
            guard goesOn else { break }
        }
        world.cut()
        world.shard.finish(now: world.now)
        world.finishWatch()
        try write(world, into: writer)
    }

    private func write(_ world: SimulatedWorld, into writer: RunWriter) throws(RunFileError) {
        let batch = world.shard.takeBatch()
        for session in batch.sessions { world.watch?.note(session) }
        try writer.write(batch)
        if let seen = world.watch?.takeBatch() { try writer.write(seen) }
    }
}
