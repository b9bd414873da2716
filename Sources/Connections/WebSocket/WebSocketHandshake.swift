import NIOCore
import NIOHTTP1
import Primitives
import Visio

/// Opens a WebSocket as a client: sends the request once connected, and reports a refusal with its text.
///
/// When the server accepts, NIO's upgrade handler takes over and removes this one.
final class WebSocketHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// How the handshake failed.
    enum Failure {
        case refused(status: Int, body: String)
        case failed(CarrierFailure)
    }

    /// Most bytes of a refusal's text that are kept.
    static let maximumRefusalSize = 4096

    private let request: HTTPRequestHead
    private let report: (Failure) -> Void
    private var status: Int?
    private var body: [UInt8] = []
    private var failure: CarrierFailure?
    private var isDone = false

    init(request: HTTPRequestHead, report: @escaping (Failure) -> Void) {
        self.request = request
        self.report = report
    }

    /// The head of the request, without what NIO's upgrader adds.
    static func request(_ url: CarrierURL, headers: [HTTPMessageHeader]) -> HTTPRequestHead {
        var fields = HTTPHeaders([("Host", url.authority)])
        for header in headers { fields.add(name: header.name, value: header.value) }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: url.target, headers: fields)
    }

    /// The value that proves that a server understood `key` (RFC 6455 section 4.2.2).
    static func accept(key: String) -> String {
        Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { sendRequest(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        sendRequest(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let part): body += part.readableBytesView.prefix(Self.maximumRefusalSize - body.count)
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if failure == nil { failure = CarrierFailure(error) }
        finish(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(context)
        context.fireChannelInactive()
    }

    private func sendRequest(_ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        if let failure {
            report(.failed(failure))
        } else if let status, status != 101 {
            report(.refused(status: status, body: String(decoding: body, as: UTF8.self)))
        } else {
            report(.failed(.protocolError("the connection closed during the handshake")))
        }
        context.close(promise: nil)
    }
}
