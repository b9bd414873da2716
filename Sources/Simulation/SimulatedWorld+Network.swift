import EmbeddedVisio
import Primitives
import RTC
import Scenario

/// A TCP connection between a participant and the server: nothing is lost, and everything waits for what was.
struct SimulatedStream {
    /// The participant's end.
    var client: Int32
    /// The server's end.
    var server: Int32
    /// Where the server's end is reached.
    var door: SocketAddress
    /// When the last message arrives, or arrived, at the server, and at the participant.
    var upArrival = Instant.zero
    var downArrival = Instant.zero
    /// The path to the server, and back.
    var up: NetworkPathEmulator
    var down: NetworkPathEmulator
}

// Datagrams and streams between participants and the server.
extension SimulatedWorld {
    /// Opens the server's sockets, at the ports that a genuine LiveKit has.
    static func openWays(_ wanted: [EmbeddedWay], _ sockets: SimulatedSockets) -> EmbeddedWays {
        func door(_ port: UInt16, isV6: Bool = false) -> EmbeddedWays.Door {
            let address = isV6 ? SocketAddress(v6High: 0, low: 1, port: port) : .loopback(port: port)
            return EmbeddedWays.Door(socket: sockets.openDoor(address), address: address)
        }
        var ways = EmbeddedWays(udp: [])
        ways.sockets = ServerSockets(sockets)
        ways.streams = sockets
        let versions = wanted.contains(.ipv6) ? [false, true] : [false]
        if wanted.contains(.udp) { ways.udp = versions.map { door(7882, isV6: $0) } }
        if wanted.contains(.tcp) { ways.tcp = versions.map { door(7881, isV6: $0) } }
        if wanted.contains(.turn) {
            // What a relay speaks to is the media server's UDP socket, whether others may use it or not.
            ways.turnUDP = door(3478)
            ways.turnTCP = door(3479)
            ways.turnTLS = door(5349)
        }
        return ways
    }

    func send(_ entry: Outbox.Entry, _ bytes: [UInt8]) {
        datagramCount += 1
        if let index = streamOfSocket[entry.socket] {
            return send(bytes, in: index, isUp: streams[index].client == entry.socket)
        }
        guard sockets.isOpen(entry.socket), let target = sockets.socket(at: entry.destination) else { return }
        let (sender, receiver) = (sockets.entries[Int(entry.socket)], sockets.entries[Int(target)])
        guard let path = sender.path ?? receiver.path else {
            // Between a relay and the media server there is no network.
            return queue.schedule(.message(bytes, to: target, from: sender.address), at: now)
        }
        // Participants do not reach each other.
        guard sender.path == nil || receiver.path == nil else { return }
        let delivery = admit(bytes.count, path: path, isUp: sender.path != nil)
        if let at = delivery.first {
            queue.schedule(.message(bytes, to: target, from: sender.address), at: at)
        }
        if let at = delivery.second {
            queue.schedule(.message(bytes, to: target, from: sender.address), at: at)
        }
        if let at = delivery.first, let fake = makeHostile(bytes) {
            queue.schedule(.message(fake, to: target, from: sender.address), at: at)
        }
    }

    /// What an attacker makes of a datagram it sees, if it does anything this time.
    private func makeHostile(_ bytes: [UInt8]) -> [UInt8]? {
        guard network.hostility > 0, hostility.chance(network.hostility), !bytes.isEmpty else { return nil }
        hostileCount += 1
        guard hostility.chance(0.5) else { return hostility.bytes(Int(hostility.next() % 200) + 1) }
        var fake = bytes
        for _ in 0...hostility.next() % 4 {
            fake[Int(hostility.next() % UInt64(fake.count))] ^= 1 << UInt8(hostility.next() % 8)
        }
        // An even number of flips in one place may have undone each other.
        return fake == bytes ? Array(fake.dropLast()) : fake
    }

    private func admit(_ byteCount: Int, path: Int, isUp: Bool) -> NetworkPathEmulator.Delivery {
        while upward.count <= path {
            let index = upward.count
            upward.append(NetworkPathEmulator(profile: network.up, generator: generator.fork("up", index)))
            downward.append(
                NetworkPathEmulator(profile: network.down, generator: generator.fork("down", index)))
        }
        if isUp { return upward[path].admit(byteCount: byteCount, now: now) }
        return downward[path].admit(byteCount: byteCount, now: now)
    }

    // MARK: Streams

    /// A participant wants a connection: it is there after the round trips that TCP and TLS take.
    func open(_ opening: SimulatedSockets.Opening) {
        let index = streams.count
        var stream = SimulatedStream(
            client: opening.socket, server: opening.socket, door: opening.destination,
            up: NetworkPathEmulator(profile: network.up, generator: generator.fork("stream up", index)),
            down: NetworkPathEmulator(profile: network.down, generator: generator.fork("stream down", index)))
        let upDelay = travel(&stream.up)
        let roundTrip = upDelay + travel(&stream.down)
        let arrival = now + upDelay
        guard let door = sockets.socket(at: opening.destination), listeners.contains(door) else {
            return queue.schedule(.stream(.closed(.refused), opening.socket), at: now + roundTrip)
        }
        stream.server = sockets.accept()
        let address = sockets.entries[Int(opening.socket)].address
        // TLS 1.3 takes one more round trip (RFC 8446 section 2).
        let handshake = opening.options.tlsName == nil ? Interval.zero : roundTrip
        // Nothing overtakes the opening, not even the end of it.
        stream.upArrival = arrival + handshake
        stream.downArrival = now + roundTrip + handshake
        streamOfSocket[opening.socket] = index
        streamOfSocket[stream.server] = index
        streams.append(stream)
        queue.schedule(
            .stream(.accepted(listener: door, remote: address), stream.server), at: arrival + handshake)
        queue.schedule(
            .stream(.opened(local: address, remote: opening.destination), opening.socket),
            at: now + roundTrip + handshake)
    }

    /// One end closed a stream: the other one learns it.
    func close(_ socket: Int32) {
        guard let index = streamOfSocket.removeValue(forKey: socket) else { return }
        let isClient = streams[index].client == socket
        let other = isClient ? streams[index].server : streams[index].client
        guard streamOfSocket.removeValue(forKey: other) != nil else { return }
        let delay = isClient ? travel(&streams[index].up) : travel(&streams[index].down)
        let arrival = max(now + delay, isClient ? streams[index].upArrival : streams[index].downArrival)
        queue.schedule(.stream(.closed(.closedByPeer), other), at: arrival)
    }

    private func send(_ bytes: [UInt8], in index: Int, isUp: Bool) {
        let size = bytes.count + 2
        if isUp {
            guard let carried = streams[index].up.carry(byteCount: size, now: now) else { return }
            let arrival = max(carried, streams[index].upArrival)
            streams[index].upArrival = arrival
            let source = sockets.entries[Int(streams[index].client)].address
            queue.schedule(.message(bytes, to: streams[index].server, from: source), at: arrival)
        } else {
            guard let carried = streams[index].down.carry(byteCount: size, now: now) else { return }
            let arrival = max(carried, streams[index].downArrival)
            streams[index].downArrival = arrival
            queue.schedule(
                .message(bytes, to: streams[index].client, from: streams[index].door), at: arrival)
        }
    }

    /// How long a segment without data takes.
    private func travel(_ path: inout NetworkPathEmulator) -> Interval {
        path.carry(byteCount: 12, now: now).map { $0 - now } ?? path.profile.delay
    }
}

/// The sockets of the server's relays.
private final class ServerSockets: DatagramSockets {
    private let sockets: SimulatedSockets

    init(_ sockets: SimulatedSockets) { self.sockets = sockets }

    func openSocket(owner: Int, toward destination: SocketAddress?) throws(DatagramSocketError) -> (
        socket: Int32, local: SocketAddress
    ) { try sockets.openSocket(owner: SimulatedSockets.server, toward: destination) }

    func connect(socket: Int32, to destination: SocketAddress) {}

    func close(socket: Int32) { sockets.close(socket: socket) }
}
