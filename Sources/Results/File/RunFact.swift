/// The names under which a run file's `meta` table keeps the circumstances of the run; others may be added.
public enum RunFact {
    /// The plan as JSON, as `Plan.encoded()` writes it; always there.
    public static let plan = "plan"
    /// The scenario file's text, before environment references are filled in.
    public static let scenario = "scenario"
    /// The scenario file's path as it was given.
    public static let scenarioFile = "scenario_file"
    /// When the run started, in UTC: `2026-02-03T04:05:06Z`; `virtual time` when it was simulated.
    public static let started = "started_at"
    /// How the run ended: `complete`, `interrupted` or `not started`; absent when it broke off.
    public static let ending = "ending"
    /// The subcommand: `run`, in real time, or `simulate`, in virtual time.
    public static let mode = "mode"
    /// The version of visiobench.
    public static let version = "version"
    /// The processor's name.
    public static let processor = "processor"
    /// The number of cores.
    public static let cores = "cores"
    /// The machine's memory in bytes.
    public static let memory = "memory_bytes"
    /// The kernel's release.
    public static let kernel = "kernel"
    /// The version of libopus that encoded the clips.
    public static let opus = "libopus"
    /// The version of libvpx that encoded the clips.
    public static let vpx = "libvpx"
    /// The table of codec impairments that ratings were computed with.
    public static let opusTable = "opus_table"

    /// The value of `ending` after a run that went to its end.
    public static let complete = "complete"
    /// The value of `ending` after a run that a person or a signal stopped.
    public static let interrupted = "interrupted"
    /// The value of `mode` of a run in virtual time.
    public static let simulation = "simulate"
}
