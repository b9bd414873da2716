/// A rate of data, in bits per second.
public struct Bitrate: Hashable, Comparable, Sendable {
    /// The rate in bits per second.
    public var bitsPerSecond: Double

    /// Makes a rate.
    @inlinable
    public init(bitsPerSecond: Double) { self.bitsPerSecond = bitsPerSecond }

    /// The mean rate of some bytes over a time, which is longer than nothing.
    @inlinable
    public init(bytes: Double, over interval: Interval) {
        bitsPerSecond = bytes * 8e9 / Double(interval.nanoseconds)
    }

    /// No data at all.
    public static let zero = Bitrate(bitsPerSecond: 0)

    /// More than any path carries.
    public static let unlimited = Bitrate(bitsPerSecond: .infinity)

    /// A rate in bits per second.
    @inlinable
    public static func bitsPerSecond(_ value: Double) -> Bitrate { Bitrate(bitsPerSecond: value) }

    /// A rate in thousands of bits per second.
    @inlinable
    public static func kilobitsPerSecond(_ value: Double) -> Bitrate { Bitrate(bitsPerSecond: value * 1000) }

    /// The rate in thousands of bits per second.
    @inlinable
    public var kilobitsPerSecond: Double { bitsPerSecond / 1000 }

    /// Whether the rate limits anything.
    @inlinable
    public var isFinite: Bool { bitsPerSecond.isFinite }

    /// How many bytes pass in a time.
    @inlinable
    public func bytes(in interval: Interval) -> Double {
        bitsPerSecond * Double(interval.nanoseconds) / 8e9
    }

    /// How long some bytes take; an hour where they hardly move.
    @inlinable
    public func time(forBytes bytes: Double) -> Interval {
        guard bytes > 0 else { return .zero }
        return Interval(nanoseconds: Int64(min(bytes * 8e9 / bitsPerSecond, 3.6e12).rounded(.up)))
    }

    /// Whether the left rate is the lower one.
    @inlinable
    public static func < (left: Bitrate, right: Bitrate) -> Bool { left.bitsPerSecond < right.bitsPerSecond }

    /// The sum of two rates.
    @inlinable
    public static func + (left: Bitrate, right: Bitrate) -> Bitrate {
        Bitrate(bitsPerSecond: left.bitsPerSecond + right.bitsPerSecond)
    }

    /// The difference of two rates.
    @inlinable
    public static func - (left: Bitrate, right: Bitrate) -> Bitrate {
        Bitrate(bitsPerSecond: left.bitsPerSecond - right.bitsPerSecond)
    }

    /// Raises a rate.
    @inlinable
    public static func += (left: inout Bitrate, right: Bitrate) { left = left + right }

    /// A multiple of a rate.
    @inlinable
    public static func * (left: Bitrate, right: Double) -> Bitrate {
        Bitrate(bitsPerSecond: left.bitsPerSecond * right)
    }

    /// How many times the right rate goes into the left one.
    @inlinable
    public static func / (left: Bitrate, right: Bitrate) -> Double {
        left.bitsPerSecond / right.bitsPerSecond
    }
}
