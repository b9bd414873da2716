/// Where the run's time axis starts on the wall clock: wall = origin + now.
///
/// Fixed once per run, so that NTP steps during the run cannot bend a measurement. Needed where a protocol
/// carries wall time: RTCP sender reports, token expiry, and the capture time in a `FrameTag`.
public struct WallClockOrigin: Hashable, Sendable {
    /// Nanoseconds between the Unix epoch and `Instant.zero`.
    public var unixNanoseconds: Int64

    /// Makes an origin at `unixNanoseconds` after the Unix epoch.
    @inlinable
    public init(unixNanoseconds: Int64) { self.unixNanoseconds = unixNanoseconds }

    /// Seconds between the NTP era 0 (1900) and the Unix epoch, RFC 5905 figure 4.
    public static let ntpToUnixSeconds: UInt64 = 2_208_988_800

    /// Unix time at `instant`, in nanoseconds.
    @inlinable
    public func unixNanoseconds(at instant: Instant) -> Int64 { unixNanoseconds &+ instant.nanoseconds }

    /// Unix time at `instant`, in whole seconds.
    @inlinable
    public func unixSeconds(at instant: Instant) -> Int64 { unixNanoseconds(at: instant) / 1_000_000_000 }

    /// Unix time at `instant`, in whole milliseconds.
    @inlinable
    public func unixMilliseconds(at instant: Instant) -> Int64 { unixNanoseconds(at: instant) / 1_000_000 }

    /// The 64-bit NTP timestamp (UQ32.32) at `instant`, RFC 3550 section 4.
    @inlinable
    public func ntpTimestamp(at instant: Instant) -> UInt64 {
        let unix = UInt64(bitPattern: unixNanoseconds(at: instant))
        let seconds = unix / 1_000_000_000 &+ Self.ntpToUnixSeconds
        let fraction = ((unix % 1_000_000_000) << 32) / 1_000_000_000
        return seconds << 32 | fraction
    }

    /// The middle 32 bits of the NTP timestamp at `instant`, as RTCP's LSR and LRR fields carry it.
    @inlinable
    public func compactNTP(at instant: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: ntpTimestamp(at: instant) >> 16)
    }
}
