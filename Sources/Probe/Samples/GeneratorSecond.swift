/// How the generator itself was doing in one second of the run: the meter is metered.
public struct GeneratorSecond: Sendable, Hashable {
    /// The second, counted from the start of the run.
    public var second: Int
    /// CPU time of the generator's data-plane threads over wall time and threads, 0...1.
    public var dataPlaneLoad = 0.0
    /// CPU time of the whole process in the second, in seconds (an embedded server included).
    public var processCPUSeconds = 0.0
    /// Worst lateness of a tick against its intended instant, in milliseconds.
    public var worstTickLateness = 0.0
    /// Mean lateness of the ticks, in milliseconds.
    public var meanTickLateness = 0.0
    /// Datagrams received.
    public var packetsIn: UInt64 = 0
    /// Datagrams sent.
    public var packetsOut: UInt64 = 0
    /// Bytes received.
    public var bytesIn: UInt64 = 0
    /// Bytes sent.
    public var bytesOut: UInt64 = 0
    /// Datagrams the kernel threw away because our sockets were full.
    public var socketDrops: UInt64 = 0
    /// Datagrams that could not be sent, or did not fit the outbox.
    public var sendFailures: UInt64 = 0
    /// Samples that were lost on the way to the run file.
    public var lostSamples: UInt64 = 0
    /// Resident memory of the process, in bytes.
    public var residentBytes: UInt64 = 0

    /// Makes an empty second.
    public init(second: Int) { self.second = second }
}
