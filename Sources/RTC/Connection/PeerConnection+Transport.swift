public import Primitives
import WireFormats

/// The transport: datagrams in and out, ICE, DTLS, and time.
extension PeerConnection {
    /// Takes a datagram that arrived on `socket`.
    ///
    /// - Parameter datagram: Is decrypted in place; the payload of a media packet that comes out lies in it.
    /// - Returns: A media packet, if the datagram held one.
    public func receive(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) -> Inbound {
        guard phase != .ended else { return .none }
        let first = outbox.entries.count
        defer { wrapRelayed(from: first, now: now, into: &outbox) }
        statistics.receivedDatagramCount += 1
        statistics.receivedByteCount += datagram.count
        if let relay = relays.firstIndex(where: { $0.client.owns(socket, source) }) {
            return receiveRelayed(datagram, by: relay, now: now, into: &outbox)
        }
        if !reflexiveQueries.isEmpty, takeReflexive(datagram, on: socket, from: source) { return .none }
        return accept(datagram, on: socket, from: source, now: now, into: &outbox)
    }

    /// Takes a datagram of the peer, whichever way it came.
    func accept(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) -> Inbound {
        switch DatagramKind.classify(UnsafeRawBufferPointer(datagram)) {
        case .rtp:
            return receiveRTP(datagram, now: now)
        case .rtcp:
            receiveRTCP(datagram, now: now)
        case .stun:
            let malformed = ice.statistics.malformedMessages
            ice.receive(UnsafeRawBufferPointer(datagram), on: socket, from: source, now: now, into: &outbox)
            statistics.malformedSTUNCount += ice.statistics.malformedMessages - malformed
            followICE(now: now, into: &outbox)
        case .dtls:
            // Before there is a path, the peer's hello waits inside the handshake.
            handshake.receive(UnsafeRawBufferPointer(datagram), now: now)
            pumpHandshake(now: now, into: &outbox)
        case .turnChannel, .unknown:
            statistics.unknownDatagramCount += 1
        }
        return .none
    }

    /// Does what is due; harmless when called early.
    public func tick(now: Instant, into outbox: inout Outbox) {
        guard phase != .ended else { return }
        let first = outbox.entries.count
        defer { wrapRelayed(from: first, now: now, into: &outbox) }
        tickPaths(now: now, into: &outbox)
        let isFlushing = flushAt.map { $0 <= now } ?? false
        if isFlushing { flushAt = nil }
        if isDue(ice.deadline, now) {
            ice.tick(now: now, into: &outbox)
        }
        followICE(now: now, into: &outbox)
        guard phase != .ended, ice.selectedPair != nil else { return }
        var needsPump = isFlushing
        if isDue(handshake.deadline, now) {
            handshake.tick(now: now)
            needsPump = true
        }
        if isDue(dataChannels?.deadline, now) {
            dataChannels?.tick(now: now)
            needsPump = true
        }
        if needsPump { pumpHandshake(now: now, into: &outbox) }
        guard phase != .ended, srtp != nil else { return }
        if isDue(earliest(feedbackTimes.deadline, arrivals?.deadline), now) {
            sendFeedback(now: now, into: &outbox)
        }
        if isDue(senderReportAt, now) { sendSenderReports(now: now, into: &outbox) }
        if congestion != nil { tickCongestion(now: now) }
    }

    /// Says goodbye and ends the connection: BYE for every stream, close_notify, and silence.
    public func close(now: Instant, into outbox: inout Outbox) {
        guard phase != .ended else { return }
        let first = outbox.entries.count
        if srtp != nil, ice.selectedPair != nil { sendGoodbye(into: &outbox) }
        handshake.close()
        drainHandshake(into: &outbox)
        wrapRelayed(from: first, now: now, into: &outbox)
        for index in relays.indices { relays[index].client.close(now: now, into: &outbox) }
        phase = .ended
    }

    func isDue(_ deadline: Instant?, _ now: Instant) -> Bool {
        guard let deadline else { return false }
        return deadline <= now
    }

    /// Reacts to changes of the path.
    func followICE(now: Instant, into outbox: inout Outbox) {
        if ice.state != .failed { hasReportedICEFailure = false }
        switch ice.state {
        case .connected:
            switch phase {
            case .new:
                phase = .securing
                releaseAt = now + Self.unusedPathLifetime
                emit(.iceConnected)
                startHandshake(now: now)
                pumpHandshake(now: now, into: &outbox)
            case .disconnected:
                phase = .connected
                releaseAt = now + Self.unusedPathLifetime
                emit(.iceConnected)
                emit(.connected)
            case .connected where ice.selectedPair != knownPair:
                releaseAt = now + Self.unusedPathLifetime
                emit(.pathChanged)
            case .securing, .connected, .ended: break
            }
            knownPair = ice.selectedPair
        case .disconnected:
            guard phase == .connected else { return }
            phase = .disconnected
            emit(.disconnected)
        case .failed:
            guard !hasReportedICEFailure else { return }
            hasReportedICEFailure = true
            if phase == .connected { phase = .disconnected }
            emit(.failed((["ICE found no way to the peer"] + pathProblems).joined(separator: "; ")))
        case .checking:
            // The pair in use is gone for good, as with a TCP connection that was closed; another may be found.
            guard phase == .connected, ice.selectedPair == nil else { return }
            phase = .disconnected
            emit(.disconnected)
        case .new: break
        }
    }

    private func startHandshake(now: Instant) {
        guard let role = negotiator.dtlsRole, let remote = negotiator.remoteTransport else { return }
        handshake.start(role: role, remoteFingerprint: remote.fingerprint, now: now)
    }

    /// Moves what DTLS and SCTP have for each other and for the wire, until both are quiet.
    func pumpHandshake(now: Instant, into outbox: inout Outbox) {
        followHandshake(now: now)
        guard phase != .ended else { return drainHandshake(into: &outbox) }
        while true {
            let count = handshake.pollApplicationData(into: scratch)
            guard count > 0 else { break }
            let message = UnsafeRawBufferPointer(rebasing: scratch[..<count])
            dataChannels?.receive(message, now: now)
        }
        while ice.selectedPair != nil, srtp != nil {
            let count = dataChannels?.pollTransmit(into: scratch) ?? 0
            guard count > 0 else { break }
            handshake.send(UnsafeRawBufferPointer(rebasing: scratch[..<count]))
        }
        drainHandshake(into: &outbox)
    }

    private func drainHandshake(into outbox: inout Outbox) {
        guard let pair = ice.selectedPair else { return }
        var count = 0
        repeat {
            count = 0
            outbox.append(from: pair.socket, to: pair.remote) { buffer in
                count = handshake.pollTransmit(into: buffer)
                return count
            }
        } while count > 0
    }

    private func followHandshake(now: Instant) {
        switch handshake.state {
        case .connected:
            guard srtp == nil, let ciphers = handshake.makeCiphers() else { return }
            srtp = SRTPSession(ciphers: ciphers)
            emit(.dtlsConnected)
            phase = .connected
            emit(.connected)
            congestion?.controller.begin(now: now)
            settleCongestion(now: now)
            startDataChannels(now: now)
        case .failed(let reason): fail(reason)
        case .closed: closedByPeer()
        case .idle, .handshaking: break
        }
    }
}
