import Connections
import Foundation
import Visio

/// Collects events that come from another thread, and lets a test wait for the next one.
struct Events<Event: Sendable>: Sendable {
    private let stream: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func add(_ event: Event) { continuation.yield(event) }

    /// The next event; nil only if the test's task is cancelled.
    func next() async -> Event? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// A client and a server that talk over loopback.
struct Pair {
    let client: ClientCarrier
    let server: ServerCarrier
    let clientEvents = Events<CarrierEvent>()
    let serverEvents = Events<ServerCarrierEvent>()

    init(allow: HostAllowList = .loopbackOnly) throws {
        server = try ServerCarrier(port: 0) { [serverEvents] in serverEvents.add($0) }
        client = try ClientCarrier(allow: allow) { [clientEvents] _, event in clientEvents.add(event) }
    }

    func url(_ path: String, scheme: String = "http", host: String = "127.0.0.1") -> String {
        "\(scheme)://\(host):\(server.port)\(path)"
    }

    /// Opens a WebSocket and returns the server's number of it.
    func connect() async -> UInt64? {
        client.submit(.openWebSocket(url: url("/rtc/v1?x=y", scheme: "ws"), headers: []), client: 7)
        guard case .upgradeRequested(let exchange, _)? = await serverEvents.next() else { return nil }
        server.submit(.acceptUpgrade(exchange: exchange))
        guard case .webSocketOpened? = await clientEvents.next() else { return nil }
        return exchange
    }

    func stop() {
        client.shutdown()
        server.shutdown()
    }
}

func golden(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)").path
}
