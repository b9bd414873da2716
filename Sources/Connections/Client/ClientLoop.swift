import AsyncHTTPClient
import Dispatch
import NIOCore
import NIOHTTP1
import NIOSSL
import Visio

/// The participants whose carrier runs on one event loop; touched there alone.
final class ClientLoop {
    /// Longest wait for the whole answer to a request.
    static let requestTimeout = TimeAmount.seconds(10)
    /// Largest body of an answer.
    static let maximumBodySize = 10 << 20

    private let loop: any EventLoop
    private let allow: HostAllowList
    private let http: HTTPClient
    private let tls: NIOSSLContext
    private let onEvent: @Sendable (Int, CarrierEvent) -> Void
    /// Sockets by participant.
    private var sockets: [Int: ClientSocket] = [:]

    init(
        loop: any EventLoop, allow: HostAllowList, http: HTTPClient, tls: NIOSSLContext,
        onEvent: @escaping @Sendable (Int, CarrierEvent) -> Void
    ) {
        self.loop = loop
        self.allow = allow
        self.http = http
        self.tls = tls
        self.onEvent = onEvent
    }

    func perform(_ command: CarrierCommand, client: Int) {
        switch command {
        case .request(let id, let message): request(message, id: id, client: client)
        case .resolve(let host): resolve(host, client: client)
        case .openWebSocket(let url, let headers): open(url, headers: headers, client: client)
        case .sendBinary(let bytes): sockets[client]?.send(bytes)
        case .closeWebSocket(let code): sockets[client]?.close(code: code)
        }
    }

    /// Drops all sockets.
    func shutdown() {
        for socket in sockets.values { socket.abandon() }
        sockets = [:]
    }

    /// Asks the system's resolver, which may wait long, on a thread that nobody else waits for.
    private func resolve(_ host: String, client: Int) {
        guard allow.permits(host: host) else {
            return onEvent(client, .notResolved(host: host, .forbidden(host)))
        }
        let onEvent = onEvent
        DispatchQueue.global().async {
            let addresses = NameResolution.addresses(of: host)
            onEvent(
                client,
                addresses.isEmpty
                    ? .notResolved(host: host, .unreachable("the name has no address"))
                    : .resolved(host: host, addresses))
        }
    }

    private func open(_ text: String, headers: [HTTPMessageHeader], client: Int) {
        sockets.removeValue(forKey: client)?.abandon()
        guard let url = CarrierURL(text)?.asWebSocket else {
            return onEvent(client, .webSocketFailed(.protocolError("the address is no URL")))
        }
        guard allow.permits(host: url.host) else {
            return onEvent(client, .webSocketFailed(.forbidden(url.host)))
        }
        let onEvent = onEvent
        let socket = ClientSocket { onEvent(client, $0) }
        sockets[client] = socket
        socket.open(url, headers: headers, tls: tls, on: loop)
    }

    /// Sends a request; a redirect is an answer like any other, whose next hop the client's machine asks for.
    private func request(_ message: HTTPRequestMessage, id: Int, client: Int) {
        guard let url = CarrierURL(message.url)?.asHTTP else {
            return onEvent(client, .requestFailed(id: id, .protocolError("the address is no URL")))
        }
        guard allow.permits(host: url.host) else {
            return onEvent(client, .requestFailed(id: id, .forbidden(url.host)))
        }
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(
                url: url.text, method: HTTPMethod(rawValue: message.method),
                headers: HTTPHeaders(message.headers.map { ($0.name, $0.value) }),
                body: message.body.isEmpty ? nil : .bytes(message.body))
        } catch {
            return onEvent(client, .requestFailed(id: id, CarrierFailure(error)))
        }
        let accumulator = ResponseAccumulator(request: request, maxBodySize: Self.maximumBodySize)
        let deadline = NIODeadline.now() + Self.requestTimeout
        http.execute(
            request: request, delegate: accumulator, eventLoop: .delegate(on: loop), deadline: deadline
        )
        .futureResult.hop(to: loop).whenComplete { [onEvent] result in
            switch result {
            case .failure(let error): onEvent(client, .requestFailed(id: id, CarrierFailure(error)))
            case .success(let response): onEvent(client, .response(id: id, Self.message(response)))
            }
        }
    }

    private static func message(_ response: HTTPClient.Response) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: Int(response.status.code),
            headers: response.headers.map { HTTPMessageHeader(name: $0.name, value: $0.value) },
            body: response.body.map { Array($0.readableBytesView) } ?? [])
    }
}
