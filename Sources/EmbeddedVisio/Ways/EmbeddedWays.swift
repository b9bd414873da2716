public import Primitives

/// The sockets by which an embedded Visio is reached, as its host opened them.
public struct EmbeddedWays {
    /// A socket that everybody may talk to, or connect to.
    public struct Door: Hashable, Sendable {
        /// Its number.
        public var socket: Int32
        /// Where it is.
        public var address: SocketAddress

        /// Describes a door.
        public init(socket: Int32, address: SocketAddress) {
            self.socket = socket
            self.address = address
        }
    }

    /// Media over UDP, one door for each IP version.
    public var udp: [Door]
    /// Media over TCP: sockets that listen.
    public var tcp: [Door] = []
    /// TURN over UDP.
    public var turnUDP: Door?
    /// TURN over TCP: a socket that listens.
    public var turnTCP: Door?
    /// TURN over TLS: a socket that listens.
    public var turnTLS: Door?
    /// Opens relays; without it there is no TURN.
    public var sockets: (any DatagramSockets)?
    /// Closes streams of those who left.
    public var streams: (any StreamSockets)?

    /// A deployment that is reached over UDP alone.
    public init(udp: [Door]) { self.udp = udp }

    /// The way that is told where only one fits.
    var mainAddress: SocketAddress { udp.first?.address ?? tcp.first?.address ?? .loopback(port: 0) }

    /// Whether there is a TURN server.
    var hasRelay: Bool { sockets != nil && (turnUDP ?? turnTCP ?? turnTLS) != nil }

    /// Whether datagrams on this socket come over UDP from outside.
    func isUDP(_ socket: Int32) -> Bool {
        turnUDP?.socket == socket || udp.contains { $0.socket == socket }
    }
}

/// A connection that somebody opened to the deployment.
struct ServerStream {
    /// Where it comes from.
    var remote: SocketAddress
    /// Whether it speaks to the TURN server.
    var isRelay: Bool
    /// Whose media it carries, once a check has told.
    var endpoint: Endpoint?
}
