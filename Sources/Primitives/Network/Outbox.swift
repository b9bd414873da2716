/// Where machines write the datagrams they want sent: one slab, no allocation per packet.
///
/// A machine that was given input writes whatever follows from it; the host drains the outbox after every call.
/// Consecutive datagrams of one socket to one address with equal sizes (the last may be shorter) can leave in one
/// system call (UDP generic segmentation offload); the host finds such runs by itself.
public struct Outbox: ~Copyable {
    /// One datagram: where its bytes lie, the socket it leaves by and the address it goes to.
    public struct Entry: Sendable {
        /// Offset of the first byte in the slab.
        public var offset: Int
        /// Length in bytes.
        public var count: Int
        /// The sender's socket, as `DatagramSockets` numbered it.
        public var socket: Int32
        /// The destination.
        public var destination: SocketAddress
    }

    /// Largest datagram a machine may write: an Ethernet frame without IP and UDP headers fits.
    public static let maximumDatagramSize = 1500

    private let slab: UnsafeMutableRawBufferPointer
    private var used = 0
    /// The datagrams waiting, in the order they were written.
    public private(set) var entries: ContiguousArray<Entry> = []
    /// Datagrams that did not fit since the outbox was made: a full outbox is our fault and is counted.
    public private(set) var droppedCount = 0

    /// Makes an outbox that holds `capacity` bytes of datagrams between two drains.
    public init(capacity: Int = 4 << 20) {
        slab = .allocate(byteCount: capacity, alignment: 64)
        entries.reserveCapacity(capacity / 512)
    }

    deinit { slab.deallocate() }

    /// Whether nothing waits.
    @inlinable
    public var isEmpty: Bool { entries.isEmpty }

    /// Adds a datagram whose bytes `body` writes; nothing is added when it writes none or overflows.
    ///
    /// - Parameters:
    ///   - socket: The socket to send from.
    ///   - destination: Where to send.
    ///   - body: Gets a buffer of `maximumDatagramSize` bytes and returns how many it used.
    public mutating func append(
        from socket: Int32, to destination: SocketAddress,
        _ body: (UnsafeMutableRawBufferPointer) -> Int
    ) {
        guard slab.count - used >= Self.maximumDatagramSize else {
            droppedCount += 1
            return
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: slab[used..<used + Self.maximumDatagramSize])
        let count = body(room)
        guard count > 0, count <= room.count else { return }
        entries.append(Entry(offset: used, count: count, socket: socket, destination: destination))
        used += count
    }

    /// The bytes of an entry, valid until the next `removeAll`.
    public func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: slab[entry.offset..<entry.offset + entry.count])
    }

    /// Forgets all datagrams and keeps the memory.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        used = 0
    }
}
