import EmbeddedVisio
import Primitives
import RTC
import Reactor
import Synchronization
import Visio

/// The embedded Visio on its reactor: datagrams and carrier events in, datagrams and carrier commands out.
final class EmbeddedWork: ReactorWork {
    typealias Command = ServerCarrierEvent

    private let configuration: EmbeddedConfiguration
    private let generator: SeededGenerator
    private let makeHandshake: () -> any SecureHandshake
    private let mediaPort: UInt16
    private let carrier: Inlet<ServerCarrierCommand>
    private let started: Inlet<Result<SocketAddress, DatagramSocketError>>
    private let statistics: SharedStatistics
    private let ownsProcess: Bool
    private var server: EmbeddedVisio?

    init(
        configuration: EmbeddedConfiguration, generator: SeededGenerator, mediaPort: UInt16,
        makeHandshake: @escaping () -> any SecureHandshake, carrier: Inlet<ServerCarrierCommand>,
        started: Inlet<Result<SocketAddress, DatagramSocketError>>, statistics: SharedStatistics,
        ownsProcess: Bool
    ) {
        self.configuration = configuration
        self.generator = generator
        self.mediaPort = mediaPort
        self.makeHandshake = makeHandshake
        self.carrier = carrier
        self.started = started
        self.statistics = statistics
        self.ownsProcess = ownsProcess
    }

    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant) {
        do throws(DatagramSocketError) {
            let opened = try sockets.openServerSocket(owner: 0, bind: .loopback(port: mediaPort))
            server = EmbeddedVisio(
                configuration: configuration, mediaAddress: opened.local, socket: opened.socket,
                generator: generator, makeHandshake: makeHandshake)
            started.put(.success(opened.local))
        } catch {
            started.put(.failure(error))
        }
    }

    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        server?.receive(datagram, from: source, now: now, into: &outbox)
    }

    func receive(_ command: ServerCarrierEvent, now: Instant, into outbox: inout Outbox) {
        if case .request = command {
            server?.usage = ownsProcess ? ProcessUsage.ofProcess() : ProcessUsage.ofThread()
        }
        server?.receive(command, now: now)
        server?.tick(now: now, into: &outbox)
        passOn()
    }

    func tick(now: Instant, into outbox: inout Outbox) {
        server?.tick(now: now, into: &outbox)
        passOn()
    }

    var deadline: Instant? { server?.deadline }

    private func passOn() {
        guard let server else { return }
        for command in server.takeCommands() { carrier.put(command) }
        statistics.set(server.statistics)
    }
}

/// The server's counters, readable from any thread.
final class SharedStatistics: Sendable {
    private let value = Mutex(EmbeddedStatistics())

    func set(_ statistics: EmbeddedStatistics) { value.withLock { $0 = statistics } }

    func get() -> EmbeddedStatistics { value.withLock { $0 } }
}
