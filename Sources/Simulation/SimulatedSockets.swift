import Primitives

/// UDP sockets on a network that exists only in memory; every socket has a loopback port of its own.
final class SimulatedSockets: DatagramSockets {
    private var owners: [Int] = []
    private var isOpen: [Bool] = []

    /// Datagrams that each socket dropped on purpose.
    private var dropped: [Int] = []
    /// Datagrams that each socket got, those it dropped included.
    private var arrived: [UInt64] = []
    /// Numbers of the datagrams that every socket drops, counted from 1.
    private let dropNumbers: Set<UInt64>

    private static let firstPort = 20_000

    init(dropNumbers: Set<UInt64>) { self.dropNumbers = dropNumbers }

    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) {
        let socket = owners.count
        owners.append(owner)
        isOpen.append(true)
        dropped.append(0)
        arrived.append(0)
        return (Int32(socket), address(of: Int32(socket)))
    }

    func connect(socket: Int32, to destination: SocketAddress) {}

    /// Whether a socket has room for one more datagram, as its receive buffer would.
    func takes(socket: Int32) -> Bool {
        arrived[Int(socket)] += 1
        guard dropNumbers.contains(arrived[Int(socket)]) else { return true }
        dropped[Int(socket)] += 1
        return false
    }

    func losses(of socket: Int32) -> SocketLosses { SocketLosses(dropped: dropped[Int(socket)]) }

    func close(socket: Int32) {
        if Int(socket) < isOpen.count { isOpen[Int(socket)] = false }
    }

    /// The owner of an open socket.
    func owner(of socket: Int32) -> Int? {
        Int(socket) < owners.count && isOpen[Int(socket)] ? owners[Int(socket)] : nil
    }

    /// Where a socket can be reached: addresses in 127/8, one block of ports after the other.
    func address(of socket: Int32) -> SocketAddress {
        let block = UInt32(Int(socket) / 40_000)
        return SocketAddress(v4: 0x7f00_0002 + block, port: UInt16(Self.firstPort + Int(socket) % 40_000))
    }

    /// The socket behind an address.
    func socket(at address: SocketAddress) -> Int32? {
        let block = Int(address.low) - 0x7f00_0002
        let socket = block * 40_000 + Int(address.port) - Self.firstPort
        return block >= 0 && socket >= 0 && socket < owners.count ? Int32(socket) : nil
    }
}
