import CLinux
import Glibc
public import Primitives
import WireFormats

/// The TCP connections of one thread, with TLS where it is wanted; their numbers never meet those of UDP sockets.
///
/// Nothing here ever waits: a peer that does not answer costs a timer, one that does not read costs the messages meant
/// for it. Not safe to share between threads.
public final class TCPStreams: StreamSockets {
    /// How far a connection is.
    enum Stage {
        /// The number is free.
        case free
        /// Waits for peers to connect.
        case listening
        /// TCP is being opened; given up at this time.
        case connecting(until: Instant)
        /// TLS is being opened; given up at this time.
        case securing(until: Instant)
        /// Messages may pass.
        case open
    }

    /// One connection, or one socket that listens.
    struct Slot {
        var descriptor: Int32 = -1
        var owner = 0
        var stage = Stage.free
        var options = StreamOptions(framing: .lengthPrefixed)
        /// The other end.
        var remote = SocketAddress.loopback(port: 0)
        /// Cuts what is received.
        var deframer = StreamDeframer(.lengthPrefixed)
        /// TLS, where it is wanted.
        var security: (any StreamSecurity)?
        /// Whether a peer opened the connection, and to which socket.
        var listener: Int32?
        /// Bytes that the kernel did not take.
        var pending: [UInt8] = []
        /// How many of these are gone already.
        var pendingStart = 0
        /// Whether the descriptor is watched for room.
        var isWatchedForOutput = false
        /// Tells apart connections that had the same number.
        var generation = 0
    }

    /// Numbers of streams begin here.
    public static let firstNumber: Int32 = 1 << 30
    /// The kernel's send buffer of a connection: Chrome's `kTcpSendSocketBufferSize`.
    static let sendBuffer: Int32 = 128 * 1024
    /// Most bytes that wait beside it: Chrome's `kDefaultMaximumInFlightBytes`.
    static let pendingLimit = 64 * 1024
    /// Longest wait for TCP, and then for TLS: ICE gives up after 15 s in all.
    static let openTimeout = Interval.seconds(10)

    /// What passed through.
    public internal(set) var counts = StreamCounts()
    /// Connections and listening sockets that are open.
    public private(set) var openCount = 0
    /// Makes our end of TLS for a peer with this name.
    public var makeSecurity: ((_ tlsName: String) -> (any StreamSecurity)?)?
    /// Makes the end of TLS of a socket that listens, by its number.
    var serverSecurity: [Int32: () -> (any StreamSecurity)?] = [:]
    /// All numbers, by position.
    var slots: ContiguousArray<Slot> = []
    /// Positions whose time to open is running.
    var opening: [Int] = []
    /// Where received bytes, frames and ciphertext are put together.
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 64)
    /// Where outgoing frames are put together.
    let frame = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 * 1024, alignment: 64)
    let epoll: Int32
    let ready: UnsafeMutableBufferPointer<UInt32>
    private var free: [Int] = []
    private var generations = 0

    /// Makes an empty set.
    public init() throws(SystemError) {
        epoll = try SystemError.check("epoll_create1", clinux_epoll_open())
        ready = .allocate(capacity: 64)
        ready.initialize(repeating: 0)
    }

    deinit {
        for slot in slots where slot.descriptor >= 0 { _ = clinux_close(slot.descriptor) }
        _ = clinux_close(epoll)
        ready.deallocate()
        room.deallocate()
        frame.deallocate()
    }

    /// Begins to connect.
    public func openStream(
        owner: Int, to destination: SocketAddress, options: StreamOptions
    ) throws(DatagramSocketError) -> Int32 {
        var peer = clinux_address(destination)
        let descriptor = clinux_tcp_connect(&peer, Self.sendBuffer)
        guard descriptor >= 0 else { throw Self.failure(descriptor) }
        var slot = Slot(descriptor: descriptor, owner: owner, options: options, remote: destination)
        slot.deframer = StreamDeframer(options.framing)
        // The clock is the reactor's: the time runs from the next `serve`.
        slot.stage = .connecting(until: .zero)
        let index = try add(slot, wantsOutput: true)
        opening.append(index)
        return Self.number(index)
    }

    /// Listens on an address; who connects is told by `StreamEvent.accepted`.
    ///
    /// - Parameter security: Makes the end of TLS of each connection; nil for streams without TLS.
    public func listen(
        owner: Int, on address: SocketAddress, framing: StreamFraming,
        security: (() -> (any StreamSecurity)?)? = nil
    ) throws(DatagramSocketError) -> (socket: Int32, local: SocketAddress) {
        var local = clinux_address(address)
        let descriptor = clinux_tcp_listen(&local, Self.sendBuffer)
        guard descriptor >= 0 else { throw Self.failure(descriptor) }
        _ = clinux_udp_local_address(descriptor, &local)
        var slot = Slot(
            descriptor: descriptor, owner: owner, options: StreamOptions(framing: framing),
            remote: SocketAddress(local))
        slot.stage = .listening
        let number = Self.number(try add(slot, wantsOutput: false))
        serverSecurity[number] = security
        return (number, SocketAddress(local))
    }

    /// Closes a connection or a listening socket; what was not sent is lost.
    public func closeStream(_ socket: Int32) {
        guard let index = index(socket) else { return }
        slots[index].security?.close()
        transmitSecurity(index)
        release(index)
    }

    /// Gives a number back.
    func release(_ index: Int) {
        _ = clinux_close(slots[index].descriptor)
        serverSecurity[Self.number(index)] = nil
        opening.removeAll { $0 == index }
        slots[index] = Slot()
        free.append(index)
        openCount -= 1
    }

    /// Adds a descriptor; it is closed when that fails.
    func add(_ slot: Slot, wantsOutput: Bool) throws(DatagramSocketError) -> Int {
        let index = free.last ?? slots.count
        let error = clinux_epoll_watch(
            epoll, slot.descriptor, UInt32(index), wantsOutput ? 1 : 0, 1)
        guard error == 0 else {
            _ = clinux_close(slot.descriptor)
            throw Self.failure(error)
        }
        if free.popLast() == nil { slots.append(Slot()) }
        slots[index] = slot
        slots[index].isWatchedForOutput = wantsOutput
        generations += 1
        slots[index].generation = generations
        openCount += 1
        return index
    }

    static func number(_ index: Int) -> Int32 { firstNumber + Int32(index) }

    /// The position of an open number.
    func index(_ socket: Int32) -> Int? {
        let index = Int(socket) - Int(Self.firstNumber)
        guard slots.indices.contains(index), slots[index].descriptor >= 0 else { return nil }
        return index
    }

    private static func failure(_ result: Int32) -> DatagramSocketError {
        result == -EMFILE || result == -ENFILE ? .tooManyFiles : .system(errno: -result)
    }
}
