import Primitives

/// Sockets and streams on a network that exists only in memory, of participants and of the server.
///
/// Addresses are those of loopback, so that what is allowed in a simulation is what is always allowed.
final class SimulatedSockets: DatagramSockets, StreamSockets {
    /// A UDP socket, or one end of a stream.
    struct Entry {
        /// Whose it is: a participant's index, or `server`.
        var owner: Int
        /// Where it is.
        var address: SocketAddress
        /// Whether it is still open.
        var isOpen = true
        /// Datagrams that it got, those it dropped included.
        var arrived: UInt64 = 0
        /// Datagrams that it dropped on purpose.
        var dropped = 0
        /// The emulated path of a participant's socket; nil at the server.
        var path: Int?
    }

    /// A connection that was asked for.
    struct Opening {
        var socket: Int32
        var owner: Int
        var destination: SocketAddress
        var options: StreamOptions
    }

    /// The owner of the server's sockets.
    static let server = -1

    private static let firstPort = 20_000
    private static let firstRelayPort: UInt16 = 50_000

    /// All sockets and streams; the number is the position.
    private(set) var entries: [Entry] = []
    private var socketOfAddress: [SocketAddress: Int32] = [:]
    /// Connections that were asked for and are not yet on their way.
    private var openings: [Opening] = []
    /// Streams that were closed and whose other ends do not know it yet.
    private var closings: [Int32] = []
    private var participantSockets = 0
    private var relays: UInt16 = 0
    private var streams = 0
    /// Numbers of the datagrams that every participant's UDP socket drops, counted from 1.
    private let dropNumbers: Set<UInt64>

    init(dropNumbers: Set<UInt64>) { self.dropNumbers = dropNumbers }

    /// Opens a door of the server.
    func openDoor(_ address: SocketAddress) -> Int32 {
        add(Entry(owner: Self.server, address: address), isReachable: true)
    }

    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) {
        let isV6 = destination?.family == .v6
        let address: SocketAddress
        var path: Int?
        if owner == Self.server {
            relays += 1
            address = Self.loopback(0, port: Self.firstRelayPort + relays, isV6: isV6)
        } else {
            // One block of ports after the other, on addresses of their own.
            address = Self.loopback(
                1 + participantSockets / 40_000, port: UInt16(Self.firstPort + participantSockets % 40_000),
                isV6: isV6)
            path = participantSockets
            participantSockets += 1
        }
        return (add(Entry(owner: owner, address: address, path: path), isReachable: true), address)
    }

    func connect(socket: Int32, to destination: SocketAddress) {}

    /// Whether a participant's UDP socket has room for one more datagram, as its receive buffer would.
    func takes(socket: Int32) -> Bool {
        guard socketOfAddress[entries[Int(socket)].address] == socket else { return true }
        entries[Int(socket)].arrived += 1
        guard dropNumbers.contains(entries[Int(socket)].arrived) else { return true }
        entries[Int(socket)].dropped += 1
        return false
    }

    func losses(of socket: Int32) -> SocketLosses {
        SocketLosses(dropped: entries.indices.contains(Int(socket)) ? entries[Int(socket)].dropped : 0)
    }

    func close(socket: Int32) {
        guard entries.indices.contains(Int(socket)) else { return }
        entries[Int(socket)].isOpen = false
        socketOfAddress[entries[Int(socket)].address] = nil
    }

    func openStream(
        owner: Int, to destination: SocketAddress, options: StreamOptions
    ) throws(DatagramSocketError) -> Int32 {
        let address = Self.loopback(
            100 + streams / 40_000, port: UInt16(Self.firstPort + streams % 40_000),
            isV6: destination.family == .v6)
        // Streams share nothing with datagrams but the machine: their paths are numbered apart.
        let socket = add(Entry(owner: owner, address: address, path: streams), isReachable: false)
        streams += 1
        openings.append(Opening(socket: socket, owner: owner, destination: destination, options: options))
        return socket
    }

    func closeStream(_ socket: Int32) {
        guard entries.indices.contains(Int(socket)), entries[Int(socket)].isOpen else { return }
        entries[Int(socket)].isOpen = false
        closings.append(socket)
    }

    /// The server's end of a stream, with a number of its own.
    func accept() -> Int32 { add(Entry(owner: Self.server, address: .loopback(port: 0)), isReachable: false) }

    /// Whether a socket or stream is open.
    func isOpen(_ socket: Int32) -> Bool {
        entries.indices.contains(Int(socket)) && entries[Int(socket)].isOpen
    }

    /// The socket behind an address, if one is open there.
    func socket(at address: SocketAddress) -> Int32? { socketOfAddress[address] }

    /// Connections that were asked for since the last call, in order.
    func takeOpenings() -> [Opening] {
        defer { openings.removeAll() }
        return openings
    }

    /// Streams that were closed since the last call, in order.
    func takeClosings() -> [Int32] {
        defer { closings.removeAll() }
        return closings
    }

    private func add(_ entry: Entry, isReachable: Bool) -> Int32 {
        let socket = Int32(entries.count)
        entries.append(entry)
        if isReachable { socketOfAddress[entry.address] = socket }
        return socket
    }

    /// An address in 127.0.0.0/8, or an IPv6 one that stands for the same host; only ::1 is loopback there, so hosts
    /// are told apart by their ports.
    private static func loopback(_ host: Int, port: UInt16, isV6: Bool) -> SocketAddress {
        isV6
            ? SocketAddress(v6High: 0, low: 1, port: port)
            : SocketAddress(v4: 0x7f00_0001 + UInt32(host), port: port)
    }
}
