import CLinux
import Glibc
public import Primitives

/// The UDP sockets of one thread, numbered densely from 0; a closed socket's number is used again.
///
/// Not safe to share between threads. Closing happens at the latest when the object goes away.
public final class UDPSockets: DatagramSockets {
    /// One open socket.
    struct Slot {
        /// The file descriptor; -1 while the number is free.
        var descriptor: Int32 = -1
        /// Whose socket it is.
        var owner = 0
        /// The only peer, once connected.
        var remote: SocketAddress?
        /// The value of `drySweeps` when it was connected: older datagrams may be of other peers.
        var connectedAt = 0
        /// Whether its device cannot cut datagrams out of larger sends.
        var isSegmentationRefused = false
        /// The kernel's drop counter when it was last read.
        var drops: UInt32 = 0
        /// Datagrams that the kernel did not take.
        var unsent = 0
    }

    /// Size of the receive buffer of a client's socket: 910 packets of 1100 bytes, a burst of key frames.
    public static let clientReceiveBuffer = 1 << 20
    /// Size of the receive buffer of a server's socket, which all clients share.
    public static let serverReceiveBuffer = 8 << 20
    /// Size of every send buffer.
    public static let sendBuffer = 1 << 20

    /// What passed through.
    public internal(set) var counts = TrafficCounts()
    /// How many sockets are open.
    public private(set) var openCount = 0
    /// How often all sockets were found empty.
    private(set) var drySweeps = 0
    private var slots: ContiguousArray<Slot> = []
    private var free: [Int32] = []
    private let epoll: Int32
    private var dropCursor = 0

    /// Makes an empty set.
    public init() throws(SystemError) {
        epoll = try SystemError.check("epoll_create1", clinux_epoll_open())
    }

    deinit {
        for slot in slots where slot.descriptor >= 0 { _ = clinux_close(slot.descriptor) }
        _ = clinux_close(epoll)
    }

    /// Opens a socket bound to the address from which a packet to `destination` would leave.
    ///
    /// Without a destination the default route decides, and loopback if there is none.
    public func openSocket(
        owner: Int, toward destination: SocketAddress?
    ) throws(DatagramSocketError) -> (socket: Int32, local: SocketAddress) {
        // 192.0.2.1 is reserved for documentation (RFC 5737): as far away as an address can be.
        var target = clinux_address(destination ?? SocketAddress(v4: 0xc000_0201, port: 9))
        var local = clinux_address()
        let error = clinux_udp_route(&target, &local)
        if error < 0 {
            guard destination == nil, error != -EMFILE, error != -ENFILE else { throw Self.failure(error) }
            local = clinux_address(.loopback(port: 0))
        }
        return try open(owner: owner, bind: local, receiveBuffer: Self.clientReceiveBuffer)
    }

    /// Opens a socket bound to `address`, on which a server hears all its clients; port 0 means any.
    public func openServerSocket(
        owner: Int, bind address: SocketAddress
    ) throws(DatagramSocketError) -> (socket: Int32, local: SocketAddress) {
        try open(owner: owner, bind: clinux_address(address), receiveBuffer: Self.serverReceiveBuffer)
    }

    /// Tells the kernel the only peer, which makes sending cheaper and drops what others send.
    ///
    /// If the kernel refuses, the socket stays unconnected, which works as well.
    public func connect(socket: Int32, to destination: SocketAddress) {
        guard let slot = slot(socket) else { return }
        var peer = clinux_address(destination)
        guard clinux_udp_connect(slot.descriptor, &peer) == 0 else { return }
        slots[Int(socket)].remote = destination
        slots[Int(socket)].connectedAt = drySweeps
    }

    /// Closes a socket; what was not read of it is lost.
    public func close(socket: Int32) {
        guard let slot = slot(socket) else { return }
        readDrops(Int(socket))
        _ = clinux_close(slot.descriptor)
        slots[Int(socket)] = Slot()
        free.append(socket)
        openCount -= 1
    }

    /// The size of a socket's receive buffer as the kernel grants it, including its own overhead; nil if closed.
    public func receiveBuffer(of socket: Int32) -> Int? {
        guard let slot = slot(socket) else { return nil }
        let size = clinux_udp_receive_buffer(slot.descriptor)
        return size < 0 ? nil : Int(size)
    }

    /// Datagrams dropped so far because the receive buffer of an open socket was full.
    public func drops(of socket: Int32) -> Int {
        guard slot(socket) != nil else { return 0 }
        readDrops(Int(socket))
        return Int(slots[Int(socket)].drops)
    }

    /// Datagrams of an open socket that were lost on this machine.
    public func losses(of socket: Int32) -> SocketLosses {
        guard slot(socket) != nil else { return SocketLosses() }
        return SocketLosses(dropped: drops(of: socket), unsent: slots[Int(socket)].unsent)
    }

    /// Brings `counts.receiveBufferDrops` up to date for the next `limit` sockets, going round.
    public func readDrops(limit: Int = .max) {
        for _ in 0..<min(limit, slots.count) {
            dropCursor = dropCursor + 1 < slots.count ? dropCursor + 1 : 0
            readDrops(dropCursor)
        }
    }

    private func readDrops(_ index: Int) {
        var drops: UInt32 = 0
        guard slots[index].descriptor >= 0, clinux_udp_drops(slots[index].descriptor, &drops) == 0 else {
            return
        }
        counts.receiveBufferDrops += Int(drops &- slots[index].drops)
        slots[index].drops = drops
    }

    private func open(
        owner: Int, bind address: clinux_address, receiveBuffer: Int
    ) throws(DatagramSocketError) -> (socket: Int32, local: SocketAddress) {
        var local = address
        let descriptor = clinux_udp_open(&local)
        guard descriptor >= 0 else { throw Self.failure(descriptor) }
        let socket = free.last ?? Int32(slots.count)
        var error = clinux_udp_set_buffers(descriptor, Int32(receiveBuffer), Int32(Self.sendBuffer))
        if error == 0 { error = clinux_udp_local_address(descriptor, &local) }
        if error == 0 { error = clinux_epoll_add(epoll, descriptor, UInt32(socket)) }
        guard error == 0 else {
            _ = clinux_close(descriptor)
            throw Self.failure(error)
        }
        if free.popLast() == nil { slots.append(Slot()) }
        slots[Int(socket)] = Slot(descriptor: descriptor, owner: owner)
        openCount += 1
        return (socket, SocketAddress(local))
    }

    private static func failure(_ result: Int32) -> DatagramSocketError {
        result == -EMFILE || result == -ENFILE ? .tooManyFiles : .system(errno: -result)
    }
}

extension UDPSockets {
    /// The open socket of this number.
    func slot(_ socket: Int32) -> Slot? {
        guard slots.indices.contains(Int(socket)), slots[Int(socket)].descriptor >= 0 else { return nil }
        return slots[Int(socket)]
    }

    /// Remembers datagrams that the kernel did not take.
    func noteUnsent(_ socket: Int32, datagrams: Int) { slots[Int(socket)].unsent += datagrams }

    /// Remembers that a socket's datagrams must be sent one by one.
    func refuseSegmentation(_ socket: Int32) { slots[Int(socket)].isSegmentationRefused = true }

    /// The numbers of sockets with something to read, as many as `ready` holds; none means that all are empty.
    func poll(into ready: UnsafeMutableBufferPointer<UInt32>) -> Int {
        let count = clinux_epoll_poll(epoll, ready.baseAddress, Int32(ready.count))
        if count <= 0 { drySweeps += 1 }
        return Int(max(0, count))
    }

    /// Receives one datagram into `buffer`; nil if there was none that is fit to use.
    func receive(
        _ socket: Int32, into buffer: UnsafeMutableRawBufferPointer
    ) -> (count: Int, owner: Int, source: SocketAddress)? {
        guard let slot = slot(socket) else { return nil }
        let count: Int32
        let source: SocketAddress
        if let remote = slot.remote, slot.connectedAt < drySweeps {
            count = clinux_receive(slot.descriptor, buffer.baseAddress, buffer.count)
            source = remote
        } else {
            var address = clinux_address()
            count = clinux_receive_from(slot.descriptor, buffer.baseAddress, buffer.count, &address)
            source = SocketAddress(address)
        }
        guard count >= 0 else {
            if count != -EAGAIN { counts.receiveErrors += 1 }
            return nil
        }
        counts.datagramsReceived += 1
        counts.bytesReceived += Int(count)
        guard Int(count) <= buffer.count else {
            counts.oversizedReceived += 1
            return nil
        }
        return (Int(count), slot.owner, source)
    }
}

extension clinux_address {
    init(_ address: SocketAddress) {
        self.init(high: address.high, low: address.low, port: address.port, family: address.family.rawValue)
    }
}

extension SocketAddress {
    init(_ address: clinux_address) {
        if address.family == 6 {
            self.init(v6High: address.high, low: address.low, port: address.port)
        } else {
            self.init(v4: UInt32(truncatingIfNeeded: address.low), port: address.port)
        }
    }
}
