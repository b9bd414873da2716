import NIOCore
import NIOHTTP1
import NIOWebSocket
import Visio

/// Last handler of a server connection while it speaks HTTP: whole requests in, responses out, one at a time.
final class ServerExchange: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Largest body of a request, as LiveKit's.
    static let maximumBodySize = 10 << 20

    private struct Pending {
        var number: UInt64
        var method: HTTPMethod
        var isKeepAlive: Bool
        /// The key of a WebSocket handshake; nil for any other request.
        var webSocketKey: String?
    }

    private unowned let owner: ServerLoop
    private let httpHandlers: [any RemovableChannelHandler]
    private let decoder: any RemovableChannelHandler
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var pending: Pending?

    /// Makes the handler and adds it to a new connection, after the HTTP codec.
    static func install(on channel: any Channel, owner: ServerLoop) throws {
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let encoder = HTTPResponseEncoder()
        let pipelining = HTTPServerPipelineHandler()
        let errors = HTTPServerProtocolErrorHandler()
        let exchange = ServerExchange(
            owner: owner, httpHandlers: [encoder, pipelining, errors], decoder: decoder)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(pipelining)
        try pipeline.addHandler(errors)
        try pipeline.addHandler(exchange)
    }

    private init(
        owner: ServerLoop, httpHandlers: [any RemovableChannelHandler], decoder: any RemovableChannelHandler
    ) {
        self.owner = owner
        self.httpHandlers = httpHandlers
        self.decoder = decoder
    }

    /// Answers the request.
    func respond(_ response: HTTPResponseMessage) {
        guard let context, let pending else { return }
        self.pending = nil
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        let status = HTTPResponseStatus(statusCode: response.status)
        if status.mayHaveResponseBody, !headers.contains(name: "Content-Length") {
            headers.add(name: "Content-Length", value: String(response.body.count))
        }
        if !pending.isKeepAlive { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if status.mayHaveResponseBody, pending.method != .HEAD, !response.body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: response.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        let channel = context.channel
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !pending.isKeepAlive { written.whenComplete { _ in channel.close(promise: nil) } }
    }

    /// Answers the WebSocket handshake with 101 and hands the connection over to `session`.
    func acceptUpgrade(_ session: WebSocketSession) throws {
        guard let context, let pending, let key = pending.webSocketKey else { return }
        self.pending = nil
        let headers = HTTPHeaders([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", WebSocketHandshake.accept(key: key)),
        ])
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let pipeline = context.pipeline.syncOperations
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(
            ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: WebSocketSession.maximumMessageSize)))
        try pipeline.addHandler(WebSocketSession.makeAggregator())
        try pipeline.addHandler(session)
        for handler in httpHandlers { pipeline.removeHandler(handler, promise: nil) }
        pipeline.removeHandler(self, promise: nil)
        // Last, because it hands on the bytes it has not read, and those are frames already.
        pipeline.removeHandler(decoder, promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part):
            guard head != nil else { return }
            body += part.readableBytesView
            if body.count > Self.maximumBodySize { refuseBody(context) }
        case .end: finishRequest()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let pending {
            self.pending = nil
            owner.exchangeLost(pending.number, wasUpgrade: pending.webSocketKey != nil)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func finishRequest() {
        guard let head else { return }
        self.head = nil
        let key = Self.webSocketKey(head)
        let number = owner.begin(self)
        pending = Pending(
            number: number, method: head.method, isKeepAlive: head.isKeepAlive, webSocketKey: key)
        let message = HTTPRequestMessage(
            method: head.method.rawValue, url: head.uri,
            headers: head.headers.map { HTTPMessageHeader(name: $0.name, value: $0.value) }, body: body)
        body = []
        owner.report(
            key == nil ? .request(exchange: number, message) : .upgradeRequested(exchange: number, message))
    }

    /// 413, and no more of this connection.
    private func refuseBody(_ context: ChannelHandlerContext) {
        head = nil
        body = []
        pending = Pending(number: 0, method: .POST, isKeepAlive: false)
        respond(HTTPResponseMessage(status: 413, text: "request entity too large"))
    }

    /// The key of a request that asks for a WebSocket of version 13 (RFC 6455 section 4.2.1).
    private static func webSocketKey(_ head: HTTPRequestHead) -> String? {
        let tokens = { (name: String) in head.headers[canonicalForm: name].map { $0.lowercased() } }
        guard head.method == .GET, tokens("Upgrade").contains("websocket"),
            tokens("Connection").contains("upgrade"),
            head.headers.first(name: "Sec-WebSocket-Version") == "13"
        else { return nil }
        return head.headers.first(name: "Sec-WebSocket-Key")
    }
}
