public import Primitives
import WireFormats

/// A TCP connection of a peer connection.
struct PeerStream: Hashable {
    /// Its number.
    var socket: Int32
    /// Where it leads.
    var remote: SocketAddress
}

// Ways over TCP, questions to STUN servers, and what keeps all ways going.
extension PeerConnection {
    /// How long a way lives that is not used: libwebrtc gives up connections that were silent for so long
    /// (`DEAD_CONNECTION_RECEIVE_TIMEOUT`), and then what they hung on.
    static let unusedPathLifetime = Interval.seconds(30)
    /// Most problems that are told with a failure.
    static let maximumProblems = 6

    /// A stream that was wanted is open.
    public func streamOpened(socket: Int32, to remote: SocketAddress, now: Instant) {
        guard phase != .ended else { return }
        streams.append(PeerStream(socket: socket, remote: remote))
        ice.streamOpened(socket: socket, to: remote)
        requestFlush(now: now)
    }

    /// A peer opened a stream to our passive candidate.
    public func streamAccepted(socket: Int32, from remote: SocketAddress) {
        guard phase != .ended, !streams.contains(where: { $0.socket == socket }) else { return }
        streams.append(PeerStream(socket: socket, remote: remote))
        ice.streamAccepted(socket: socket)
    }

    /// A stream is gone, or could not be opened: one of a pair, or one that leads to a TURN server.
    public func streamClosed(
        socket: Int32, to remote: SocketAddress, because failure: StreamFailure, now: Instant
    ) {
        guard phase != .ended else { return }
        streams.removeAll { $0.socket == socket }
        if let relay = relays.firstIndex(where: { $0.client.socket == socket && $0.client.state != .ended }) {
            relays[relay].client.disconnect(failure)
        } else {
            note(problem: "TCP to \(remote): \(failure)")
            ice.streamClosed(socket: socket, to: remote)
        }
        requestFlush(now: now)
    }

    /// Asks a STUN server what the address of a socket of ours is out there; what it says becomes a candidate.
    ///
    /// - Parameters:
    ///   - server: The server.
    ///   - socket: A UDP socket that is a candidate.
    ///   - base: The address it is bound to.
    public func addSTUNServer(_ server: SocketAddress, socket: Int32, base: SocketAddress, now: Instant) {
        guard phase != .ended, reflexiveQueries.count < Self.maximumRelays else { return }
        let id = STUNTransactionID(using: &generator)
        reflexiveQueries.append(
            ReflexiveQuery(server: server, socket: socket, base: base, id: id, sendAt: now))
    }

    /// Notes that something was tried in vain.
    public func note(problem: String) {
        guard !pathProblems.contains(problem) else { return }
        if pathProblems.count < Self.maximumProblems { pathProblems.append(problem) }
        emit(.path(.failed(problem)))
    }

    /// When anything about paths is due; nil for never.
    var pathDeadline: Instant? {
        if ice.hasWish { return .zero }
        var deadline = releaseAt
        for relay in relays {
            deadline = earliest(deadline, relay.client.state == .idle ? .zero : relay.client.deadline)
        }
        for query in reflexiveQueries { deadline = earliest(deadline, query.sendAt) }
        return deadline
    }

    /// Keeps relays and questions going.
    func tickPaths(now: Instant, into outbox: inout Outbox) {
        for index in relays.indices {
            if relays[index].client.state == .idle {
                relays[index].client.start(now: now, into: &outbox)
            } else if isDue(relays[index].client.deadline, now) {
                relays[index].client.tick(now: now, into: &outbox)
            }
            followRelay(index, now: now, into: &outbox)
        }
        for index in reflexiveQueries.indices where isDue(reflexiveQueries[index].sendAt, now) {
            reflexiveQueries[index].send(now: now, into: &outbox)
        }
        reflexiveQueries.removeAll { $0.sendAt == nil }
        serveWishes(now: now, into: &outbox)
        if isDue(releaseAt, now) { releaseUnused(now: now, into: &outbox) }
    }

    /// Does what closed pairs wait for.
    func serveWishes(now: Instant, into outbox: inout Outbox) {
        while let wish = ice.nextWish() {
            switch wish {
            case .connection(let remote):
                if let stream = streams.first(where: { $0.remote == remote && !leadsToRelay($0.socket) }) {
                    ice.streamOpened(socket: stream.socket, to: remote)
                } else {
                    emit(.path(.streamWanted(remote)))
                }
            case .permission(let number, let peer):
                let index = Relay.index(of: number)
                guard relays.indices.contains(index) else { continue }
                relays[index].client.permit(peer, now: now, into: &outbox)
                followRelay(index, now: now, into: &outbox)
            }
        }
    }

    private func leadsToRelay(_ socket: Int32) -> Bool {
        relays.contains { $0.client.socket == socket && $0.client.state != .ended }
    }

    /// Gives up what the selected pair does not use, once it has lasted.
    private func releaseUnused(now: Instant, into outbox: inout Outbox) {
        releaseAt = nil
        guard ice.state == .connected, let pair = ice.selectedPair else { return }
        for index in relays.indices where Relay.number(of: index) != pair.socket {
            guard !relays[index].isReleased else { continue }
            relays[index].isReleased = true
            relays[index].client.close(now: now, into: &outbox)
            ice.removeLocalCandidate(socket: Relay.number(of: index))
            giveUpStream(relays[index].client.socket)
        }
        guard configuration.role == .client else { return }
        for stream in streams where stream.socket != pair.socket && !leadsToRelay(stream.socket) {
            ice.streamClosed(socket: stream.socket, to: stream.remote)
            giveUpStream(stream.socket)
        }
    }

    /// Lets the owner close a stream, if it is one.
    func giveUpStream(_ socket: Int32) {
        guard streams.contains(where: { $0.socket == socket }) else { return }
        streams.removeAll { $0.socket == socket }
        emit(.path(.streamUnneeded(socket)))
    }

    /// Whether a datagram answers a question to a STUN server.
    func takeReflexive(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress
    ) -> Bool {
        let known = reflexiveQueries.firstIndex { $0.socket == socket && $0.server == source }
        guard let index = known, let message = try? STUNMessage(UnsafeRawBufferPointer(datagram).bytes),
            message.transactionID == reflexiveQueries[index].id
        else { return false }
        let query = reflexiveQueries.remove(at: index)
        if message.messageClass == .success, let mapped = message.mappedAddress,
            let candidate = ice.addReflexiveCandidate(mapped, base: query.base)
        {
            emit(.path(.candidate(candidate.sdp)))
        }
        return true
    }
}

/// A question to a STUN server what our address is (RFC 8445 section 5.1.1.2).
struct ReflexiveQuery {
    /// Whom to ask.
    var server: SocketAddress
    /// The socket whose address is asked for.
    var socket: Int32
    /// Where that socket is bound.
    var base: SocketAddress
    /// Identifies the answer.
    var id: STUNTransactionID
    /// When to ask, or ask again; nil once it was asked often enough.
    var sendAt: Instant?
    /// How often it was asked.
    var transmissions = 0

    /// Asks, with libwebrtc's 250 ms that double and 7 tries (`stun_request.cc`).
    mutating func send(now: Instant, into outbox: inout Outbox) {
        outbox.append(from: socket, to: server) { buffer in
            let writer = STUNWriter(buffer, .request, transactionID: id)
            return writer.count
        }
        transmissions += 1
        sendAt = transmissions < 7 ? now + .milliseconds(250) * (1 << (transmissions - 1)) : nil
    }
}
