public import Primitives

/// The interarrival jitter of RFC 3550 section 6.4.1, in the standard's floating-point and integer forms.
///
/// Feed it one packet per timestamp: packets of one video frame leave together and would inflate it.
public struct InterarrivalJitter: Sendable {
    /// Units per second of the stream's timestamps.
    public let clockRate: UInt32

    /// Jitter in timestamp units by the formula J += (|D| - J) / 16.
    public private(set) var units = 0.0
    /// Sixteen times the jitter, by the integer algorithm of appendix A.8.
    private var scaledInteger: UInt32 = 0
    /// The last packet's timestamp and arrival.
    private var last: (timestamp: UInt32, arrival: Instant)?
    /// The last packet's relative transit time in whole units, appendix A.8.
    private var lastTransit: UInt32 = 0

    /// Starts without a packet.
    public init(clockRate: UInt32) { self.clockRate = clockRate }

    /// Jitter in whole timestamp units, as report blocks carry it.
    public var integerUnits: UInt32 { scaledInteger >> 4 }

    /// Jitter as a length of time.
    public var interval: Interval {
        clockRate == 0 ? .zero : Interval(nanoseconds: Int64(units * 1e9 / Double(clockRate)))
    }

    /// Takes a packet into account.
    public mutating func receive(timestamp: UInt32, arrival: Instant) {
        let transit = Self.wholeUnits(arrival, clockRate) &- timestamp
        if let last {
            let spacing = Double((arrival - last.arrival).nanoseconds) * Double(clockRate) / 1e9
            let difference = abs(spacing - Double(Int32(bitPattern: timestamp &- last.timestamp)))
            units += (difference - units) / 16
            let step = Int32(bitPattern: transit &- lastTransit).magnitude
            // A restarted clock would need more bits than the integer form has.
            scaledInteger = scaledInteger &+ min(step, .max >> 5) &- ((scaledInteger &+ 8) >> 4)
        }
        last = (timestamp, arrival)
        lastTransit = transit
    }

    /// Arrival in units, rounded down and cut to 32 bits.
    private static func wholeUnits(_ arrival: Instant, _ clockRate: UInt32) -> UInt32 {
        let seconds = arrival.nanoseconds / 1_000_000_000
        let rest = arrival.nanoseconds % 1_000_000_000
        let rate = Int64(clockRate)
        return UInt32(truncatingIfNeeded: seconds &* rate &+ rest * rate / 1_000_000_000)
    }
}
