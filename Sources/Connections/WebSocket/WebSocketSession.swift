import NIOCore
import NIOWebSocket
import Visio

/// What an open WebSocket tells its owner.
enum WebSocketNews {
    case binary([UInt8])
    case text(String)
    /// The last news: the peer's code, 1005 if its close frame had none, 1006 if there was no close frame.
    case closed(code: UInt16)
    /// The last news: the peer broke the rules or the connection broke.
    case failed(CarrierFailure)
}

/// Last handler of an open WebSocket's pipeline, for both sides: messages, pings and the closing handshake.
final class WebSocketSession: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    /// Largest frame and largest message, LiveKit's own limit.
    static let maximumMessageSize = 2 << 20
    /// Most fragments of one message.
    static let maximumFragmentCount = 1024
    /// How long the peer may take to answer our close frame.
    static let closeTimeout = TimeAmount.seconds(2)

    private let isServer: Bool
    private let pingInterval: TimeAmount?
    private let report: (WebSocketNews) -> Void
    private var context: ChannelHandlerContext?
    private var pings: RepeatedTask?
    private var hasSentClose = false
    private var peerCode: UInt16?
    private var failure: CarrierFailure?

    /// Makes the handler of a connection that was just upgraded.
    ///
    /// - Parameters:
    ///   - isServer: Whether we are the server; clients mask what they send (RFC 6455 section 5.3).
    ///   - pingInterval: How often to send ping frames.
    ///   - report: Called on the event loop, the last time with `.closed` or `.failed`.
    init(isServer: Bool, pingInterval: TimeAmount?, report: @escaping (WebSocketNews) -> Void) {
        self.isServer = isServer
        self.pingInterval = pingInterval
        self.report = report
    }

    /// What comes before this handler, the codec aside.
    static func makeAggregator() -> NIOWebSocketFrameAggregator {
        NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: maximumFragmentCount,
            maxAccumulatedFrameSize: maximumMessageSize)
    }

    /// Sends one binary message; nothing once closing has begun.
    func send(_ message: [UInt8]) {
        guard let context, !hasSentClose else { return }
        write(.binary, context.channel.allocator.buffer(bytes: message), context)
    }

    /// Starts the closing handshake.
    func close(code: UInt16) {
        guard let context, !hasSentClose else { return }
        sendClose(code, context)
        closeSoon(context.channel)
    }

    /// Drops the connection without a word to anybody.
    func abandon() { context?.close(promise: nil) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard let pingInterval else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: pingInterval, delay: pingInterval) { _ in
            bound.value.ping()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        pings?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard peerCode == nil else { return }
        switch frame.opcode {
        case .binary: report(.binary(Self.bytes(of: frame)))
        case .text: report(.text(String(decoding: Self.bytes(of: frame), as: UTF8.self)))
        case .ping: if !hasSentClose { write(.pong, frame.unmaskedData, context) }
        case .connectionClose: receiveClose(Self.bytes(of: frame), context)
        default: break
        }
    }

    /// A peer that does not read must not fill our memory.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable {
            failure = .protocolError("the peer does not read")
            context.close(promise: nil)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Once closing has begun, what the peer still sends is drained, and its errors with it.
        guard failure == nil, peerCode == nil, !hasSentClose else { return }
        failure = CarrierFailure(error)
        guard let code = Self.closeCode(for: error) else { return context.close(promise: nil) }
        // Not closed at once: a reset while the peer still sends would destroy our close frame on its way.
        sendClose(code, context)
        closeSoon(context.channel)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pings?.cancel()
        report(failure.map { .failed($0) } ?? .closed(code: peerCode ?? 1006))
        context.fireChannelInactive()
    }

    /// What to tell a peer that broke the rules (RFC 6455 section 7.4.1); nil when there is nobody to tell.
    private static func closeCode(for error: any Error) -> UInt16? {
        switch error {
        case NIOWebSocketError.invalidFrameLength: 1009
        case let error as NIOWebSocketFrameAggregator.Error:
            error == .accumulatedFrameSizeIsTooLarge || error == .tooManyFragments ? 1009 : 1002
        case is NIOWebSocketError: 1002
        default: nil
        }
    }

    private func ping() {
        guard let context, !hasSentClose else { return }
        write(.ping, context.channel.allocator.buffer(capacity: 0), context)
    }

    /// Closes if the peer does not do it first.
    private func closeSoon(_ channel: any Channel) {
        channel.eventLoop.scheduleTask(in: Self.closeTimeout) { channel.close(promise: nil) }
    }

    private func receiveClose(_ payload: [UInt8], _ context: ChannelHandlerContext) {
        let code = payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 1005
        peerCode = code
        let channel = context.channel
        guard !hasSentClose else { return channel.close(promise: nil) }
        sendClose(code == 1005 ? 1000 : code, context).whenComplete { _ in channel.close(promise: nil) }
    }

    @discardableResult
    private func sendClose(_ code: UInt16, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        hasSentClose = true
        var payload = context.channel.allocator.buffer(capacity: 2)
        payload.writeInteger(code)
        return write(.connectionClose, payload, context)
    }

    @discardableResult
    private func write(
        _ opcode: WebSocketOpcode, _ payload: ByteBuffer, _ context: ChannelHandlerContext
    ) -> EventLoopFuture<Void> {
        let mask = isServer ? nil : WebSocketMaskingKey.random()
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: mask, data: payload)
        return context.writeAndFlush(wrapOutboundOut(frame))
    }

    /// The unmasked payload: one copy out of the buffer, unmasked in place.
    private static func bytes(of frame: WebSocketFrame) -> [UInt8] {
        var bytes = Array(frame.data.readableBytesView)
        guard let key = frame.maskKey.map({ Array($0) }), key.count == 4 else { return bytes }
        for index in bytes.indices { bytes[index] ^= key[index & 3] }
        return bytes
    }
}
