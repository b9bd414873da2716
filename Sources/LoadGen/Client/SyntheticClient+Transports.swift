import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// The peer connections: made, negotiated, and closed.
extension SyntheticClient {
    /// Makes the connections of a session that has not begun; false if that failed the participant.
    func openTransports(isDual: Bool, now: Instant, into outbox: inout Outbox) -> Bool {
        do throws(DatagramSocketError) {
            let publisher = try makeTransport(offers: true)
            // What others send goes by the server's own connection in the older mode. In the newer one three and three
            // sections wait for it from the first offer on, as the SDKs do it.
            if isDual {
                transports = Transports(publisher: publisher, subscriber: try makeTransport(offers: false))
            } else {
                transports = Transports(single: publisher)
                publisher.peer.addReceiveSections(audio: 3, video: 3)
            }
            publisher.peer.addDataSection()
            return true
        } catch {
            fail(CallFailure(stage: .ice, cause: FailureText.of(error)), now: now, into: &outbox)
            return false
        }
    }

    private func makeTransport(offers: Bool) throws(DatagramSocketError) -> Transport {
        var configuration = PeerConnection.Configuration(
            role: .client, wallClock: environment.wallClock, cname: generator.text(16))
        configuration.offers = offers
        if isAdaptive {
            configuration.estimatesReceivedBitrate = true
            if offers { configuration.congestion = CongestionSettings() }
        }
        let peer = PeerConnection(
            configuration: configuration,
            handshake: environment.makeHandshake(generator.fork("handshake", transportCount)),
            generator: generator.fork("peer", transportCount))
        transportCount += 1
        let transport = Transport(peer)
        try openCandidates(of: transport)
        return transport
    }

    /// Says goodbye on every connection.
    func closeTransports(now: Instant, into outbox: inout Outbox) {
        transports?.forEach { $0.peer.close(now: now, into: &outbox) }
    }

    /// The server turned out to be an older one: the single connection is of no use.
    func fallBack(now: Instant, into outbox: inout Outbox) {
        closeSockets()
        isOfferPending = false
        offeredAt = nil
        note(.joining, "the server knows no single peer connection: two of them", at: now)
        _ = openTransports(isDual: true, now: now, into: &outbox)
    }

    /// Offers again when something has changed and no other offer is under way.
    func offerIfNeeded(now: Instant) {
        guard needsOffer, !isOfferPending, signal.state == .joined, let publisher else { return }
        // What is announced together goes into one offer, as the page's debounce of 20 ms lets it.
        guard !tracks.isPending else { return }
        needsOffer = false
        isOfferPending = true
        offeredAt = now
        signal.offer(publisher.createOffer())
    }

    /// Takes the answer to our offer.
    func apply(answer sdp: String, now: Instant, into outbox: inout Outbox) {
        guard let peer = publisher else { return }
        do throws(NegotiationError) {
            try peer.applyAnswer(permitted(sdp, for: transports?.publisher), now: now)
        } catch {
            return failNegotiation(error, now: now, into: &outbox)
        }
        isOfferPending = false
        offeredAt = nil
        if reliableChannel == nil { reliableChannel = openDataChannels(of: peer) }
        adoptCodecs(of: peer.sections, now: now)
        refreshReception(now: now)
        startSenders(now: now)
    }

    /// Answers the server's offer for the connection it sends by.
    func apply(offer sdp: String, id: UInt32, now: Instant, into outbox: inout Outbox) {
        guard let transports, transports.isDual else { return }
        let peer = transports.subscriber.peer
        do throws(NegotiationError) {
            try peer.applyOffer(permitted(sdp, for: transports.subscriber), now: now)
        } catch {
            return failNegotiation(error, now: now, into: &outbox)
        }
        signal.answer(peer.createAnswer(now: now), id: id)
        if !hasAgreedOnDownChannels {
            hasAgreedOnDownChannels = true
            // The server opens the channels by which it sends, unless they need no opening.
            if negotiatesChannels { _ = openDataChannels(of: peer) }
        }
        refreshReception(now: now)
    }

    private func failNegotiation(_ error: NegotiationError, now: Instant, into outbox: inout Outbox) {
        fail(CallFailure(stage: .negotiation, cause: FailureText.of(error)), now: now, into: &outbox)
    }

    /// Tracks may have got names and sections with what was just agreed.
    private func refreshReception(now: Instant) {
        if let subscriber { reception.refresh(sections: subscriber.sections, signal: signal) }
        updateLayout(now: now)
    }

    /// Whether the data channels of this server are agreed on without being opened in band.
    private var negotiatesChannels: Bool {
        signal.serverProtocol >= LiveKitDataChannel.firstNegotiatingProtocol
    }

    /// Opens the page's channels and returns the reliable one; in band the answer decides over their numbers (RFC 8832
    /// section 6).
    private func openDataChannels(of peer: PeerConnection) -> UInt16? {
        var reliable: UInt16?
        for channel in LiveKitDataChannel.allCases {
            let reliability: Reliability = channel.isReliable ? .reliable : .maxRetransmits(0)
            var id = channel.negotiatedID
            if negotiatesChannels {
                peer.addNegotiatedDataChannel(
                    id, label: channel.label, isOrdered: channel.isReliable, reliability: reliability)
            } else {
                id = peer.openDataChannel(
                    label: channel.label, isOrdered: channel.isReliable, reliability: reliability)
            }
            if channel.isReliable { reliable = id }
        }
        return reliable
    }

    /// Takes a trickled candidate of the server.
    func add(candidate line: String, for target: LiveKitSignalTarget) {
        let transport = target == .subscriber ? transports?.subscriber : transports?.publisher
        guard permits(candidate: line, for: transport) else { return }
        transport?.peer.addRemoteCandidate(line)
    }
}
