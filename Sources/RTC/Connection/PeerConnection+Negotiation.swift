public import Primitives
import WireFormats

/// Signalling: sections, offers, answers and candidates.
extension PeerConnection {
    // MARK: The side that offers

    /// Adds sections in which we only receive, for the next offer.
    public func addReceiveSections(audio: Int, video: Int) {
        negotiator.addReceiveSections(audio: audio, video: video)
    }

    /// Adds the section of the data channels, for the next offer.
    public func addDataSection() { negotiator.addDataSection() }

    /// Adds a track to send, for the next offer; a section that became idle and looked alike is used again.
    ///
    /// - Returns: The section's index. `send` works once the answer was applied.
    public func addSendSection(_ track: OutgoingTrack) -> Int { negotiator.addSendSection(track) }

    /// Stops sending in a section at once; the next offer tells the peer.
    public func removeSendSection(_ section: Int) {
        negotiator.removeSendSection(section)
        updateOutboundSections()
    }

    /// An offer for everything added so far, with our candidates.
    public func createOffer() -> String { negotiator.makeOffer(localTransport).text }

    /// Takes over the answer to the last offer; ICE starts with the first one.
    public func applyAnswer(_ sdp: String, now: Instant) throws(NegotiationError) {
        try negotiator.apply(answer: sdp)
        takeAgreement(now: now)
    }

    /// Takes new ICE credentials from the next offer on (RFC 8445 section 9), keeping keys and streams.
    public func restartICE(now: Instant) { ice.restart(now: now) }

    // MARK: The side that answers

    /// Takes over an offer; answer it with `createAnswer`.
    public func applyOffer(_ sdp: String, now: Instant) throws(NegotiationError) {
        try negotiator.apply(offer: sdp)
        takeAgreement(now: now)
    }

    /// As a server, sends a track in a section that `isFreeForSending`, once the next answer told the client.
    ///
    /// Its sources must not have been used on this connection before: SRTP never encrypts under one index
    /// twice.
    public func attach(_ track: OutgoingTrack, to section: Int) {
        negotiator.attach(track, to: section)
        updateOutboundSections()
    }

    /// Stops sending in a section at once and frees it; the next answer tells the client.
    public func detach(section: Int) {
        negotiator.detach(section)
        updateOutboundSections()
    }

    /// Lists `codec` first when answering for a section: a client sends what is listed first.
    public func preferCodec(_ codec: Codec, in section: Int) {
        negotiator.prefer(codec, in: section)
        updateIncoming()
    }

    /// The answer to the last offer, with our candidates.
    public func createAnswer(now: Instant) -> String { negotiator.makeAnswer(localTransport).text }

    // MARK: Both

    /// Adds a UDP socket of ours, before the description that is to list it.
    public func addLocalCandidate(_ address: SocketAddress, socket: Int32, preference: UInt16? = nil) {
        ice.addLocalCandidate(address, socket: socket, preference: preference)
        trickleLast()
    }

    /// Adds a TCP candidate of ours: one that opens connections, or one that listens.
    public func addStreamCandidate(
        _ address: SocketAddress, _ tcpType: ICETCPType, preference: UInt16? = nil
    ) {
        ice.addStreamCandidate(address, tcpType, preference: preference)
        trickleLast()
    }

    /// Drops our TCP candidates and the pairs over them; streams that are open may be closed then.
    public func removeStreamCandidates() { ice.removeStreamCandidates() }

    /// Tells a candidate that came up after the first description.
    private func trickleLast() {
        guard ice.state != .new, let candidate = ice.localCandidates.last else { return }
        emit(.path(.candidate(candidate.sdp)))
    }

    /// Drops a socket of ours, which may be closed then.
    public func removeLocalCandidate(socket: Int32) { ice.removeLocalCandidate(socket: socket) }

    /// Adds a trickled candidate, `candidate:…` with or without `a=`; unusable ones are ignored.
    public func addRemoteCandidate(_ line: String) {
        guard let candidate = ICECandidate(sdp: line) else { return }
        ice.addRemoteCandidate(candidate)
    }

    private var localTransport: LocalTransport {
        LocalTransport(
            credentials: ice.localCredentials, isICELite: configuration.isICELite,
            fingerprint: handshake.localFingerprint, candidates: ice.localCandidates)
    }

    /// Carries what was negotiated over to the transport and the streams.
    private func takeAgreement(now: Instant) {
        guard let remote = negotiator.remoteTransport, let role = negotiator.dtlsRole else { return }
        let isRemoteRestart = ice.remoteCredentials.map { $0 != remote.credentials } ?? false
        // RFC 8445 section 9: who answers a restart restarts too.
        if isRemoteRestart, !configuration.offers { ice.restart(now: now) }
        ice.setRemote(credentials: remote.credentials, isLite: remote.isICELite)
        for line in remote.candidates { addRemoteCandidate(line) }
        ice.start(now: now)
        if dataChannels == nil, negotiator.hasDataSection {
            dataChannels = DataChannelTransport(role: role, generator: generator.fork("sctp"))
            if srtp != nil { startDataChannels(now: now) }
        }
        if let size = negotiator.remoteMaximumMessageSize { dataChannels?.maximumOutgoingMessageSize = size }
        updateIncoming()
        updateOutboundSections()
        // Whatever became due by this needs an outbox.
        requestFlush(now: now)
    }

    /// Adapts what is needed to assign received packets.
    private func updateIncoming() {
        let sections = negotiator.sections
        payloadTypes = PayloadTypeTable(sections)
        extensionMap = HeaderExtensionMap()
        for section in sections {
            for kind in RTPExtensionKind.allCases where section.extensions[kind] != nil {
                extensionMap[kind] = section.extensions[kind]
            }
        }
        mids = ContiguousArray(sections.map { RTPIdentifier($0.mid) })
        rids = ContiguousArray(sections.map { $0.remoteRIDs.compactMap { RTPIdentifier($0) } })
        if arrivals == nil, extensionMap[.transportSequenceNumber] != nil,
            sections.contains(where: { $0.codecs.contains(where: \.usesTransportFeedback) })
        {
            var recorder = TransportFeedbackRecorder()
            recorder.interval = configuration.feedbackInterval
            arrivals = recorder
        }
        unassigned.forget()
        for index in receiveStreams.indices where receiveStreams[index].isActive {
            settleStream(index, sections)
        }
    }

    /// Ends a stream whose section no longer carries it, or learns where it belongs after all.
    private func settleStream(_ index: Int, _ sections: [MediaSection]) {
        let stream = receiveStreams[index]
        let declared = sections.firstIndex { section in
            section.remoteSources.contains { $0.ssrc == stream.ssrc }
        }
        if let declared {
            receiveStreams[index].section = declared
            let rtx = sections[declared].remoteSources.first { $0.ssrc == stream.ssrc }?.rtxSSRC
            if let rtx, rtx != stream.rtxSSRC {
                receiveStreams[index].rtxSSRC = rtx
                sources.assign(rtx, to: index, isRepair: true)
            }
            return
        }
        let section = sections[stream.section]
        // Sources that are declared are all there are.
        guard section.isRejected || !section.remoteDirection.sends || !section.remoteSources.isEmpty else {
            return
        }
        endStream(index)
    }

    /// Ends a stream; its statistics stay.
    func endStream(_ index: Int) {
        receiveStreams[index].isActive = false
        receiveStreams[index].receiver.finish()
        sources.retire(index)
    }

    /// Starts streams for tracks that were added and agreed, and ends those of tracks that went away.
    private func updateOutboundSections() {
        let sections = negotiator.sections
        while outboundSections.count < sections.count {
            outboundSections.append(nil)
            outboundTracks.append(nil)
        }
        for (index, section) in sections.enumerated() {
            if let current = outboundSections[index],
                section.isRejected || section.outgoingTrack != outboundTracks[index]
            {
                for stream in current.firstStream..<current.firstStream + current.layerCount {
                    sendStreams[stream].isActive = false
                    ownSources.retire(stream)
                }
                outboundSections[index] = nil
                outboundTracks[index] = nil
            }
            guard !section.isRejected, let track = section.outgoingTrack, !section.codecs.isEmpty else {
                continue
            }
            if outboundSections[index] == nil { start(track, in: index, section) }
            outboundSections[index]?.acceptedLayers = acceptedLayers(of: track, in: section)
        }
    }

    private func acceptedLayers(of track: OutgoingTrack, in section: MediaSection) -> UInt64 {
        guard section.remoteDirection.receives else { return 0 }
        var bits: UInt64 = 0
        for (index, layer) in track.layers.enumerated() where section.accepts(layer) {
            bits |= 1 << UInt64(index)
        }
        return bits
    }

    private func start(_ track: OutgoingTrack, in index: Int, _ section: MediaSection) {
        let isServer = configuration.role == .server
        let first = sendStreams.count
        for layer in track.layers.indices.prefix(OutboundSection.maximumLayerCount) {
            let stream = OutboundStream(
                section: index, layer: layer, agreed: section, track: track,
                canonicalName: isServer ? track.streamID : configuration.cname,
                declaresSources: isServer && track.layers[layer].rid == nil, generator: &generator)
            ownSources.assign(stream.ssrc, to: sendStreams.count, isRepair: false)
            if let rtx = stream.sender.retransmissionSSRC {
                ownSources.assign(rtx, to: sendStreams.count, isRepair: true)
            }
            sendStreams.append(stream)
        }
        let usesTransportFeedback =
            configuration.numbersPackets && section.extensions[.transportSequenceNumber] != nil
            && section.codecs.contains(where: \.usesTransportFeedback)
        if usesTransportFeedback, transportFeedback == nil { transportFeedback = TransportFeedbackReader() }
        var map = section.extensions
        if !usesTransportFeedback { map[.transportSequenceNumber] = nil }
        outboundTracks[index] = track
        outboundSections[index] = OutboundSection(
            firstStream: first, layerCount: sendStreams.count - first, header: RTPHeaderWriter(map: map),
            usesTransportFeedback: usesTransportFeedback, isPaced: congestion != nil && track.kind == .video)
    }
}
