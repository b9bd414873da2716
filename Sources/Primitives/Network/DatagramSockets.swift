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

    /// Closes `socket`.
    func close(socket: Int32)
}

/// Why a socket could not be opened.
public enum DatagramSocketError: Error, Hashable, Sendable {
    /// The process may not open more files (`ulimit -n`).
    case tooManyFiles
    /// The system refused with this error number.
    case system(errno: Int32)
}
