public import WireFormats

/// The side that always offers.
extension Negotiator {
    /// Appends sections in which we only receive.
    public mutating func addReceiveSections(audio: Int, video: Int) {
        precondition(configuration.role == .offerer, "only the offering side adds sections")
        for _ in 0..<audio { slots[append(.audio)].isForReceiving = true }
        for _ in 0..<video { slots[append(.video)].isForReceiving = true }
    }

    /// Appends the section of the data channels, unless there is one.
    public mutating func addDataSection() {
        precondition(configuration.role == .offerer, "only the offering side adds sections")
        guard !sections.contains(where: { $0.kind == .application && !$0.isRejected }) else { return }
        _ = append(.application)
    }

    /// Gives a track a section to be sent in: an idle one that was like it, a rejected one, or a new one.
    ///
    /// - Returns: The section's index.
    public mutating func addSendSection(_ track: OutgoingTrack) -> Int {
        precondition(configuration.role == .offerer, "only the offering side adds sections")
        precondition(track.kind == .audio || track.kind == .video, "a track is audio or video")
        let index = idleSection(for: track) ?? append(track.kind)
        sections[index].outgoingTrack = track
        slots[index].hasCarriedTrack = true
        slots[index].sentRIDs = track.layers.compactMap(\.rid)
        return index
    }

    /// Stops sending in a section, which stays and becomes inactive in the next offer.
    public mutating func removeSendSection(_ index: Int) {
        precondition(sections.indices.contains(index), "there is no such section")
        sections[index].outgoingTrack = nil
    }

    /// Composes an offer for everything that was added so far.
    public mutating func makeOffer(_ transport: LocalTransport) -> SessionDescription {
        precondition(configuration.role == .offerer, "only one side offers")
        var offer = startDescription(transport)
        for index in sections.indices {
            var section = offeredSection(index)
            if !section.isRejected {
                section.transport = sectionTransport(transport, setup: .actpass)
                section.transport.iceOptions = ["trickle"]
                if offer.bundle.isEmpty { section.candidates = transport.candidates.map(\.sdp) }
                offer.bundle.append(section.mid)
            }
            sections[index].localDirection = section.direction
            offer.sections.append(section)
        }
        pendingOfferCount = sections.count
        return offer
    }

    /// Takes over the answer to our last offer.
    public mutating func apply(answer text: String) throws(NegotiationError) {
        guard configuration.role == .offerer, let expected = pendingOfferCount else { throw .wrongState }
        let (answer, transport) = try read(text)
        guard answer.sections.count == expected else {
            throw .sectionCountMismatch(expected: expected, found: answer.sections.count)
        }
        for (index, section) in answer.sections.enumerated() where !section.isRejected {
            guard section.kind == sections[index].kind, section.mid == sections[index].mid else {
                throw .sectionMismatch(index: index)
            }
        }
        pendingOfferCount = nil
        remoteTransport = transport
        dtlsRole = dtlsRole ?? transport.localRole
        for (index, section) in answer.sections.enumerated() {
            takeRemote(section, at: index)
            takeAgreement(section, at: index)
        }
    }

    private mutating func append(_ kind: MediaKind) -> Int {
        sections.append(MediaSection(mid: String(nextMID), kind: kind))
        slots.append(Slot())
        nextMID += 1
        return sections.count - 1
    }

    /// A section that a track may take over: nothing is sent in it, and the shape in the text stays the same.
    private mutating func idleSection(for track: OutgoingTrack) -> Int? {
        let rids = track.layers.compactMap(\.rid)
        for index in sections.indices where sections[index].kind == track.kind {
            let isIdle = sections[index].outgoingTrack == nil && slots[index].hasCarriedTrack
            guard isIdle, !sections[index].isRejected, slots[index].sentRIDs == rids else { continue }
            return index
        }
        return nil
    }

    private func offeredSection(_ index: Int) -> MediaDescription {
        let state = sections[index]
        if state.isRejected { return rejectedSection(state) }
        guard state.kind != .application else {
            var section = MediaDescription(
                media: "application", protocolName: LocalCapabilities.dataProtocol,
                formats: ["webrtc-datachannel"])
            section.mid = state.mid
            section.sctpPort = LocalCapabilities.sctpPort
            section.maximumMessageSize = capabilities.maximumMessageSize
            return section
        }
        // The server leaves every section open for the client, whether it sends there or no longer does.
        let isReceiving = configuration.side == .server || slots[index].isForReceiving
        var section = MediaDescription(
            media: state.kind.token, protocolName: LocalCapabilities.mediaProtocol)
        section.mid = state.mid
        section.direction = MediaDirection(sends: state.outgoingTrack != nil, receives: isReceiving)
        section.multiplexesRTCP = true
        section.reducesRTCP = true
        section.extensions = LocalCapabilities.offeredExtensions(
            state.kind, side: configuration.side, isScalable: state.outgoingTrack?.codec == .vp9)
        let codecs = isReceiving ? capabilities.codecs(of: state.kind) : sendingCodecs(state)
        section.codecs = capabilities.offeredCodecs(codecs)
        section.formats = section.codecs.map { String($0.payloadType) }
        // As libwebrtc does it, a section keeps its rids while it is idle.
        section.rids = slots[index].sentRIDs.map { RestrictionIdentifier(id: $0, direction: .send) }
        section.simulcastSend = slots[index].sentRIDs
        if let track = state.outgoingTrack { describe(track, in: &section) }
        return section
    }

    private func sendingCodecs(_ section: MediaSection) -> [Codec] {
        switch section.outgoingTrack?.codec {
        case .opus(let red): red ? [.opus, .red] : [.opus]
        case .vp8: [.vp8]
        // As browsers do it the others stand behind: LiveKit asks for a second codec only where it saw it offered for
        // the first (`MediaTrack.AddReceiver`, potential codecs).
        case .vp9: [.vp9] + capabilities.video.filter { $0 != .vp9 }
        case nil: capabilities.codecs(of: section.kind)
        }
    }

    private func describe(_ track: OutgoingTrack, in section: inout MediaDescription) {
        section.msids = [MediaStreamIdentification(stream: track.streamID, track: track.trackID)]
        // Sources of rid simulcast are not declared: the receiver learns them from the packets (RFC 8853).
        guard section.rids.isEmpty else { return }
        let cname = configuration.side == .server ? track.streamID : configuration.cname
        declareSources(of: track, cname: cname, usesRTX: track.kind == .video, in: &section)
    }

    /// A stopped section keeps its line (RFC 8829 section 5.2.2).
    func rejectedSection(_ state: MediaSection) -> MediaDescription {
        var section = MediaDescription(
            media: state.kind.token, port: 0,
            protocolName: state.kind == .application
                ? LocalCapabilities.dataProtocol : LocalCapabilities.mediaProtocol,
            formats: ["webrtc-datachannel"])
        if state.kind != .application {
            section.codecs = Array(capabilities.offeredCodecs(capabilities.codecs(of: state.kind)).prefix(1))
            section.formats = section.codecs.map { String($0.payloadType) }
        }
        section.mid = state.mid
        section.direction = .inactive
        return section
    }

    /// Keeps from an answer what we had offered.
    private mutating func takeAgreement(_ answer: MediaDescription, at index: Int) {
        sections[index].codecs = []
        sections[index].extensions = HeaderExtensionMap()
        guard !answer.isRejected, answer.kind != .application else { return }
        let offered = offeredSection(index)
        sections[index].codecs = answer.codecs.compactMap { codec in
            guard Codec(codec) != .other, let ours = offered.codec(codec.payloadType),
                Codec(ours) == Codec(codec)
            else { return nil }
            return NegotiatedCodec(codec, in: answer)
        }
        for item in answer.extensions where offered.extensions.contains(where: { $0.uri == item.uri }) {
            sections[index].extensions.add(uri: item.uri, id: item.id)
        }
    }
}
