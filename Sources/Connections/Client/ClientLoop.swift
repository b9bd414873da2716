import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import Visio

/// The participants whose carrier runs on one event loop; touched there alone.
final class ClientLoop {
    /// Longest wait for the whole answer to a request.
    static let requestTimeout = TimeAmount.seconds(10)
    /// Most redirects that are followed in a row.
    static let maximumRedirectCount = 5
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

    private func request(_ message: HTTPRequestMessage, id: Int, client: Int) {
        let deadline = NIODeadline.now() + Self.requestTimeout
        send(message, redirectsLeft: Self.maximumRedirectCount, deadline: deadline) { [onEvent] result in
            switch result {
            case .success(let response): onEvent(client, .response(id: id, response))
            case .failure(let failure): onEvent(client, .requestFailed(id: id, failure))
            }
        }
    }

    private func send(
        _ message: HTTPRequestMessage, redirectsLeft: Int, deadline: NIODeadline,
        then finish: @escaping (Result<HTTPResponseMessage, CarrierFailure>) -> Void
    ) {
        guard let url = CarrierURL(message.url)?.asHTTP else {
            return finish(.failure(.protocolError("the address is no URL")))
        }
        guard allow.permits(host: url.host) else { return finish(.failure(.forbidden(url.host))) }
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(
                url: url.text, method: HTTPMethod(rawValue: message.method),
                headers: HTTPHeaders(message.headers.map { ($0.name, $0.value) }),
                body: message.body.isEmpty ? nil : .bytes(message.body))
        } catch {
            return finish(.failure(CarrierFailure(error)))
        }
        let bound = NIOLoopBound((self, finish), eventLoop: loop)
        let accumulator = ResponseAccumulator(request: request, maxBodySize: Self.maximumBodySize)
        http.execute(
            request: request, delegate: accumulator, eventLoop: .delegate(on: loop), deadline: deadline
        )
        .futureResult.hop(to: loop).whenComplete { result in
            let (owner, finish) = bound.value
            switch result {
            case .failure(let error): finish(.failure(CarrierFailure(error)))
            case .success(let response):
                guard redirectsLeft > 0, let next = Self.redirect(response, of: message, at: url) else {
                    return finish(.success(Self.message(response)))
                }
                owner.send(next, redirectsLeft: redirectsLeft - 1, deadline: deadline, then: finish)
            }
        }
    }

    /// The request that follows a redirect, only for GET and HEAD and only on the same host, never to plain text.
    ///
    /// Any other redirect is handed to whoever asked, like any other answer.
    private static func redirect(
        _ response: HTTPClient.Response, of message: HTTPRequestMessage, at url: CarrierURL
    ) -> HTTPRequestMessage? {
        guard [301, 302, 307, 308].contains(response.status.code), ["GET", "HEAD"].contains(message.method),
            let location = response.headers.first(name: "Location"),
            let next = url.resolving(location)?.asHTTP,
            next.host == url.host, next.isSecure || !url.isSecure
        else { return nil }
        var copy = message
        copy.url = next.text
        return copy
    }

    private static func message(_ response: HTTPClient.Response) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: Int(response.status.code),
            headers: response.headers.map { HTTPMessageHeader(name: $0.name, value: $0.value) },
            body: response.body.map { Array($0.readableBytesView) } ?? [])
    }
}
