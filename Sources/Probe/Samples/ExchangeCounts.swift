/// What passed between a participant and the server besides whole media packets, so that the server's counts can be
/// held against ours.
public struct ExchangeCounts: Sendable, Hashable {
    /// RTP packets that arrived on the tracks' own streams: duplicates and padding included, retransmissions left out.
    public var packetsReceived: UInt64 = 0
    /// Retransmissions that arrived on streams of their own.
    public var repairsReceived: UInt64 = 0
    /// Of both, packets that held nothing but padding.
    public var paddingReceived: UInt64 = 0
    /// Packets that we sent only to find out what the path carries.
    public var paddingSent: UInt64 = 0
    /// Packets that we asked the server for again, repetitions included (NACK).
    public var packetsRequested: UInt64 = 0
    /// Packets that the server asked us for again, repetitions included (NACK).
    public var requestsReceived: UInt64 = 0
    /// Key frames that we asked the server for (PLI).
    public var keyFramesRequested: UInt64 = 0
    /// Signalling messages sent.
    public var signalsSent: UInt64 = 0
    /// Signalling messages received.
    public var signalsReceived: UInt64 = 0
    /// Messages sent on data channels.
    public var dataSent: UInt64 = 0
    /// Messages received on data channels.
    public var dataReceived: UInt64 = 0

    /// Nothing counted.
    public init() {}

    /// Adds counts field by field.
    public static func += (left: inout ExchangeCounts, right: ExchangeCounts) {
        left.packetsReceived += right.packetsReceived
        left.repairsReceived += right.repairsReceived
        left.paddingReceived += right.paddingReceived
        left.paddingSent += right.paddingSent
        left.packetsRequested += right.packetsRequested
        left.requestsReceived += right.requestsReceived
        left.keyFramesRequested += right.keyFramesRequested
        left.signalsSent += right.signalsSent
        left.signalsReceived += right.signalsReceived
        left.dataSent += right.dataSent
        left.dataReceived += right.dataReceived
    }
}
