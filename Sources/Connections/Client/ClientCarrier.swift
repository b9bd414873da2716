import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
public import Visio

/// HTTP and WebSockets for thousands of participants, on SwiftNIO.
///
/// Every participant stays on one event loop, so its events come in order; `onEvent` is called on that loop's thread
/// and must not block.
public final class ClientCarrier: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let http: HTTPClient
    private let loops: [NIOLoopBound<ClientLoop>]
    private let eventLoops: [any EventLoop]

    /// Starts the event loops.
    ///
    /// - Parameters:
    ///   - allow: The hosts that may be connected to.
    ///   - extraTrustRoot: A PEM file with certificates to trust besides the system's.
    ///   - eventLoopThreads: How many threads share the participants.
    ///   - onEvent: Gets every event with the number of its participant.
    /// - Throws: what NIO says about a certificate file that cannot be read.
    public init(
        allow: HostAllowList, extraTrustRoot: String? = nil, eventLoopThreads: Int = 1,
        onEvent: @escaping @Sendable (Int, CarrierEvent) -> Void
    ) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let extraTrustRoot {
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(extraTrustRoot))]
        }
        let context = try NIOSSLContext(configuration: tls)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: eventLoopThreads)
        let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: Self.configuration(tls))
        let eventLoops = Array(group.makeIterator())
        self.group = group
        self.http = http
        self.eventLoops = eventLoops
        loops = try eventLoops.map { loop in
            try loop.submit {
                NIOLoopBound(
                    ClientLoop(loop: loop, allow: allow, http: http, tls: context, onEvent: onEvent),
                    eventLoop: loop)
            }.wait()
        }
    }

    /// Does what the machine of participant `client` wants; may be called from any thread.
    public func submit(_ command: CarrierCommand, client: Int) {
        let index = client.magnitude % UInt(loops.count)
        let loop = loops[Int(index)]
        eventLoops[Int(index)].execute { loop.value.perform(command, client: client) }
    }

    /// Drops all connections and stops the threads; blocks until they stopped.
    public func shutdown() {
        for (loop, eventLoop) in zip(loops, eventLoops) { eventLoop.execute { loop.value.shutdown() } }
        // What may fail here is closing what is closed already.
        try? http.syncShutdown()
        try? group.syncShutdownGracefully()
    }

    /// One connection serves one participant at a time, a failed one is reported at once: a retry or a queue inside
    /// the client would falsify latencies.
    private static func configuration(_ tls: TLSConfiguration) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.timeout = HTTPClient.Configuration.Timeout(
            connect: ClientLoop.requestTimeout, read: ClientLoop.requestTimeout)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1 << 16
        return configuration
    }
}
