/// What an embedded Visio counted since it started: the server's side of the story.
public struct EmbeddedStatistics: Sendable, Hashable {
    /// Participants that were let in.
    public var joins: UInt64 = 0
    /// Joins that were refused.
    public var refusedJoins: UInt64 = 0
    /// Participants in rooms now.
    public var participants = 0
    /// Tracks published now.
    public var publishedTracks = 0
    /// Participants whose media came up.
    public var connections: UInt64 = 0
    /// Microphones that were published.
    public var audioTracks: UInt64 = 0
    /// Cameras that were published.
    public var videoTracks: UInt64 = 0
    /// Signalling messages received.
    public var signalsReceived: UInt64 = 0
    /// Signalling messages sent.
    public var signalsSent: UInt64 = 0
    /// Messages received on data channels.
    public var dataReceived: UInt64 = 0
    /// Messages sent on data channels.
    public var dataSent: UInt64 = 0
    /// Media packets received from publishers.
    public var packetsIn: UInt64 = 0
    /// Media packets forwarded to subscribers.
    public var packetsForwarded: UInt64 = 0
    /// Media packets thrown away by a deliberate limit or freeze.
    public var packetsWithheld: UInt64 = 0
    /// Retransmissions answered from the packet caches.
    public var retransmissions: UInt64 = 0
    /// Retransmissions asked for too late.
    public var missedRetransmissions: UInt64 = 0
    /// Datagrams that belonged to nobody.
    public var strayDatagrams: UInt64 = 0
    /// Signalling frames that were no protobuf message.
    public var malformedSignals: UInt64 = 0
    /// Data packets that were no protobuf message.
    public var malformedData: UInt64 = 0

    /// Nothing counted.
    public init() {}
}
