import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import Visio

/// One participant's WebSocket from opening to closing; lives on one event loop.
final class ClientSocket {
    private enum State {
        case opening
        case open(WebSocketSession)
        case ended
    }

    /// Longest wait for TCP, TLS and the handshake together.
    static let openTimeout = TimeAmount.seconds(10)

    private let report: (CarrierEvent) -> Void
    private var state = State.opening
    private var channel: (any Channel)?
    private var timeout: Scheduled<Void>?

    /// Makes a socket that is not yet connected.
    init(report: @escaping (CarrierEvent) -> Void) { self.report = report }

    /// Connects and shakes hands; call once, on `loop`.
    func open(_ url: CarrierURL, headers: [HTTPMessageHeader], tls: NIOSSLContext, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        timeout = loop.scheduleTask(in: Self.openTimeout) { bound.value.end(.webSocketFailed(.timedOut)) }
        ClientBootstrap(group: loop)
            .connectTimeout(Self.openTimeout)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 1 << 20, high: 8 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try bound.value.configure(channel, url: url, headers: headers, tls: tls)
                }
            }
            .connect(host: url.host, port: url.port)
            .whenFailure { bound.value.end(.webSocketFailed(CarrierFailure($0))) }
    }

    /// Sends a message if the socket is open.
    func send(_ message: [UInt8]) {
        if case .open(let session) = state { session.send(message) }
    }

    /// Closes by handshake when open, at once otherwise.
    func close(code: UInt16) {
        switch state {
        case .open(let session): session.close(code: code)
        case .opening: end(.webSocketClosed(code: 1006))
        case .ended: break
        }
    }

    /// Drops the connection; nothing is reported any more.
    func abandon() {
        state = .ended
        timeout?.cancel()
        channel?.close(promise: nil)
        channel = nil
    }

    private func configure(
        _ channel: any Channel, url: CarrierURL, headers: [HTTPMessageHeader], tls: NIOSSLContext
    ) throws {
        guard case .opening = state else { throw ChannelError.alreadyClosed }
        self.channel = channel
        let pipeline = channel.pipeline.syncOperations
        if url.isSecure {
            // An address cannot be a server name (RFC 6066 section 3); the certificate is then checked against it.
            let isAddress = url.host.contains(":") || url.host.allSatisfy { $0.isNumber || $0 == "." }
            try pipeline.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : url.host))
        }
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let handshake = WebSocketHandshake(request: WebSocketHandshake.request(url, headers: headers)) {
            failure in
            switch failure {
            case .refused(let status, let body):
                bound.value.end(.webSocketRefused(status: status, body: body))
            case .failed(let failure): bound.value.end(.webSocketFailed(failure))
            }
        }
        let upgrader = NIOWebSocketClientUpgrader(
            maxFrameSize: WebSocketSession.maximumMessageSize, automaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try bound.value.opened(channel) }
        }
        let boundHandshake = NIOLoopBound(handshake, eventLoop: channel.eventLoop)
        try pipeline.addHTTPClientHandlers(
            leftOverBytesStrategy: .forwardBytes,
            withClientUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(boundHandshake.value, promise: nil)
                }
            ))
        try pipeline.addHandler(handshake)
    }

    private func opened(_ channel: any Channel) throws {
        guard case .opening = state else { throw ChannelError.alreadyClosed }
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let session = WebSocketSession(isServer: false, pingInterval: nil) { news in bound.value.receive(news)
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(WebSocketSession.makeAggregator())
        try pipeline.addHandler(session)
        timeout?.cancel()
        state = .open(session)
        report(.webSocketOpened)
    }

    private func receive(_ news: WebSocketNews) {
        guard case .open = state else { return }
        switch news {
        case .binary(let bytes): report(.binary(bytes))
        case .text: break  // Servers answer in the format of our last frame, and ours are binary.
        case .closed(let code): end(.webSocketClosed(code: code))
        case .failed(let failure): end(.webSocketFailed(failure))
        }
    }

    /// Reports the last event and closes whatever is there.
    private func end(_ event: CarrierEvent) {
        if case .ended = state { return }
        abandon()
        report(event)
    }
}
