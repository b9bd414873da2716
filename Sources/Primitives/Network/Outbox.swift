/// Where machines write the datagrams they want sent: one slab, no allocation per packet.
///
/// A machine that was given input writes whatever follows from it; the host drains the outbox after every call.
/// Sockets are numbered from zero on. Numbers below zero are a machine's own relays: room is left around their datagrams,
/// and the machine puts them into what its relay understands (`encapsulate`) before it returns.
///
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
    /// Room in front of a relay's datagram: TURN's Send indication to an IPv6 peer (RFC 8656 section 11.1).
    public static let relayHeadroom = 48
    /// Room behind a relay's datagram: padding to a multiple of four (RFC 8656 section 12.5).
    static let relayTailroom = 4

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
        let isRelay = socket < 0
        let start = used + (isRelay ? Self.relayHeadroom : 0)
        guard slab.count - start >= Self.maximumDatagramSize + (isRelay ? Self.relayTailroom : 0) else {
            droppedCount += 1
            return
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: slab[start..<start + Self.maximumDatagramSize])
        let count = body(room)
        guard count > 0, count <= room.count else { return }
        entries.append(Entry(offset: start, count: count, socket: socket, destination: destination))
        used = start + count + (isRelay ? Self.relayTailroom : 0)
    }

    /// Wraps a relay's datagram in place and hands it to the socket that leads to the relay.
    ///
    /// - Parameters:
    ///   - index: The entry; its socket's number is below zero.
    ///   - headerCount: Bytes to put in front, at most `relayHeadroom`.
    ///   - paddingCount: Zero bytes to put behind, at most three.
    ///   - socket: The socket that leads to the relay.
    ///   - destination: Where the relay is.
    ///   - header: Writes the bytes in front.
    public mutating func encapsulate(
        _ index: Int, headerCount: Int, paddingCount: Int, from socket: Int32, to destination: SocketAddress,
        header: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let entry = entries[index]
        precondition(
            entry.socket < 0 && headerCount <= Self.relayHeadroom && paddingCount < Self.relayTailroom,
            "only a relay's datagram has room around it")
        let start = entry.offset - headerCount
        header(UnsafeMutableRawBufferPointer(rebasing: slab[start..<entry.offset]))
        let end = entry.offset + entry.count
        for position in end..<end + paddingCount { slab[position] = 0 }
        entries[index] = Entry(
            offset: start, count: headerCount + entry.count + paddingCount, socket: socket,
            destination: destination)
    }

    /// Takes back the datagrams from position `first` on for which `condition` holds.
    public mutating func removeEntries(from first: Int, where condition: (Entry) -> Bool) {
        guard first < entries.count else { return }
        var kept = first
        for index in first..<entries.count where !condition(entries[index]) {
            entries[kept] = entries[index]
            kept += 1
        }
        entries.removeLast(entries.count - kept)
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
