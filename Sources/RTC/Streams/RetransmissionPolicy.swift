public import Primitives

/// When a receiver asks for a missing packet, how often, and when it stops hoping.
public struct RetransmissionPolicy: Sendable, Hashable {
    /// Whether missing packets are asked for at all; they are counted either way.
    public var requestsRetransmission: Bool
    /// How long a packet may be overtaken by others before it counts as lost and is asked for.
    public var reorderTolerance: Interval = .milliseconds(20)
    /// The shortest time between two requests for one packet.
    public var minimumRetryInterval: Interval = .milliseconds(20)
    /// The longest time between two requests for one packet.
    public var maximumRetryInterval: Interval = .milliseconds(400)
    /// The round-trip time that is assumed until one is measured.
    public var assumedRoundTripTime: Interval = .milliseconds(100)
    /// By how much the time to the next request grows with every request.
    public var backoff = 1.25
    /// How often one packet is asked for.
    public var maximumRequestCount = 10
    /// How long after its gap was seen a packet is given up.
    public var giveUpAge: Interval = .seconds(2)
    /// How many packets a missing one may lie behind the newest before it is given up.
    public var giveUpDistance: Int64

    /// Makes a policy with the usual times.
    public init(requestsRetransmission: Bool, giveUpDistance: Int64 = 1000) {
        precondition(1...1000 ~= giveUpDistance, "a gap must stay within the window of remembered packets")
        self.requestsRetransmission = requestsRetransmission
        self.giveUpDistance = giveUpDistance
    }

    /// How long to wait for an answer to request number `count`, which starts at 1.
    public func retryInterval(after count: Int, roundTripTime: Interval?) -> Interval {
        var interval = max(roundTripTime ?? assumedRoundTripTime, minimumRetryInterval)
        for _ in 1..<max(count, 1) where interval < maximumRetryInterval { interval = interval * backoff }
        return min(interval, maximumRetryInterval)
    }
}
