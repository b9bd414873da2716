/// A signed length of time in nanoseconds.
///
/// Half the size of the standard library's `Duration` and free of 128-bit arithmetic, because packet paths add
/// and compare these all the time.
public struct Interval: Hashable, Comparable, Sendable {
    /// The length in nanoseconds.
    public var nanoseconds: Int64

    /// Makes an interval of `nanoseconds`.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// No time at all.
    public static let zero = Interval(nanoseconds: 0)

    /// An interval of whole nanoseconds.
    @inlinable
    public static func nanoseconds(_ value: Int64) -> Interval { Interval(nanoseconds: value) }

    /// An interval of whole microseconds.
    @inlinable
    public static func microseconds(_ value: Int64) -> Interval { Interval(nanoseconds: value * 1_000) }

    /// An interval of whole milliseconds.
    @inlinable
    public static func milliseconds(_ value: Int64) -> Interval { Interval(nanoseconds: value * 1_000_000) }

    /// An interval of milliseconds, rounded to the nanosecond.
    @inlinable
    @_disfavoredOverload  // so that a whole literal means the exact integer form
    public static func milliseconds(_ value: Double) -> Interval {
        Interval(nanoseconds: Int64((value * 1e6).rounded()))
    }

    /// An interval of whole seconds.
    @inlinable
    public static func seconds(_ value: Int64) -> Interval { Interval(nanoseconds: value * 1_000_000_000) }

    /// An interval of seconds, rounded to the nanosecond.
    @inlinable
    @_disfavoredOverload  // so that a whole literal means the exact integer form
    public static func seconds(_ value: Double) -> Interval {
        Interval(nanoseconds: Int64((value * 1e9).rounded()))
    }

    /// The length in seconds.
    @inlinable
    public var seconds: Double { Double(nanoseconds) / 1e9 }

    /// The length in milliseconds.
    @inlinable
    public var milliseconds: Double { Double(nanoseconds) / 1e6 }

    /// The length in whole microseconds, rounded toward zero.
    @inlinable
    public var wholeMicroseconds: Int64 { nanoseconds / 1_000 }

    /// The length without its sign.
    @inlinable
    public var magnitude: Interval { Interval(nanoseconds: abs(nanoseconds)) }

    /// Whether the left interval is the shorter one, or the more negative.
    @inlinable
    public static func < (left: Interval, right: Interval) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The sum of two intervals.
    @inlinable
    public static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }

    /// The difference of two intervals.
    @inlinable
    public static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }

    /// Lengthens an interval.
    @inlinable
    public static func += (left: inout Interval, right: Interval) { left = left + right }

    /// A whole multiple of an interval.
    @inlinable
    public static func * (left: Interval, right: Int) -> Interval {
        Interval(nanoseconds: left.nanoseconds &* Int64(right))
    }

    /// A multiple of an interval, rounded to the nanosecond.
    @inlinable
    public static func * (left: Interval, right: Double) -> Interval {
        Interval(nanoseconds: Int64((Double(left.nanoseconds) * right).rounded()))
    }

    /// A whole part of an interval, rounded toward zero.
    @inlinable
    public static func / (left: Interval, right: Int) -> Interval {
        Interval(nanoseconds: left.nanoseconds / Int64(right))
    }

    /// How many times the right interval goes into the left one.
    @inlinable
    public static func / (left: Interval, right: Interval) -> Double {
        Double(left.nanoseconds) / Double(right.nanoseconds)
    }
}
