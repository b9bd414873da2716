public import Primitives

// Our candidates of every kind, and the opening of pairs that need it.
extension ICEAgent {
    /// Adds a host candidate: a UDP socket and the address it is bound to.
    ///
    /// - Parameters:
    ///   - address: Where the socket is bound.
    ///   - socket: The socket, as the host numbered it.
    ///   - preference: The local preference of RFC 8445 section 5.1.2.1; by default each candidate is preferred to
    ///     those that come after it.
    public mutating func addLocalCandidate(
        _ address: SocketAddress, socket: Int32, preference: UInt16? = nil
    ) {
        guard !locals.contains(where: { $0.socket == socket }) else { return }
        let taken = locals.filter { $0.candidate.type == .host && $0.candidate.transport == .udp }
            .map { UInt16(truncatingIfNeeded: $0.candidate.priority >> 8) }.min()
        let foundation = foundation(of: address, .host, .udp)
        add(
            ICECandidate(
                foundation: String(foundation),
                priority: ICECandidate.priority(
                    type: .host, localPreference: preference ?? (taken ?? 0) &- 1),
                address: address, type: .host), socket: socket, foundation: foundation)
    }

    /// Adds a TCP host candidate (RFC 6544): an active one opens connections from `address`, of which the port does
    /// not count; a passive one is an address that listens.
    public mutating func addStreamCandidate(
        _ address: SocketAddress, _ tcpType: ICETCPType, preference: UInt16? = nil
    ) {
        // Nobody connects to an active candidate: its port is the discard port (RFC 6544 section 4.5).
        let address = tcpType == .active ? address.with(port: 9) : address
        guard
            !locals.contains(where: { $0.candidate.address == address && $0.candidate.tcpType == tcpType })
        else { return }
        // RFC 6544 section 4.2: three bits of direction above thirteen of anything else.
        let direction: UInt16 = tcpType == .active ? 6 : tcpType == .passive ? 4 : 2
        let foundation = foundation(of: address, .host, .tcp)
        add(
            ICECandidate(
                foundation: String(foundation), transport: .tcp,
                priority: ICECandidate.priority(
                    preference: ICECandidateType.host.preference(over: .tcp, tcpType),
                    localPreference: preference ?? direction << 13 | 0x1fff),
                address: address, type: .host, tcpType: tcpType), socket: ICELocalCandidate.unconnected,
            foundation: foundation)
    }

    /// Drops our TCP candidates and the pairs over them.
    public mutating func removeStreamCandidates() {
        for pair in pairs where pair.local.candidate.transport == .tcp {
            if path?.pair.socket == pair.local.socket { losePath() }
        }
        locals.removeAll { $0.candidate.transport == .tcp }
        pairs.removeAll { $0.local.candidate.transport == .tcp }
        wishes.removeAll { if case .connection = $0 { true } else { false } }
        updateDeadline()
    }

    /// Adds a relay: its address, and the number below zero that datagrams through it are written under.
    ///
    /// - Parameter typePreference: libwebrtc's `ICE_TYPE_PREFERENCE_RELAY_…`: 2 over UDP, 1 over TCP, 0 over TLS.
    mutating func addRelayedCandidate(_ address: SocketAddress, socket: Int32, typePreference: UInt32) {
        let foundation = foundation(of: address, .relayed, .udp)
        add(
            ICECandidate(
                foundation: String(foundation),
                priority: ICECandidate.priority(preference: typePreference, localPreference: 0xffff),
                address: address, type: .relayed), socket: socket, foundation: foundation)
    }

    /// Adds what a STUN server saw of the socket that is bound to `base`; nothing if no NAT is between.
    ///
    /// - Returns: The candidate, if it is new.
    mutating func addReflexiveCandidate(_ address: SocketAddress, base: SocketAddress) -> ICECandidate? {
        guard address != base, !reflexives.contains(where: { $0.address == address }) else { return nil }
        let taken = reflexives.count
        let candidate = ICECandidate(
            foundation: "s\(taken + 1)",
            priority: ICECandidate.priority(
                type: .serverReflexive, localPreference: UInt16.max - UInt16(min(taken, 1000))),
            address: address, type: .serverReflexive)
        reflexives.append(candidate)
        return candidate
    }

    private mutating func add(_ candidate: ICECandidate, socket: Int32, foundation: Int) {
        let local = ICELocalCandidate(candidate: candidate, socket: socket, foundation: foundation)
        locals.append(local)
        for remote in remotes { addPair(local, remote) }
        updateDeadline()
    }

    /// Equal for candidates of one type, base and protocol (RFC 8445 section 5.1.1.3).
    private func foundation(
        of address: SocketAddress, _ type: ICECandidateType, _ transport: ICETransport
    ) -> Int {
        let base = address.with(port: 0)
        let known = locals.first {
            $0.candidate.address.with(port: 0) == base && $0.candidate.type == type
                && $0.candidate.transport == transport
        }
        return known?.foundation ?? (locals.map(\.foundation).max() ?? 0) + 1
    }

    /// Whether a closed pair needs something that was not told yet.
    var hasWish: Bool { !wishes.isEmpty }

    /// What a closed pair needs; nil when nothing is missing that was not told already.
    mutating func nextWish() -> ICEWish? { wishes.isEmpty ? nil : wishes.removeFirst() }

    /// A connection that was wished for is up: its pairs may be tried.
    public mutating func streamOpened(socket: Int32, to remote: SocketAddress) {
        for index in pairs.indices
        where pairs[index].local.socket == ICELocalCandidate.unconnected
            && pairs[index].remote.candidate.address == remote
        {
            pairs[index].local.socket = socket
            open(index)
        }
        updateDeadline()
    }

    /// A peer connected to our passive candidate: what it sends on `socket` makes a pair.
    public mutating func streamAccepted(socket: Int32) {
        guard let passive = locals.first(where: { $0.candidate.tcpType == .passive }) else { return }
        var stream = passive
        stream.socket = socket
        acceptedStreams.append(stream)
    }

    /// A connection could not be opened, or it is gone, and its pairs with it.
    ///
    /// - Parameters:
    ///   - socket: Its number; `ICELocalCandidate.unconnected` if it never had one here.
    ///   - remote: Where it led.
    public mutating func streamClosed(socket: Int32, to remote: SocketAddress) {
        acceptedStreams.removeAll { $0.socket == socket }
        for index in pairs.indices
        where pairs[index].remote.candidate.address == remote
            && pairs[index].local.candidate.transport == .tcp
            && (pairs[index].local.socket == socket
                || pairs[index].local.socket == ICELocalCandidate.unconnected)
        {
            fail(index)
        }
        transactions.removeAll { $0.socket == socket }
        if path?.pair.socket == socket { losePath() }
        updateDeadline()
    }

    /// A relay lets a peer through, or does not.
    mutating func setPermission(_ isGranted: Bool, socket: Int32, peer: SocketAddress) {
        for index in pairs.indices where pairs[index].connects(socket, peer) {
            if !isGranted {
                fail(index)
                if let path, path.pair.socket == socket, path.pair.remote == peer { losePath() }
            } else if pairs[index].state == .closed {
                open(index)
            }
        }
        updateDeadline()
    }

    /// Lets a closed pair take part in checks.
    private mutating func open(_ index: Int) {
        let isProven = pairs.contains { $0.state == .succeeded && $0.sharesFoundation(with: pairs[index]) }
        pairs[index].state = isProven ? .waiting : .frozen
    }

    /// The selected pair is of no use any more: another one may still be found.
    mutating func losePath() {
        path = nil
        isConcluded = false
        guard state == .connected || state == .disconnected else { return }
        state = .checking
        checkingSince = nil
    }
}

extension ICECandidate {
    /// Whether two candidates of a peer are one and the same.
    func isSame(as other: ICECandidate) -> Bool {
        address == other.address && transport == other.transport
    }
}
