import Connections
import NIOCore
import NIOPosix
import Testing
import Visio

@Suite(.timeLimit(.minutes(1))) struct WebSocketCarrierTests {
    @Test func handshakeCarriesTargetAndHeaders() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let headers = [HTTPMessageHeader(name: "Authorization", value: "Bearer abc")]
        pair.client.submit(
            .openWebSocket(url: pair.url("/rtc/v1?join_request=EgA%3D", scheme: "ws"), headers: headers),
            client: 1)
        guard case .upgradeRequested(_, let message)? = await pair.serverEvents.next() else {
            Issue.record("no upgrade")
            return
        }
        #expect(message.url == "/rtc/v1?join_request=EgA%3D")
        #expect(message.header("Authorization") == "Bearer abc")
        #expect(message.header("Host") == "127.0.0.1:\(pair.server.port)")
    }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 2 << 20])
    func binaryBothWays(count: Int) async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let connection = try #require(await pair.connect())
        let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        pair.client.submit(.sendBinary(message), client: 7)
        #expect(await pair.serverEvents.next() == .binary(connection: connection, message))
        pair.server.submit(.sendBinary(connection: connection, message))
        #expect(await pair.clientEvents.next() == .binary(message))
    }

    @Test func messagesSentWithTheAcceptArriveAfterTheOpening() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.openWebSocket(url: pair.url("/", scheme: "ws"), headers: []), client: 1)
        guard case .upgradeRequested(let exchange, _)? = await pair.serverEvents.next() else { return }
        pair.server.submit(.acceptUpgrade(exchange: exchange))
        for byte in 0..<20 as Range<UInt8> {
            pair.server.submit(.sendBinary(connection: exchange, [byte]))
        }
        #expect(await pair.clientEvents.next() == .webSocketOpened)
        for byte in 0..<20 as Range<UInt8> { #expect(await pair.clientEvents.next() == .binary([byte])) }
    }

    @Test func refusalCarriesStatusAndText() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.openWebSocket(url: pair.url("/rtc", scheme: "ws"), headers: []), client: 1)
        guard case .upgradeRequested(let exchange, _)? = await pair.serverEvents.next() else { return }
        pair.server.submit(.rejectUpgrade(exchange: exchange, HTTPResponseMessage(status: 401, text: "no")))
        #expect(await pair.clientEvents.next() == .webSocketRefused(status: 401, body: "no"))
    }

    @Test func longRefusalsAreCut() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.openWebSocket(url: pair.url("/rtc", scheme: "ws"), headers: []), client: 1)
        guard case .upgradeRequested(let exchange, _)? = await pair.serverEvents.next() else { return }
        let text = String(repeating: "x", count: 100_000)
        pair.server.submit(.rejectUpgrade(exchange: exchange, HTTPResponseMessage(status: 500, text: text)))
        #expect(
            await pair.clientEvents.next()
                == .webSocketRefused(status: 500, body: String(repeating: "x", count: 4096)))
    }

    @Test(arguments: [1000, 1001, 4001] as [UInt16])
    func closingFromEitherSide(code: UInt16) async throws {
        let pair = try Pair()
        defer { pair.stop() }
        var connection = try #require(await pair.connect())
        pair.server.submit(.close(connection: connection, code: code))
        #expect(await pair.clientEvents.next() == .webSocketClosed(code: code))
        #expect(await pair.serverEvents.next() == .closed(connection: connection))
        connection = try #require(await pair.connect())
        pair.client.submit(.closeWebSocket(code: code), client: 7)
        #expect(await pair.serverEvents.next() == .closed(connection: connection))
        #expect(await pair.clientEvents.next() == .webSocketClosed(code: code))
    }

    @Test func aDroppedConnectionIsClose1006() async throws {
        let pair = try Pair()
        defer { pair.client.shutdown() }
        _ = try #require(await pair.connect())
        pair.server.shutdown()
        #expect(await pair.clientEvents.next() == .webSocketClosed(code: 1006))
    }

    @Test func leavingBeforeTheAnswerClosesBothSides() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.openWebSocket(url: pair.url("/", scheme: "ws"), headers: []), client: 1)
        guard case .upgradeRequested(let exchange, _)? = await pair.serverEvents.next() else { return }
        pair.client.submit(.closeWebSocket(code: 1000), client: 1)
        #expect(await pair.clientEvents.next() == .webSocketClosed(code: 1006))
        #expect(await pair.serverEvents.next() == .closed(connection: exchange))
    }

    @Test func aSecondSocketReplacesTheFirstSilently() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let first = try #require(await pair.connect())
        pair.client.submit(.openWebSocket(url: pair.url("/", scheme: "ws"), headers: []), client: 7)
        var second: UInt64?
        var isFirstClosed = false
        while second == nil || !isFirstClosed {
            switch await pair.serverEvents.next() {
            case .upgradeRequested(let exchange, _): second = exchange
            case .closed(first): isFirstClosed = true
            case let other:
                Issue.record("\(String(describing: other))")
                return
            }
        }
        pair.server.submit(.acceptUpgrade(exchange: try #require(second)))
        #expect(await pair.clientEvents.next() == .webSocketOpened)
    }

    @Test func aMessageOverTheLimitEndsTheConnection() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        var connection = try #require(await pair.connect())
        let message = [UInt8](repeating: 1, count: (2 << 20) + 1)
        pair.server.submit(.sendBinary(connection: connection, message))
        let refusal = await pair.clientEvents.next()
        guard case .webSocketFailed(.protocolError)? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(await pair.serverEvents.next() == .closed(connection: connection))
        connection = try #require(await pair.connect())
        pair.client.submit(.sendBinary(message), client: 7)
        #expect(await pair.serverEvents.next() == .closed(connection: connection))
        #expect(await pair.clientEvents.next() == .webSocketClosed(code: 1009))
    }

    @Test func pingTextAndFragmentsFromAnyClient() async throws {
        let pair = try Pair()
        defer { pair.stop() }
        let answers = Events<[UInt8]>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Tap(answers))
                }
            }
            .connect(host: "127.0.0.1", port: pair.server.port).get()
        func write(_ bytes: [UInt8]) async throws {
            try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes)).get()
        }
        let request =
            "GET /rtc HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        // A text frame, masked with zeros, in the same segment as the handshake.
        try await write(Array(request.utf8) + [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
        guard case .upgradeRequested(let exchange, _)? = await pair.serverEvents.next() else { return }
        pair.server.submit(.acceptUpgrade(exchange: exchange))
        #expect(await pair.serverEvents.next() == .text(connection: exchange, "hi"))
        let answer = String(decoding: await answers.next() ?? [], as: UTF8.self)
        // The key and its answer are the example of RFC 6455 section 1.3.
        #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        try await write([
            0x02, 0x81, 1, 2, 3, 4, 9 ^ 1, 0x89, 0x81, 0, 0, 0, 0, 0x55, 0x80, 0x81, 0, 0, 0, 0, 8,
        ])
        #expect(await answers.next() == [0x8a, 1, 0x55], "the pong repeats the ping")
        #expect(await pair.serverEvents.next() == .binary(connection: exchange, [9, 8]))
        try await channel.close().get()
        #expect(await pair.serverEvents.next() == .closed(connection: exchange))
    }

    @Test func aServerThatIsNoWebSocketServer() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Banner())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(.openWebSocket(url: "ws://127.0.0.1:\(port)/", headers: []), client: 1)
        let failure = await pair.clientEvents.next()
        guard case .webSocketFailed(.protocolError)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        try await server.close().get()
    }
}

/// Speaks first, and something else.
private final class Banner: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(string: "SSH-2.0-OpenSSH_9.2\r\n")), promise: nil
        )
    }
}

/// Hands on what arrives on a raw connection.
private final class Tap: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let events: Events<[UInt8]>

    init(_ events: Events<[UInt8]>) { self.events = events }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        events.add(Array(unwrapInboundIn(data).readableBytesView))
    }
}
