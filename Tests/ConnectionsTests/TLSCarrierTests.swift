import Connections
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Visio

@Suite(.timeLimit(.minutes(1))) struct TLSCarrierTests {
    /// Answers everything with an empty 200, behind a certificate that its own key signed.
    private static func serve() async throws -> any Channel {
        let certificate = try NIOSSLCertificate.fromPEMFile(golden("loopback-certificate.pem"))
        let key = try NIOSSLPrivateKey(file: golden("loopback-key.pem"), format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificate.map { .certificate($0) }, privateKey: .privateKey(key)))
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    try pipeline.addHandler(EmptyAnswer())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func aCertificateNobodyVouchesForIsRefused(host: String) async throws {
        let server = try await Self.serve()
        let port = try #require(server.localAddress?.port)
        let pair = try Pair()
        defer { pair.stop() }
        pair.client.submit(
            .request(id: 1, HTTPRequestMessage(method: "GET", url: "https://\(host):\(port)/")), client: 1)
        guard case .requestFailed(1, .tls)? = await pair.clientEvents.next() else {
            Issue.record("not a TLS failure")
            return
        }
        pair.client.submit(.openWebSocket(url: "wss://\(host):\(port)/", headers: []), client: 1)
        guard case .webSocketFailed(.tls)? = await pair.clientEvents.next() else {
            Issue.record("not a TLS failure")
            return
        }
        try await server.close().get()
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func anExtraTrustRootIsTrusted(host: String) async throws {
        let server = try await Self.serve()
        let port = try #require(server.localAddress?.port)
        let events = Events<CarrierEvent>()
        let client = try ClientCarrier(
            allow: .loopbackOnly, extraTrustRoot: golden("loopback-certificate.pem")
        ) { _, event in events.add(event) }
        defer { client.shutdown() }
        client.submit(
            .request(id: 1, HTTPRequestMessage(method: "GET", url: "https://\(host):\(port)/")), client: 1)
        guard case .response(1, let response)? = await events.next() else {
            Issue.record("no response")
            return
        }
        #expect(response.status == 200)
        client.submit(.openWebSocket(url: "wss://\(host):\(port)/", headers: []), client: 1)
        #expect(await events.next() == .webSocketRefused(status: 200, body: ""))
        try await server.close().get()
    }

    @Test func aMissingTrustRootIsReported() {
        #expect(throws: (any Error).self) {
            try ClientCarrier(allow: .loopbackOnly, extraTrustRoot: golden("nothing.pem")) { _, _ in }
        }
    }
}

/// Answers every request head with an empty 200.
private final class EmptyAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: answer)), promise: nil)
    }
}
