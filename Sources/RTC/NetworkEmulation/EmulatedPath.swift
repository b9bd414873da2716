public import Primitives

/// One direction of an emulated path together with the datagrams that are on their way.
///
/// `NetworkPathEmulator` decides when a datagram arrives; here it waits until then. Datagrams of one instant arrive
/// in the order in which they entered. Memory grows with the most datagrams that were ever on their way at once and
/// is used again, so that a path in steady state allocates nothing.
public struct EmulatedPath: Sendable {
    /// A datagram that has arrived.
    public struct Arrival: Sendable {
        /// When it arrived by the path's own time, however late it is taken.
        public var instant: Instant
        /// How many bytes it has, in the buffer that was given.
        public var count: Int
        /// The socket it was admitted with.
        public var socket: Int32
        /// The address it was admitted with.
        public var peer: SocketAddress
    }

    /// Datagrams that are longer are lost.
    public static let maximumDatagramSize = 2048

    /// Decides what becomes of a datagram.
    private var emulator: NetworkPathEmulator

    private struct Held: Sendable {
        var count: Int
        var socket: Int32
        var peer: SocketAddress
    }

    /// When the datagram in each slot arrives.
    private var arrivals = DeadlineHeap()
    /// What lies in each slot.
    private var held: ContiguousArray<Held> = []
    /// The bytes, `maximumDatagramSize` for each slot.
    private var bytes: ContiguousArray<UInt8> = []
    /// When the last message of each TCP connection arrives that has some on their way.
    private var streamArrivals: [(socket: Int32, latest: Instant)] = []
    /// Slots that are free.
    private var freeSlots: ContiguousArray<Int32> = []

    /// Makes an empty path that draws from forks of `generator`.
    public init(profile: NetworkPathProfile, generator: SeededGenerator) {
        emulator = NetworkPathEmulator(profile: profile, generator: generator)
    }

    /// What the path does; may be changed at any time, and holds for the datagrams admitted from then on.
    public var profile: NetworkPathProfile {
        get { emulator.profile }
        set { emulator.profile = newValue }
    }

    /// How many datagrams met which fate.
    public var statistics: NetworkPathEmulator.Statistics { emulator.statistics }

    /// When the next datagram arrives; nil when none is on its way.
    public var deadline: Instant? { arrivals.soonest }

    /// Lets a datagram enter; its bytes are copied.
    ///
    /// - Parameters:
    ///   - datagram: The bytes.
    ///   - socket: Whose it is, to be told when it arrives.
    ///   - peer: Where it comes from or goes to, likewise.
    ///   - now: Not before the `now` of the call before.
    /// - Returns: What becomes of it.
    @discardableResult
    public mutating func admit(
        _ datagram: UnsafeRawBufferPointer, socket: Int32, peer: SocketAddress, now: Instant
    ) -> NetworkPathEmulator.Delivery {
        let delivery = emulator.admit(byteCount: datagram.count, now: now)
        guard datagram.count <= Self.maximumDatagramSize else { return delivery }
        let entry = Held(count: datagram.count, socket: socket, peer: peer)
        if let first = delivery.first { hold(datagram, entry, until: first) }
        if let second = delivery.second { hold(datagram, entry, until: second) }
        return delivery
    }

    /// Lets a message of a TCP connection enter; its bytes are copied.
    ///
    /// Messages of one connection keep their order.
    ///
    /// - Parameters:
    ///   - message: The bytes.
    ///   - socket: Whose it is, to be told when it arrives.
    ///   - peer: Where it comes from or goes to, likewise.
    ///   - now: Not before the `now` of the call before.
    /// - Returns: When it arrives; nil if the connection takes no more.
    @discardableResult
    public mutating func carry(
        _ message: UnsafeRawBufferPointer, socket: Int32, peer: SocketAddress, now: Instant
    ) -> Instant? {
        guard let arrival = emulator.carry(byteCount: message.count, now: now),
            message.count <= Self.maximumDatagramSize
        else { return nil }
        let instant = max(arrival, latestArrival(ofStream: socket) ?? arrival)
        streamArrivals.removeAll { $0.socket == socket || $0.latest < now }
        streamArrivals.append((socket, instant))
        hold(message, Held(count: message.count, socket: socket, peer: peer), until: instant)
        return instant
    }

    /// How long a segment without data takes that enters now.
    public mutating func segmentTime(now: Instant) -> Interval {
        emulator.carry(byteCount: 12, now: now).map { $0 - now } ?? emulator.profile.delay
    }

    /// When the last message of a TCP connection arrives; nil if none is on its way.
    public func latestArrival(ofStream socket: Int32) -> Instant? {
        streamArrivals.first { $0.socket == socket }?.latest
    }

    /// Takes the next datagram that has arrived by `now`; nil when there is none.
    ///
    /// - Parameter room: Gets the bytes; `maximumDatagramSize` at least.
    public mutating func takeArrival(by now: Instant, into room: UnsafeMutableRawBufferPointer) -> Arrival? {
        guard let instant = arrivals.soonest, let slot = arrivals.popDue(now: now) else { return nil }
        let entry = held[Int(slot)]
        let start = Int(slot) * Self.maximumDatagramSize
        bytes.withUnsafeBytes {
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + entry.count]))
        }
        freeSlots.append(slot)
        return Arrival(instant: instant, count: entry.count, socket: entry.socket, peer: entry.peer)
    }

    private mutating func hold(_ datagram: UnsafeRawBufferPointer, _ entry: Held, until instant: Instant) {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
            held[Int(slot)] = entry
        } else {
            slot = Int32(held.count)
            held.append(entry)
            bytes.append(contentsOf: repeatElement(0, count: Self.maximumDatagramSize))
        }
        let start = Int(slot) * Self.maximumDatagramSize
        bytes.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + entry.count]).copyMemory(
                from: datagram)
        }
        arrivals.set(slot, at: instant)
    }
}
