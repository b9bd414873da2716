public import Primitives

/// When somebody does something again and again.
public enum Timing: Codable, Hashable, Sendable {
    /// At random moments, independent of each other, this far apart in the mean.
    case poisson(every: Interval)
    /// At these moments since the start of the run, ascending.
    case moments([Interval])
    /// For these lengths of time since the start of the run, in order and apart.
    case spans([TimeSpan])

    /// How often it happens in a second, as far as a rate says so.
    public var perSecond: Double {
        if case .poisson(let gap) = self, gap > .zero { 1 / gap.seconds } else { 0 }
    }
}
