public import Primitives
import RTC
import Visio
import WireFormats

/// The ways in besides one UDP socket: other IP versions, TCP, and relays.
extension EmbeddedVisio {
    /// Takes what happened to a stream besides messages.
    public func receive(_ event: StreamEvent, socket: Int32, now: Instant) {
        self.now = now
        guard !isSilent else { return }
        switch event {
        case .opened: break  // We open none.
        case .accepted(let listener, let remote):
            let isRelay = listener == ways.turnTCP?.socket || listener == ways.turnTLS?.socket
            streams[socket] = ServerStream(remote: remote, isRelay: isRelay)
        case .closed(let failure):
            guard let stream = streams.removeValue(forKey: socket) else { return }
            if stream.isRelay { turn?.streamClosed(socket) }
            guard let endpoint = stream.endpoint else { return }
            endpoint.peer.streamClosed(socket: socket, to: stream.remote, because: failure, now: now)
            schedule(endpoint.session)
        }
    }

    /// Takes what is the TURN server's; false if it is not.
    func receiveRelayed(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress,
        into outbox: inout Outbox
    ) -> Bool {
        guard turn != nil else { return false }
        let bytes = UnsafeRawBufferPointer(datagram)
        if turn?.isRelay(socket) ?? false {
            turn?.receiveFromPeer(bytes, on: socket, from: source, now: now, into: &outbox)
            return true
        }
        let isStream = streams[socket]?.isRelay ?? false
        guard isStream || socket == ways.turnUDP?.socket else { return false }
        turn?.receive(bytes, on: socket, from: source, isStream: isStream, now: now, into: &outbox)
        return true
    }

    /// Whose stream a message came by; a check says so, and everything after it is the same participant's.
    func endpoint(of message: UnsafeRawBufferPointer, onStream socket: Int32) -> Endpoint? {
        guard let stream = streams[socket] else { return nil }
        if DatagramKind.classify(message) == .stun,
            let fragment = STUNMessage.localUsernameFragment(of: message),
            let endpoint = endpointOfFragment[fragment], endpoint.peer !== stream.endpoint?.peer
        {
            streams[socket]?.endpoint = endpoint
            endpoint.peer.streamAccepted(socket: socket, from: stream.remote)
            return endpoint
        }
        return stream.endpoint
    }

    /// Tells a connection where it can be reached.
    func addCandidates(to peer: PeerConnection) {
        for door in ways.udp { peer.addLocalCandidate(door.address, socket: door.socket) }
        for door in ways.tcp { peer.addStreamCandidate(door.address, .passive) }
    }

    /// Closes the streams of somebody who left.
    func closeStreams(of session: Session) {
        let sockets = streams.filter { $0.value.endpoint?.session === session }.keys.sorted()
        for socket in sockets {
            streams[socket] = nil
            ways.streams?.closeStream(socket)
        }
    }

    /// Whether nothing passes over UDP, on purpose; what goes between the media server and its relays does.
    func isBlocked(_ socket: Int32, _ other: SocketAddress) -> Bool {
        configuration.behaviour.blocksUDP && ways.isUDP(socket) && !(turn?.isRelayed(other) ?? false)
    }

    /// Takes back what was written to be sent over UDP, where that is blocked.
    func dropBlocked(from first: Int, in outbox: inout Outbox) {
        guard configuration.behaviour.blocksUDP else { return }
        outbox.removeEntries(from: first) { isBlocked($0.socket, $0.destination) }
    }

    /// Where a participant may get a relay, and by which password: LiveKit's form.
    func iceServers(for session: Session) -> [LiveKitICEServer] {
        guard ways.hasRelay else { return configuration.iceServers }
        let credentials = RelayCredentials(
            key: configuration.credentials.key, participant: session.sid,
            expiry: configuration.wallClock.unixSeconds(at: now) + RelayCredentials.lifetime)
        let urls = [
            ways.turnUDP.map { "turn:\($0.address)?transport=udp" },
            ways.turnTCP.map { "turn:\($0.address)?transport=tcp" },
            ways.turnTLS.map { "turns:\($0.address)?transport=tcp" },
        ]
        return urls.compactMap { url in
            guard let url else { return nil }
            var server = LiveKitICEServer()
            server.urls = [url]
            server.username = credentials.username
            server.credential = credentials.password(secret: configuration.credentials.secret)
            return server
        } + configuration.iceServers
    }

    /// The TURN server beside the media server; it relays to nobody else.
    static func makeRelayServer(
        _ configuration: EmbeddedConfiguration, ways: EmbeddedWays, generator: SeededGenerator
    ) -> TURNServer? {
        guard let sockets = ways.sockets, ways.hasRelay else { return nil }
        let (keys, wallClock) = (configuration.credentials, configuration.wallClock)
        let peers = ways.udp.map { $0.address }
        var settings = TURNServer.Configuration(
            realm: "livekit",
            password: { username, now in
                guard let credentials = RelayCredentials(username: username), credentials.key == keys.key
                else { return nil }
                // LiveKit asks for the time at the first request only; refreshing may go on for hours.
                guard wallClock.unixSeconds(at: now) <= credentials.expiry + RelayCredentials.grace else {
                    return nil
                }
                return credentials.password(secret: keys.secret)
            }, permitsPeer: { peer in peers.contains { $0.with(port: 0) == peer.with(port: 0) } })
        settings.refusal = configuration.behaviour.relayRefusal
        settings.nonceLifetime = configuration.behaviour.relayNonceLifetime
        return TURNServer(settings, sockets: sockets, owner: 0, generator: generator.fork("turn"))
    }
}
