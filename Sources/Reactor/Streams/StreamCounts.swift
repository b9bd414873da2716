/// What passed through the streams of one reactor since it started.
public struct StreamCounts: Sendable, Hashable {
    /// Connections that came up, ours and those of peers.
    public var opened = 0
    /// Connections that never came up.
    public var failed = 0
    /// Messages received.
    public var messagesReceived = 0
    /// Bytes of these, without frames.
    public var bytesReceived = 0
    /// Messages handed to a stream.
    public var messagesSent = 0
    /// Bytes of these, without frames.
    public var bytesSent = 0
    /// Messages lost because a stream could not take more.
    public var overflows = 0
    /// Messages for a stream that was not open.
    public var sendsToClosedStreams = 0

    /// Nothing counted yet.
    public init() {}
}
