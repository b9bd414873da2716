/// What passed through the sockets of one reactor since it started.
public struct TrafficCounts: Sendable, Hashable {
    /// Datagrams received.
    public var datagramsReceived = 0
    /// Bytes received, without IP and UDP headers.
    public var bytesReceived = 0
    /// Datagrams longer than the receive buffer, which were dropped.
    public var oversizedReceived = 0
    /// Errors reported when receiving, such as a peer's closed port.
    public var receiveErrors = 0
    /// Datagrams handed to the kernel.
    public var datagramsSent = 0
    /// Bytes handed to the kernel, without IP and UDP headers.
    public var bytesSent = 0
    /// System calls that sent those; fewer than datagrams where runs left in one call.
    public var sendCalls = 0
    /// Datagrams lost here because a send buffer was full.
    public var sendBufferFull = 0
    /// Datagrams that the kernel refused for another reason.
    public var sendFailures = 0
    /// Datagrams for a socket that was closed meanwhile.
    public var sendsToClosedSockets = 0
    /// Datagrams that the kernel dropped because a receive buffer was full, closed sockets included.
    public var receiveBufferDrops = 0

    /// Nothing counted yet.
    public init() {}
}
