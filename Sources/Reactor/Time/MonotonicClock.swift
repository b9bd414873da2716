import CLinux
public import Primitives

/// The run's time axis on this machine: the kernel's monotonic clock, counted from the start of the run.
///
/// A copy may be read on any thread. The wall clock is read once, at the start, so that later steps of it do not
/// bend a measurement.
public struct MonotonicClock: Sendable {
    /// CLOCK_MONOTONIC at the start of the run, in nanoseconds.
    private let origin: Int64
    /// Where the start of the run lies on the wall clock.
    public let wallClock: WallClockOrigin

    /// Starts a run now.
    public init() {
        var best: (width: Int64, monotonic: Int64, wall: Int64)?
        // The two clocks cannot be read at once: the narrowest of a few attempts pairs them best.
        for _ in 0..<8 {
            let before = clinux_monotonic_time()
            let wall = clinux_wall_time()
            let width = clinux_monotonic_time() - before
            if best.map({ width < $0.width }) ?? true { best = (width, before + width / 2, wall) }
        }
        origin = best?.monotonic ?? 0
        wallClock = WallClockOrigin(unixNanoseconds: best?.wall ?? 0)
    }

    /// The present.
    public var now: Instant { Instant(nanoseconds: clinux_monotonic_time() - origin) }
}
