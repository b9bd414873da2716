import Primitives
import Reactor
import Synchronization

/// What a test's work saw, to be read by the test's own thread.
final class Observations: Sendable {
    struct State {
        var received: [[UInt8]] = []
        var sources: [SocketAddress] = []
        var owners: [Int] = []
        var local: SocketAddress?
        var commands: [String] = []
        var ticks = 0
        var threads: Set<UInt> = []
        var events: [String] = []
    }

    private let state = Mutex(State())

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    var now: State { state.withLock { $0 } }

    /// Waits until `condition` holds; false after ten seconds, which only a broken reactor needs.
    func wait(for condition: (State) -> Bool) -> Bool {
        let clock = MonotonicClock()
        while clock.now < .seconds(10.0) {
            if condition(now) { return true }
            pause()
        }
        return false
    }
}

/// Sends what it is told, and sends back what it receives if it is an echo.
final class EchoWork: ReactorWork {
    enum Command: Sendable {
        case send([[UInt8]], to: SocketAddress)
        case connect(to: SocketAddress)
        case note(String)
    }

    private let isEcho: Bool
    private let observations: Observations
    private var sockets: UDPSockets?
    private var socket: Int32 = -1
    private(set) var deadline: Instant?

    init(isEcho: Bool, observations: Observations) {
        self.isEcho = isEcho
        self.observations = observations
        observations.change { state in
            state.threads.insert(currentThread())
            state.events.append("made")
        }
    }

    deinit {
        observations.change { state in
            state.threads.insert(currentThread())
            state.events.append("released")
        }
    }

    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant) {
        self.sockets = sockets
        let opened = try? sockets.openSocket(owner: 17, toward: .loopback(port: 9))
        socket = opened?.socket ?? -1
        observations.change { state in
            state.threads.insert(currentThread())
            state.events.append("started")
            state.local = opened?.local
        }
    }

    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        let bytes = Array(datagram)
        observations.change { state in
            state.received.append(bytes)
            state.sources.append(source)
            state.owners.append(owner)
        }
        if isEcho { write(bytes, to: source, into: &outbox) }
    }

    func receive(_ command: Command, now: Instant, into outbox: inout Outbox) {
        switch command {
        case .send(let datagrams, let address):
            for bytes in datagrams { write(bytes, to: address, into: &outbox) }
        case .connect(let address):
            sockets?.connect(socket: socket, to: address)
        case .note(let text):
            observations.change { state in
                state.commands.append(text)
                state.threads.insert(currentThread())
            }
        }
    }

    func tick(now: Instant, into outbox: inout Outbox) {
        observations.change { $0.ticks += 1 }
    }

    func stop(now: Instant, into outbox: inout Outbox) {
        observations.change { $0.events.append("stopped") }
    }

    private func write(_ bytes: [UInt8], to address: SocketAddress, into outbox: inout Outbox) {
        outbox.append(from: socket, to: address) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }
}
