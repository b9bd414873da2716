import Primitives
import Reactor
import Synchronization

/// What a test's streams saw, to be read by the test's own thread.
final class StreamObservations: Sendable {
    struct State {
        var listening: SocketAddress?
        var events: [StreamEvent] = []
        var received: [[UInt8]] = []
        var openError: DatagramSocketError?
        var ticks = 0
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

/// Listens, connects, sends and echoes as it is told.
final class StreamWork: ReactorWork {
    enum Command: Sendable {
        case listen(StreamFraming, isSecure: Bool)
        case open(SocketAddress, StreamOptions)
        case send([[UInt8]])
        case close
    }

    private let isEcho: Bool
    private let observations: StreamObservations
    private var streams: TCPStreams?
    /// The stream that is sent to: the latest that came up.
    private var socket: Int32?
    private(set) var deadline: Instant?

    init(isEcho: Bool, observations: StreamObservations) {
        self.isEcho = isEcho
        self.observations = observations
    }

    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant) {
        self.streams = streams
        streams.makeSecurity = { _ in ToySecurity() }
    }

    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        let bytes = Array(datagram)
        observations.change { $0.received.append(bytes) }
        if isEcho { write(bytes, on: socket, into: &outbox) }
    }

    func receive(_ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox) {
        switch event {
        case .opened, .accepted: self.socket = socket
        case .closed: self.socket = nil
        }
        observations.change { $0.events.append(event) }
    }

    func receive(_ command: Command, now: Instant, into outbox: inout Outbox) {
        switch command {
        case .listen(let framing, let isSecure):
            let opened = try? streams?.listen(
                owner: 5, on: .loopback(port: 0), framing: framing,
                security: isSecure ? { ToySecurity() } : nil)
            observations.change { $0.listening = opened?.local }
        case .open(let address, let options):
            do throws(DatagramSocketError) {
                _ = try streams?.openStream(owner: 7, to: address, options: options)
            } catch {
                observations.change { $0.openError = error }
            }
        case .send(let messages):
            guard let socket else { return }
            for bytes in messages { write(bytes, on: socket, into: &outbox) }
        case .close:
            if let socket { streams?.closeStream(socket) }
            socket = nil
        }
    }

    func tick(now: Instant, into outbox: inout Outbox) { observations.change { $0.ticks += 1 } }

    private func write(_ bytes: [UInt8], on socket: Int32, into outbox: inout Outbox) {
        outbox.append(from: socket, to: .loopback(port: 1)) { buffer in
            buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }
}

/// Stands in for TLS: a greeting, then every byte turned over; hostile bytes in the greeting are refused.
final class ToySecurity: StreamSecurity {
    private(set) var state = StreamSecurityState.handshaking
    private var outbound: [UInt8] = [0x16, 0x16]
    private var greeting: [UInt8] = []
    private var inbound: [UInt8] = []

    func receive(_ ciphertext: UnsafeRawBufferPointer) {
        for byte in ciphertext {
            guard state == .handshaking else {
                inbound.append(~byte)
                continue
            }
            greeting.append(byte)
            if byte != 0x16 { state = .failed("no greeting") }
            if greeting.count == 2, state == .handshaking { state = .open }
        }
    }

    func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        Self.move(&outbound, into: buffer)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int { Self.move(&inbound, into: buffer) }

    func write(_ plaintext: UnsafeRawBufferPointer) { outbound += plaintext.map { ~$0 } }

    func close() {}

    private static func move(_ bytes: inout [UInt8], into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(bytes.count, buffer.count)
        buffer.copyBytes(from: bytes[..<count])
        bytes.removeFirst(count)
        return count
    }
}
