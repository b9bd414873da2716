/// A point on the run's monotonic time axis, in nanoseconds since the run started.
///
/// Every machine takes `now` as a parameter; nothing in the pure targets reads a clock. A host maps its own
/// clock (wall-clock host) or its event queue (simulation) onto this axis.
public struct Instant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the start of the run; negative before it.
    public var nanoseconds: Int64

    /// Makes an instant `nanoseconds` after the start of the run.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The start of the run.
    public static let zero = Instant(nanoseconds: 0)

    /// Later than every instant of a run.
    public static let distantFuture = Instant(nanoseconds: .max)

    /// The instant that lies `seconds` after the start of the run.
    @inlinable
    public static func seconds(_ seconds: Double) -> Instant { .zero + .seconds(seconds) }

    /// Seconds since the start of the run.
    @inlinable
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// Whether the left instant comes first.
    @inlinable
    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The instant that lies an interval later.
    @inlinable
    public static func + (left: Instant, right: Interval) -> Instant {
        Instant(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }

    /// The instant that lies an interval earlier.
    @inlinable
    public static func - (left: Instant, right: Interval) -> Instant {
        Instant(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }

    /// The time from the right instant to the left one.
    @inlinable
    public static func - (left: Instant, right: Instant) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }

    /// Moves an instant on.
    @inlinable
    public static func += (left: inout Instant, right: Interval) { left = left + right }
}

/// The earlier of two optional deadlines; nil means "never".
@inlinable
public func earliest(_ left: Instant?, _ right: Instant?) -> Instant? {
    guard let left else { return right }
    guard let right else { return left }
    return left < right ? left : right
}
