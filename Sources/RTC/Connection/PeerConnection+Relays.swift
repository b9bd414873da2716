public import Primitives
import WireFormats

/// A relay of a peer connection.
struct Relay {
    /// The client of its server.
    var client: TURNClient
    /// Whether nobody needs it any more.
    var isReleased = false

    /// The number under which the relay at this position writes its datagrams into an outbox.
    static func number(of index: Int) -> Int32 { -1 - Int32(index) }

    /// The position of the relay with this number.
    static func index(of number: Int32) -> Int { Int(-1 - number) }
}

// Ways through TURN servers.
extension PeerConnection {
    /// Most relays that one connection has at a time.
    static let maximumRelays = 8

    /// Asks a TURN server for a relay, which becomes a candidate when it is there.
    ///
    /// - Parameters:
    ///   - configuration: Where and as whom to ask.
    ///   - socket: The UDP socket or the open stream that leads there. A UDP socket may be a candidate as well.
    public func addRelay(_ configuration: TURNClient.Configuration, socket: Int32, now: Instant) {
        guard phase != .ended, relays.count(where: { $0.client.state != .ended }) < Self.maximumRelays,
            !relays.contains(where: { relay in
                relay.client.configuration.server == configuration.server && relay.client.socket == socket
                    && relay.client.state != .ended
            })
        else { return }
        let client = TURNClient(
            configuration, socket: socket, generator: generator.fork("relay", relaysAsked))
        relaysAsked += 1
        if let free = relays.firstIndex(where: { $0.client.state == .ended }) {
            ice.removeLocalCandidate(socket: Relay.number(of: free))
            relays[free] = Relay(client: client)
        } else {
            relays.append(Relay(client: client))
        }
        if configuration.transport.isStream {
            streams.append(PeerStream(socket: socket, remote: configuration.server))
        }
        requestFlush(now: now)
    }

    /// Forgets all relays and streams at once, because what they went by is gone or of no use; nobody is told.
    public func dropRelaysAndStreams() {
        for index in relays.indices where relays[index].client.state != .ended {
            relays[index].client.end()
            ice.removeLocalCandidate(socket: Relay.number(of: index))
        }
        let old = streams
        streams = []
        for stream in old { ice.streamClosed(socket: stream.socket, to: stream.remote) }
    }

    /// Whether there is a relay, or one is asked for.
    public var hasRelay: Bool { relays.contains { $0.client.state != .ended } }

    /// What carries our packets at present; nil while there is no path.
    public var mediaPath: MediaPath? {
        guard let pair = ice.selectedPair else { return nil }
        if pair.socket < 0 {
            let relay = relays[Relay.index(of: pair.socket)]
            return MediaPath(relayOver: relay.client.configuration.transport)
        }
        return pair.transport == .tcp ? .tcp : .udp
    }

    /// Takes what a TURN server sent, and what a peer sent in it.
    func receiveRelayed(
        _ datagram: UnsafeMutableRawBufferPointer, by index: Int, now: Instant, into outbox: inout Outbox
    ) -> Inbound {
        let found = relays[index].client.receive(UnsafeRawBufferPointer(datagram), now: now, into: &outbox)
        followRelay(index, now: now, into: &outbox)
        guard case .datagram(let peer, let offset, let count) = found else { return .none }
        let inner = UnsafeMutableRawBufferPointer(rebasing: datagram[offset..<offset + count])
        let inbound = accept(
            inner, on: Relay.number(of: index), from: peer, now: now, into: &outbox)
        guard case .media(var packet) = inbound else { return inbound }
        packet.payloadOffset += offset
        return .media(packet)
    }

    /// Carries over what a TURN client learnt.
    func followRelay(_ index: Int, now: Instant, into outbox: inout Outbox) {
        let number = Relay.number(of: index)
        let transport = relays[index].client.configuration.transport
        while let event = relays[index].client.nextEvent() {
            switch event {
            case .allocated(let relayed, _):
                // libwebrtc's ICE_TYPE_PREFERENCE_RELAY_UDP, _TCP and _TLS.
                let preference: UInt32 = transport == .udp ? 2 : transport == .tcp ? 1 : 0
                ice.addRelayedCandidate(relayed, socket: number, typePreference: preference)
                if let candidate = ice.localCandidates.last(where: { $0.address == relayed }) {
                    emit(.path(.candidate(candidate.sdp)))
                }
            case .permitted(let peer): ice.setPermission(true, socket: number, peer: peer)
            case .denied(let peer, let failure):
                note(problem: "\(describe(relays[index].client.configuration)) and \(peer): \(failure)")
                ice.setPermission(false, socket: number, peer: peer)
            case .redirected(let server):
                emit(.path(.relayRedirected(from: relays[index].client.configuration, to: server)))
                giveUpStream(relays[index].client.socket)
            case .failed(let failure):
                if !relays[index].isReleased {
                    note(problem: "\(describe(relays[index].client.configuration)) \(failure)")
                }
                ice.removeLocalCandidate(socket: number)
                giveUpStream(relays[index].client.socket)
                followICE(now: now, into: &outbox)
            }
        }
        serveWishes(now: now, into: &outbox)
    }

    private func describe(_ configuration: TURNClient.Configuration) -> String {
        "TURN over \(configuration.transport.rawValue.uppercased()) at \(configuration.server)"
    }

    /// Puts what the machines wrote for relays into what TURN servers understand; call before returning an outbox.
    func wrapRelayed(from first: Int, now: Instant, into outbox: inout Outbox) {
        guard !relays.isEmpty else { return }
        var isStranded = false
        for position in first..<outbox.entries.count where outbox.entries[position].socket < 0 {
            let index = Relay.index(of: outbox.entries[position].socket)
            let isSent =
                relays.indices.contains(index)
                && relays[index].client.encapsulate(position, in: &outbox, now: now)
            isStranded = isStranded || !isSent
        }
        if isStranded { outbox.removeEntries(from: first) { $0.socket < 0 } }
    }
}
