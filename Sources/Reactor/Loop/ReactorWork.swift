public import Primitives

/// What a reactor drives: made, called and released on the reactor's thread only.
///
/// All `now`s of one batch are equal. What is written to an outbox is sent when the call has returned.
public protocol ReactorWork: AnyObject {
    /// What other threads may ask for.
    associatedtype Command: Sendable

    /// Begins; `sockets` and `streams` may be kept and used on this thread.
    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant)

    /// Takes a datagram or a message of a stream, which may be changed in place and lies in memory with `ReactorConfiguration.receiveRoom`
    /// bytes; it is valid during the call.
    ///
    /// - Parameters:
    ///   - datagram: The bytes received.
    ///   - socket: The socket's number.
    ///   - owner: The owner that the socket was opened for.
    ///   - source: Where it came from.
    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox)

    /// Takes what happened to a stream besides messages.
    func receive(
        _ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox)

    /// Carries out a command.
    func receive(_ command: Command, now: Instant, into outbox: inout Outbox)

    /// Does what is due. Called at every tick, and at deadlines between ticks.
    func tick(now: Instant, into outbox: inout Outbox)

    /// When `tick` should be called at the latest; nil leaves it to the ticks.
    var deadline: Instant? { get }

    /// Says farewell; nothing is called afterwards.
    func stop(now: Instant, into outbox: inout Outbox)
}

extension ReactorWork {
    /// Work without streams hears nothing of them.
    public func receive(
        _ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox
    ) {}

    /// Leaves without a word.
    public func stop(now: Instant, into outbox: inout Outbox) {}
}

/// How a reactor runs.
public struct ReactorConfiguration: Sendable {
    /// Bytes of memory a received datagram lies in; longer ones are dropped.
    public static let receiveRoom = 2048

    /// Name of the thread, of which the system shows 15 bytes.
    public var name: String
    /// The only CPU to run on; nil lets the system choose.
    public var cpu: Int?
    /// Time between two looks at the sockets.
    ///
    /// Datagrams wait for it: not waking for each of them halves the cost.
    public var tick: Interval
    /// Bytes of datagrams that may be written between two sends.
    public var outboxCapacity: Int

    /// Makes a configuration.
    public init(
        name: String, cpu: Int? = nil, tick: Interval = .milliseconds(1), outboxCapacity: Int = 4 << 20
    ) {
        precondition(tick > .zero, "a tick takes time")
        self.name = name
        self.cpu = cpu
        self.tick = tick
        self.outboxCapacity = outboxCapacity
    }
}
