import NIOCore
import NIOPosix
import Primitives
public import Visio

/// HTTP/1.1 and WebSockets for the embedded server, on SwiftNIO and on loopback only.
///
/// `onEvent` is called on the event loop's thread and must not block.
public final class ServerCarrier: Sendable {
    /// Why the server did not start.
    public enum StartError: Error, Hashable, Sendable {
        /// The host is no address of this machine's loopback.
        case notLoopback(String)
        /// The system refused to listen.
        case cannotListen(String)
    }

    /// Requests that may wait to be accepted.
    private static let backlog: Int32 = 4096

    private let group: MultiThreadedEventLoopGroup
    private let eventLoop: any EventLoop
    private let loop: NIOLoopBound<ServerLoop>
    private let channel: any Channel

    /// The port that is listened on.
    public let port: Int

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: A loopback address, or `localhost`.
    ///   - port: The port, 0 for any free one.
    ///   - onEvent: Gets every event.
    public init(
        host: String = "127.0.0.1", port: Int, onEvent: @escaping @Sendable (ServerCarrierEvent) -> Void
    ) throws(StartError) {
        let address = host == "localhost" ? "127.0.0.1" : host
        guard SocketAddress(host: address, port: 0)?.isLoopback == true else { throw .notLoopback(host) }
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        eventLoop = group.next()
        do {
            let eventLoop = eventLoop
            let loop = try eventLoop.submit {
                NIOLoopBound(ServerLoop(onEvent: onEvent), eventLoop: eventLoop)
            }.wait()
            self.loop = loop
            channel = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: Self.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 20, high: 8 << 20))
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try ServerExchange.install(on: channel, owner: loop.value)
                    }
                }
                .bind(host: address, port: port).wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw .cannotListen(String(describing: error))
        }
        self.port = channel.localAddress?.port ?? port
    }

    /// Does what the server's machine wants; may be called from any thread.
    public func submit(_ command: ServerCarrierCommand) {
        eventLoop.execute { [loop] in loop.value.perform(command) }
    }

    /// Stops to listen, drops all connections and stops the thread; blocks until it stopped.
    public func shutdown() {
        // What may fail here is closing what is closed already.
        try? group.syncShutdownGracefully()
    }
}
