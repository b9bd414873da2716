import Primitives
import RTC

/// One peer connection of a participant, with the sockets and streams it owns.
final class Transport {
    /// What a stream is for.
    enum StreamPurpose {
        /// Media straight to the server.
        case direct(SocketAddress)
        /// A TURN server that was not asked yet.
        case relay(TURNClient.Configuration)
        /// A TURN server that was asked.
        case askedRelay(TURNClient.Configuration)
    }

    /// A TURN server, and how it was asked: the same port may speak UDP and TCP.
    struct AskedServer: Equatable {
        /// Where it is.
        var address: SocketAddress
        /// How it was asked.
        var transport: TURNTransport
    }

    /// A UDP socket.
    struct Datagram {
        /// Its number.
        var socket: Int32
        /// Where it is bound.
        var local: SocketAddress
        /// Whether it is for a TURN server alone.
        var isForRelay: Bool
    }

    /// The peer connection.
    let peer: PeerConnection
    /// Its UDP sockets.
    var datagrams: [Datagram] = []
    /// Its streams, in the order in which they were opened.
    var streams: [(socket: Int32, purpose: StreamPurpose)] = []
    /// TURN servers that were asked, so that none sends us in a circle.
    var askedServers: [AskedServer] = []
    /// The names of TURN servers that were asked over TLS: one that sends us on bears the same.
    var tlsNames: [SocketAddress: String] = [:]
    /// IP versions of the server that were looked at.
    var families: [SocketAddress.Family] = []

    /// Forgets everything about ways, as on the first day.
    func forgetWays() {
        datagrams = []
        streams = []
        askedServers = []
        tlsNames = [:]
        families = []
    }

    /// Takes a peer connection that has no socket yet.
    init(_ peer: PeerConnection) { self.peer = peer }

    /// Whether a UDP socket or stream is its own.
    func owns(_ socket: Int32) -> Bool {
        datagrams.contains { $0.socket == socket } || streams.contains { $0.socket == socket }
    }

    /// The UDP socket that is a candidate in this IP version.
    func candidate(_ family: SocketAddress.Family) -> Datagram? {
        datagrams.first { !$0.isForRelay && $0.local.family == family }
    }

    /// What a stream is for; nil for numbers that are no stream of ours.
    func purpose(ofStream socket: Int32) -> StreamPurpose? {
        streams.first { $0.socket == socket }?.purpose
    }

    /// Whether a number is that of a UDP socket.
    func isDatagram(_ socket: Int32) -> Bool { datagrams.contains { $0.socket == socket } }
}
