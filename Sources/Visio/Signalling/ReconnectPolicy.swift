public import Primitives

/// When livekit-client tries again after it lost its connection (`DefaultReconnectPolicy`).
public struct ReconnectPolicy: Sendable {
    /// The delay before each attempt; after as many attempts it gives up.
    public static let delays: [Interval] =
        [.zero] + (1...4).map { .milliseconds($0 * $0 * 300) } + Array(repeating: .seconds(7), count: 5)
    /// How much is drawn on top of each delay, from the third attempt on.
    public static let jitter = Interval.seconds(1)
    /// The least time a client waits after its signalling is back before it looks at its transports
    /// (`minReconnectWait`).
    public static let settlingTime = Interval.seconds(2)
    /// How long a connection that the peer closed is still taken for a living one: browsers notice by its silence (ICE
    /// consent, RFC 7675), and who is sent away gets word of that meanwhile.
    public static let closingTime = Interval.seconds(5)
    /// How long it then waits for them: livekit-client's 15 s, which Meet's page makes 60 s
    /// (`peerConnectionTimeout`).
    public static let transportTimeout = Interval.seconds(60)

    /// Makes the policy.
    public init() {}

    /// The delay before attempt `number`, counted from 0; nil when it is time to give up.
    public func delay(before number: Int, using generator: inout SeededGenerator) -> Interval? {
        guard Self.delays.indices.contains(number) else { return nil }
        guard number > 1 else { return Self.delays[number] }
        return Self.delays[number] + Self.jitter * generator.uniform()
    }
}
