import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// The ways to the media server: sockets, connections and relays, opened as they are wanted and allowed.
extension SyntheticClient {
    /// Most servers that may send us on to another one.
    private static let maximumRedirects = 3

    // MARK: Opening

    /// Gives a connection its UDP and TCP candidates in the direction of the deployment, as far as its network has them.
    func openCandidates(of transport: Transport) throws(DatagramSocketError) {
        let family = environment.direction?.family ?? .v4
        guard policy.uses(family) else { return }
        try openCandidates(of: transport, toward: environment.direction, family)
    }

    private func openCandidates(
        of transport: Transport, toward destination: SocketAddress?, _ family: SocketAddress.Family
    ) throws(DatagramSocketError) {
        let preference = PathPolicy.preference(of: family)
        guard transport.candidate(family) == nil else { return }
        guard policy.usesUDP || policy.usesTCP else { return }
        // The socket also tells by which address of ours the server is reached.
        let opened = try environment.sockets.openSocket(owner: planned.index, toward: destination)
        if policy.usesUDP {
            transport.datagrams.append(
                Transport.Datagram(socket: opened.socket, local: opened.local, isForRelay: false))
            transport.peer.addLocalCandidate(opened.local, socket: opened.socket, preference: preference)
        } else {
            environment.sockets.close(socket: opened.socket)
        }
        if policy.usesTCP {
            transport.peer.addStreamCandidate(opened.local, .active, preference: preference)
        }
    }

    /// Opens what a candidate of the server makes worth while: an IP version that was not used yet.
    private func prepare(for candidate: ICECandidate, of transport: Transport) {
        let family = candidate.address.family
        guard policy.usesUDP || policy.usesTCP, !transport.families.contains(family) else { return }
        transport.families.append(family)
        guard transport.candidate(family) == nil else { return }
        // A version that this host does not have is no failure: the others remain.
        try? openCandidates(of: transport, toward: candidate.address, family)
    }

    /// Leaves out candidates that the scenario does not allow to be contacted, or that the network does not have.
    func permitted(_ sdp: String, for transport: Transport?) -> String {
        var lines: [Substring] = []
        for line in sdp.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            if line.hasPrefix("a=candidate:"), !permits(candidate: line, for: transport) { continue }
            lines.append(line)
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    /// Whether a candidate may be used; counts those that are not allowed.
    func permits(candidate line: some StringProtocol, for transport: Transport?) -> Bool {
        guard let candidate = ICECandidate(sdp: line) else { return true }  // unusable anyway
        guard policy.uses(candidate) else { return false }
        guard environment.permitsMedia(candidate.address) else {
            counters.forbiddenCandidates += 1
            return false
        }
        if let transport { prepare(for: candidate, of: transport) }
        return true
    }

    // MARK: Servers that help

    /// Asks the STUN and TURN servers that LiveKit named, as the page does once it knows them.
    func gather(_ servers: [LiveKitICEServer], _ client: LiveKitClientConfiguration, now: Instant) {
        if client.forceRelay == .enabled {
            policy.forceRelay()
            // What was announced before is not used: the page restarts with relays alone.
            if !policy.usesUDP { transports?.forEach { dropCandidates(of: $0) } }
        }
        // What was asked for before and is there still need not be asked for again.
        transports?.forEach { if !$0.peer.hasRelay { $0.askedServers = [] } }
        iceServers = []
        for server in servers {
            let credentials =
                server.username.isEmpty && server.credential.isEmpty
                ? nil : TURNCredentials(username: server.username, password: server.credential)
            for text in server.urls {
                guard let url = ICEServerURL(text) else {
                    note(.path, "a server that LiveKit named cannot be used: \(text.prefix(80))", at: now)
                    continue
                }
                if case .turn(let transport) = url.kind, !policy.relays.contains(transport) { continue }
                if url.kind == .stun, !policy.usesUDP { continue }
                iceServers.append((url, credentials))
            }
        }
        if iceServers.isEmpty, network != nil, needsRelay {
            transports?.forEach { $0.peer.note(problem: "LiveKit names no TURN server of the wanted kind") }
        }
        var asked: [String] = []
        for (url, _) in iceServers where !asked.contains(url.host) {
            asked.append(url.host)
            if let address = SocketAddress(host: url.host, port: 0) {
                resolved(host: url.host, [address], now: now)
            } else {
                commands.append(.resolve(host: url.host))
            }
        }
    }

    private var needsRelay: Bool { !policy.usesUDP && !policy.usesTCP }

    /// Names became addresses: the servers behind them can be asked.
    func resolved(host: String, _ addresses: [SocketAddress], now: Instant) {
        let isLiteral = SocketAddress(host: host, port: 0) != nil
        // One of each IP version, as libwebrtc takes for each network of a device.
        for family in [SocketAddress.Family.v4, .v6] where policy.uses(family) {
            guard let address = addresses.first(where: { $0.family == family }) else { continue }
            // A literal address is allowed by itself, a name's addresses by their name.
            if isLiteral, !environment.permitsMedia(address) {
                counters.forbiddenServers += 1
                continue
            }
            for (url, credentials) in iceServers where url.host == host {
                transports?.forEach {
                    ask(url, at: address.with(port: url.port), credentials, by: $0, now: now)
                }
            }
        }
    }

    /// A name has no address, or must not be contacted.
    func unresolved(host: String, _ failure: CarrierFailure, now: Instant) {
        if case .forbidden = failure {
            counters.forbiddenServers += 1
        } else {
            transports?.forEach { $0.peer.note(problem: "\(host): \(FailureText.of(failure))") }
        }
    }

    private func ask(
        _ url: ICEServerURL, at server: SocketAddress, _ credentials: TURNCredentials?,
        by transport: Transport, now: Instant
    ) {
        switch url.kind {
        case .stun:
            guard let datagram = transport.candidate(server.family) else { return }
            transport.peer.addSTUNServer(server, socket: datagram.socket, base: datagram.local, now: now)
        case .turn(let kind):
            let configuration = TURNClient.Configuration(
                server: server, transport: kind, credentials: credentials)
            guard !transport.askedServers.contains(.init(address: server, transport: kind)) else { return }
            askRelay(configuration, tlsName: kind == .tls ? url.host : nil, by: transport, now: now)
        }
    }

    private func askRelay(
        _ configuration: TURNClient.Configuration, tlsName: String?, by transport: Transport, now: Instant
    ) {
        transport.askedServers.append(
            .init(address: configuration.server, transport: configuration.transport))
        transport.tlsNames[configuration.server] = tlsName
        do throws(DatagramSocketError) {
            guard configuration.transport.isStream else {
                let opened = try environment.sockets.openSocket(
                    owner: planned.index, toward: configuration.server)
                transport.datagrams.append(
                    Transport.Datagram(socket: opened.socket, local: opened.local, isForRelay: true))
                return transport.peer.addRelay(configuration, socket: opened.socket, now: now)
            }
            try openStream(
                of: transport, to: configuration.server,
                StreamOptions(framing: .turn, tlsName: tlsName), .relay(configuration))
        } catch {
            transport.peer.note(problem: FailureText.of(error))
        }
    }

    private func openStream(
        of transport: Transport, to destination: SocketAddress, _ options: StreamOptions,
        _ purpose: Transport.StreamPurpose
    ) throws(DatagramSocketError) {
        // What a firewall swallows is never answered: the attempt just hangs.
        guard options.tlsName != nil || !policy.losesPlainTCP else { return }
        let socket = try environment.streams.openStream(
            owner: planned.index, to: destination, options: options)
        transport.streams.append((socket, purpose))
    }

    // MARK: What happens to them

    func handle(_ event: PathEvent, of transport: Transport, now: Instant) {
        switch event {
        case .candidate(let line):
            let isSubscriber = transports?.isDual == true && transport === transports?.subscriber
            let section = transport.peer.sections.first?.mid ?? "0"
            signal.trickle(
                ICECandidateInit(
                    candidate: line, mid: section, usernameFragment: transport.peer.localUsernameFragment),
                for: isSubscriber ? .subscriber : .publisher)
        case .streamWanted(let remote):
            guard environment.permitsMedia(remote) else { return }
            do throws(DatagramSocketError) {
                try openStream(
                    of: transport, to: remote, StreamOptions(framing: .lengthPrefixed), .direct(remote))
            } catch {
                transport.peer.note(problem: FailureText.of(error))
            }
        case .streamUnneeded(let socket):
            transport.streams.removeAll { $0.socket == socket }
            environment.streams.closeStream(socket)
        case .relayRedirected(let configuration, let server):
            redirect(configuration, to: server, of: transport, now: now)
        case .failed(let text): note(.path, text, at: now)
        }
    }

    private func redirect(
        _ configuration: TURNClient.Configuration, to server: SocketAddress, of transport: Transport,
        now: Instant
    ) {
        let isLoop =
            transport.askedServers.contains(.init(address: server, transport: configuration.transport))
            || transport.askedServers.count > iceServers.count + Self.maximumRedirects
        guard !isLoop, environment.permitsMedia(server) else {
            if !isLoop { counters.forbiddenServers += 1 }
            let reason = isLoop ? "which was asked before" : "which the scenario does not allow"
            return transport.peer.note(
                problem: "TURN at \(configuration.server) redirects to \(server), \(reason)")
        }
        var next = configuration
        next.server = server
        askRelay(next, tlsName: transport.tlsNames[configuration.server], by: transport, now: now)
    }

    /// Takes what happened to a stream.
    func receive(_ event: StreamEvent, socket: Int32, now: Instant, into outbox: inout Outbox) {
        guard phase != .ended, let transport = transports?.owner(of: socket),
            let index = transport.streams.firstIndex(where: { $0.socket == socket })
        else { return }
        let first = outbox.entries.count
        defer { swallow(from: first, in: &outbox) }
        let purpose = transport.streams[index].purpose
        switch event {
        case .accepted: break  // We listen nowhere.
        case .opened:
            switch purpose {
            case .direct(let remote): transport.peer.streamOpened(socket: socket, to: remote, now: now)
            case .relay(let configuration):
                transport.streams[index].purpose = .askedRelay(configuration)
                transport.peer.addRelay(configuration, socket: socket, now: now)
            case .askedRelay: break
            }
        case .closed(let failure):
            transport.streams.remove(at: index)
            switch purpose {
            case .direct(let remote):
                transport.peer.streamClosed(socket: socket, to: remote, because: failure, now: now)
            case .relay(let configuration):
                let kind = configuration.transport.rawValue.uppercased()
                transport.peer.note(problem: "TURN over \(kind) at \(configuration.server): \(failure)")
            case .askedRelay(let configuration):
                transport.peer.streamClosed(
                    socket: socket, to: configuration.server, because: failure, now: now)
            }
        }
        pump(now: now, into: &outbox)
    }

    /// Whether a number is that of a stream.
    func isStream(_ socket: Int32) -> Bool {
        transports?.owner(of: socket)?.purpose(ofStream: socket) != nil
    }

    /// How many round trips pass until a stream is open: one for TCP, and one more for TLS 1.3 (RFC 8446 section 2).
    func roundTrips(toOpen socket: Int32) -> Int {
        switch transports?.owner(of: socket)?.purpose(ofStream: socket) {
        case .relay(let configuration) where configuration.transport == .tls: 2
        default: 1
        }
    }

    // MARK: Leaving

    /// Replaces all ways by new ones, because the addresses of the device are dead.
    ///
    /// Relays are asked for again when the session goes on, and are named anew by then.
    func replaceWays(of transport: Transport) throws(DatagramSocketError) {
        let old = (transport.datagrams, transport.streams)
        transport.forgetWays()
        transport.peer.dropRelaysAndStreams()
        transport.peer.removeStreamCandidates()
        defer {
            for datagram in old.0 {
                if !datagram.isForRelay { transport.peer.removeLocalCandidate(socket: datagram.socket) }
                close(datagram)
            }
            for stream in old.1 { environment.streams.closeStream(stream.socket) }
        }
        try openCandidates(of: transport)
    }

    /// Gives up the relays and TCP connections of a connection that lost its path: who looks for a new one begins with
    /// new ones.
    func dropBrokenWays(of transport: Transport) {
        guard transport.peer.iceState != .connected else { return }
        transport.peer.dropRelaysAndStreams()
        for datagram in transport.datagrams where datagram.isForRelay {
            close(datagram)
        }
        for stream in transport.streams { environment.streams.closeStream(stream.socket) }
        transport.datagrams.removeAll { $0.isForRelay }
        transport.streams = []
        transport.askedServers = []
    }

    /// Takes back the candidates of a connection that may only use relays.
    private func dropCandidates(of transport: Transport) {
        for datagram in transport.datagrams where !datagram.isForRelay {
            transport.peer.removeLocalCandidate(socket: datagram.socket)
            close(datagram)
        }
        transport.datagrams.removeAll { !$0.isForRelay }
        transport.peer.removeStreamCandidates()
    }

    /// Closes a UDP socket, and remembers what it lost.
    private func close(_ datagram: Transport.Datagram) {
        socketLosses += environment.sockets.losses(of: datagram.socket)
        environment.sockets.close(socket: datagram.socket)
    }

    /// Gives the sockets of all connections back.
    func closeSockets() {
        transports?.forEach { transport in
            for datagram in transport.datagrams { close(datagram) }
            for stream in transport.streams { environment.streams.closeStream(stream.socket) }
            transport.forgetWays()
        }
    }

    /// Lets the kernel skip routing once a connection has its path.
    func followPath(of transport: Transport, now: Instant) {
        guard let pair = transport.peer.selectedPair else { return }
        if transport === transports?.subscriber, let path = transport.peer.mediaPath {
            pathTaken = PathTaken(path: path.rawValue, isIPv6: pair.remote.family == .v6)
        }
        guard pair.localType != .relayed, transport.isDatagram(pair.socket) else { return }
        environment.sockets.connect(socket: pair.socket, to: pair.remote)
    }

    /// Whether something that came by a socket was swallowed on its way.
    func isSwallowed(_ socket: Int32) -> Bool {
        policy.losesUDP && (transports?.owner(of: socket)?.isDatagram(socket) ?? false)
    }

    /// Takes back what was written to be sent by UDP, where the network swallows it.
    func swallow(from first: Int, in outbox: inout Outbox) {
        guard policy.losesUDP, first < outbox.entries.count else { return }
        outbox.removeEntries(from: first) { isSwallowed($0.socket) }
    }
}
