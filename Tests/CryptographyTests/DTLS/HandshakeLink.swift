import Primitives
import RTC

/// Two handshakes joined by a bad network in virtual time.
final class HandshakeLink {
    let client: any SecureHandshake
    let server: any SecureHandshake
    private(set) var now = Instant.zero
    /// Every datagram carried or lost, in the order of sending.
    private(set) var sent: [(isToServer: Bool, bytes: [UInt8])] = []
    /// Decides, per datagram, what arrives: nothing, one copy, several, or something else.
    var network: (_ isToServer: Bool, _ bytes: [UInt8]) -> [[UInt8]] = { [$1] }
    /// Application data that arrived.
    private(set) var receivedByClient: [[UInt8]] = []
    private(set) var receivedByServer: [[UInt8]] = []
    private var flying: [(arrival: Instant, isToServer: Bool, bytes: [UInt8])] = []

    /// One way through the network.
    static let delay = Interval.milliseconds(Int64(10))

    init(client: any SecureHandshake, server: any SecureHandshake) {
        self.client = client
        self.server = server
    }

    var areBothConnected: Bool { client.state == .connected && server.state == .connected }

    /// Starts both; fingerprints are the right ones unless given.
    func start(serverFingerprint: [UInt8]? = nil, clientFingerprint: [UInt8]? = nil) {
        server.start(role: .server, remoteFingerprint: clientFingerprint ?? client.localFingerprint, now: now)
        client.start(role: .client, remoteFingerprint: serverFingerprint ?? server.localFingerprint, now: now)
        drain()
    }

    /// Sends one piece of application data.
    func send(_ bytes: [UInt8], fromClient: Bool) {
        bytes.withUnsafeBytes { (fromClient ? client : server).send($0) }
        drain()
    }

    /// Carries datagrams and fires timers until nothing is left to do or `end` has come.
    func run(until end: Instant = .seconds(120.0)) {
        drain()
        while true {
            let timers = earliest(client.deadline, server.deadline)
            guard let next = earliest(flying.map(\.arrival).min(), timers), next <= end else { return }
            now = max(now, next)
            let arriving = flying.filter { $0.arrival <= now }
            flying.removeAll { $0.arrival <= now }
            for datagram in arriving { deliver(datagram.bytes, toServer: datagram.isToServer) }
            for side in [client, server] {
                if let deadline = side.deadline, deadline <= now { side.tick(now: now) }
            }
            drain()
        }
    }

    /// Hands one datagram over at once.
    func deliver(_ bytes: [UInt8], toServer: Bool) {
        bytes.withUnsafeBytes { (toServer ? server : client).receive($0, now: now) }
        drain()
    }

    /// Takes what either side wants to send or has received.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 2048)
        for (side, isServer) in [(client, false), (server, true)] {
            while true {
                let count = buffer.withUnsafeMutableBytes { side.pollTransmit(into: $0) }
                guard count > 0 else { break }
                let bytes = Array(buffer[..<count])
                sent.append((!isServer, bytes))
                for copy in network(!isServer, bytes) { flying.append((now + Self.delay, !isServer, copy)) }
            }
            while true {
                let count = buffer.withUnsafeMutableBytes { side.pollApplicationData(into: $0) }
                guard count > 0 else { break }
                if isServer {
                    receivedByServer.append(Array(buffer[..<count]))
                } else {
                    receivedByClient.append(Array(buffer[..<count]))
                }
            }
        }
    }
}
