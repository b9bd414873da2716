/// How a machine gets UDP sockets without knowing about the kernel: a reactor or a simulated network.
///
/// Called on the thread that owns the machine; answers at once.
public protocol DatagramSockets: AnyObject {
    /// Opens a socket for `owner`, bound to the address the host would use to reach `destination`.
    ///
    /// - Returns: the socket's number, to be used in `Outbox`, and its local address.
    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    )

    /// Tells that `socket` now talks to `destination` only, so that the kernel may skip routing each packet.
    func connect(socket: Int32, to destination: SocketAddress)

    /// Datagrams of an open socket that were lost on this machine: for want of room when they came, and when sending.
    func losses(of socket: Int32) -> SocketLosses

    /// Closes `socket`.
    func close(socket: Int32)
}

extension DatagramSockets {
    /// Sockets that count no losses have none to tell.
    public func losses(of socket: Int32) -> SocketLosses { SocketLosses() }
}

/// Datagrams that one socket lost on our own machine.
public struct SocketLosses: Hashable, Sendable {
    /// Dropped because the receive buffer was full.
    public var dropped: Int
    /// Refused by the system when they were to be sent.
    public var unsent: Int

    /// Notes losses.
    public init(dropped: Int = 0, unsent: Int = 0) {
        self.dropped = dropped
        self.unsent = unsent
    }

    /// Adds up.
    public static func += (left: inout SocketLosses, right: SocketLosses) {
        left.dropped += right.dropped
        left.unsent += right.unsent
    }
}

/// Why a socket could not be opened.
public enum DatagramSocketError: Error, Hashable, Sendable {
    /// The process may not open more files (`ulimit -n`).
    case tooManyFiles
    /// The system refused with this error number.
    case system(errno: Int32)
}
