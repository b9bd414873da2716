public import Primitives

/// How a reactor fares: whether what it measures can be trusted.
///
/// Everything counts from the start of the reactor, except `worstLateness`.
public struct ReactorHealth: Sendable, Hashable {
    /// Ticks that were served.
    public var ticks = 0
    /// Ticks that were not, because an earlier one took until after them.
    public var skippedTicks = 0
    /// How late ticks were served.
    public var lateness = LatenessHistogram()
    /// Sum of the lateness of all ticks served.
    public var totalLateness = Interval.zero
    /// The greatest lateness since health was last taken.
    public var worstLateness = Interval.zero
    /// CPU time of the thread.
    public var cpuTime = Interval.zero
    /// Time since the reactor started.
    public var elapsed = Interval.zero
    /// What passed through the sockets.
    public var traffic = TrafficCounts()
    /// What passed through the streams.
    public var streams = StreamCounts()
    /// Sockets open.
    public var openSockets = 0
    /// Datagrams that did not fit into the outbox.
    public var outboxDrops = 0
    /// Commands carried out.
    public var commands = 0
    /// Whether the thread is kept on the CPU that was asked for.
    public var isPinned = false

    /// Nothing happened yet.
    public init() {}

    /// Share of the time that the thread used its CPU.
    public var load: Double { elapsed > .zero ? cpuTime / elapsed : 0 }
}

/// Counts of intervals by size.
public struct LatenessHistogram: Sendable, Hashable {
    /// Upper bounds, exclusive, of all classes but the last, which has none.
    public static let bounds: [Interval] = [
        .microseconds(100), .microseconds(200), .microseconds(500), .milliseconds(1), .milliseconds(2),
        .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(50), .milliseconds(100),
    ]

    /// How many intervals fell into each class.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)

    /// An empty histogram.
    public init() {}

    /// Counts one interval.
    public mutating func add(_ lateness: Interval) {
        var index = 0
        while index < Self.bounds.count, lateness >= Self.bounds[index] { index += 1 }
        counts[index] += 1
    }
}
