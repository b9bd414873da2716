import EmbeddedVisio
import Primitives
import RTC
import Reactor
import Scenario
import Synchronization
import Visio

/// The embedded Visio on its reactor: datagrams and carrier events in, datagrams and carrier commands out.
final class EmbeddedWork: ReactorWork {
    typealias Command = ServerCarrierEvent
    /// What was opened, by the word of each way.
    typealias Doors = [(way: String, address: SocketAddress)]

    private let configuration: EmbeddedConfiguration
    private let generator: SeededGenerator
    private let makeHandshake: () -> any SecureHandshake
    private let makeSecurity: () -> any StreamSecurity
    private let mediaPort: UInt16
    private let carrier: Inlet<ServerCarrierCommand>
    private let started: Inlet<Result<Doors, DatagramSocketError>>
    private let statistics: SharedStatistics
    private let ownsProcess: Bool
    private var server: EmbeddedVisio?

    init(
        configuration: EmbeddedConfiguration, generator: SeededGenerator, mediaPort: UInt16,
        makeHandshake: @escaping () -> any SecureHandshake,
        makeSecurity: @escaping () -> any StreamSecurity, carrier: Inlet<ServerCarrierCommand>,
        started: Inlet<Result<Doors, DatagramSocketError>>, statistics: SharedStatistics,
        ownsProcess: Bool
    ) {
        self.configuration = configuration
        self.generator = generator
        self.mediaPort = mediaPort
        self.makeHandshake = makeHandshake
        self.makeSecurity = makeSecurity
        self.carrier = carrier
        self.started = started
        self.statistics = statistics
        self.ownsProcess = ownsProcess
    }

    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant) {
        do throws(DatagramSocketError) {
            let (ways, doors) = try open(sockets, streams)
            server = EmbeddedVisio(
                configuration: configuration, ways: ways, generator: generator,
                makeHandshake: makeHandshake)
            started.put(.success(doors))
        } catch {
            started.put(.failure(error))
        }
    }

    /// Opens what is offered, on loopback.
    private func open(
        _ sockets: UDPSockets, _ streams: TCPStreams
    ) throws(DatagramSocketError) -> (EmbeddedWays, Doors) {
        let wanted = configuration.behaviour.ways
        let makeSecurity = makeSecurity
        var ways = EmbeddedWays(udp: [])
        var doors: Doors = []
        ways.sockets = sockets
        ways.streams = streams
        func udp(_ way: String, _ address: SocketAddress) throws(DatagramSocketError) -> EmbeddedWays.Door {
            let opened = try sockets.openServerSocket(owner: 0, bind: address)
            doors.append((way, opened.local))
            return EmbeddedWays.Door(socket: opened.socket, address: opened.local)
        }
        func tcp(
            _ way: String, _ address: SocketAddress, _ framing: StreamFraming, isSecure: Bool = false
        ) throws(DatagramSocketError) -> EmbeddedWays.Door {
            let opened = try streams.listen(
                owner: 0, on: address, framing: framing, security: isSecure ? { makeSecurity() } : nil)
            doors.append((way, opened.local))
            return EmbeddedWays.Door(socket: opened.socket, address: opened.local)
        }
        var hosts = [SocketAddress.loopback(port: mediaPort)]
        if wanted.contains(.ipv6) { hosts.append(SocketAddress(v6High: 0, low: 1, port: mediaPort)) }
        for host in hosts {
            if wanted.contains(.udp) { ways.udp.append(try udp("udp", host)) }
            if wanted.contains(.tcp) { ways.tcp.append(try tcp("tcp", host, .lengthPrefixed)) }
        }
        if wanted.contains(.turn) {
            let host = SocketAddress.loopback(port: 0)
            ways.turnUDP = try udp("turn-udp", host)
            ways.turnTCP = try tcp("turn-tcp", host, .turn)
            ways.turnTLS = try tcp("turn-tls", host, .turn, isSecure: true)
        }
        return (ways, doors)
    }

    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        server?.receive(datagram, on: socket, from: source, now: now, into: &outbox)
    }

    func receive(_ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox) {
        server?.receive(event, socket: socket, now: now)
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
