public import WireFormats

/// The side that always answers.
extension Negotiator {
    /// Takes over an offer; `makeAnswer` answers it.
    public mutating func apply(offer text: String) throws(NegotiationError) {
        guard configuration.role == .answerer else { throw .wrongState }
        let (offer, transport) = try read(text)
        guard offer.sections.count >= sections.count else {
            throw .sectionCountMismatch(expected: sections.count, found: offer.sections.count)
        }
        for index in sections.indices where !offer.sections[index].isRejected {
            let (known, offered) = (sections[index], offer.sections[index])
            // A rejected section may come back as another one (RFC 8829 section 5.2.2).
            guard known.isRejected || (known.mid == offered.mid && known.kind == offered.kind) else {
                throw .sectionMismatch(index: index)
            }
        }
        remoteTransport = transport
        dtlsRole = dtlsRole ?? transport.localRole ?? configuration.answeringRole
        for (index, offered) in offer.sections.enumerated() {
            if index == sections.count {
                sections.append(MediaSection(mid: offered.mid, kind: offered.kind))
                slots.append(Slot())
            } else if sections[index].isRejected, !offered.isRejected {
                sections[index] = MediaSection(mid: offered.mid, kind: offered.kind)
                slots[index] = Slot()
            }
            takeRemote(offered, at: index)
            agree(on: index)
        }
    }

    /// Sends a track in a section that is free for it.
    public mutating func attach(_ track: OutgoingTrack, to index: Int) {
        precondition(sections.indices.contains(index), "there is no such section")
        precondition(
            sections[index].isFreeForSending && sections[index].kind == track.kind, "section is not free")
        sections[index].outgoingTrack = track
        slots[index].hasCarriedTrack = true
        agree(on: index)
    }

    /// Stops sending in a section, which becomes free for another track.
    public mutating func detach(_ index: Int) {
        precondition(sections.indices.contains(index), "there is no such section")
        sections[index].outgoingTrack = nil
        agree(on: index)
    }

    /// Lists `codec` first in the answers for a section: libwebrtc sends what is listed first.
    public mutating func prefer(_ codec: Codec, in index: Int) {
        precondition(sections.indices.contains(index), "there is no such section")
        slots[index].preferredCodec = codec
        agree(on: index)
    }

    /// Composes the answer to the last offer.
    public mutating func makeAnswer(_ transport: LocalTransport) -> SessionDescription {
        precondition(configuration.role == .answerer && remoteTransport != nil, "there is no offer to answer")
        var answer = startDescription(transport)
        let setup: DTLSSetup = dtlsRole == .client ? .active : .passive
        for index in sections.indices {
            var section = answeredSection(index)
            if !section.isRejected {
                section.transport = sectionTransport(transport, setup: setup)
                if answer.bundle.isEmpty, !transport.candidates.isEmpty {
                    section.candidates = transport.candidates.map(\.sdp)
                    section.endsCandidates = true
                }
                answer.bundle.append(section.mid)
            }
            sections[index].localDirection = section.direction
            answer.sections.append(section)
        }
        return answer
    }

    /// Works out what both sides can do in a section, as the answer will say it.
    private mutating func agree(on index: Int) {
        sections[index].codecs = []
        sections[index].extensions = HeaderExtensionMap()
        guard let offered = slots[index].remote, !offered.isRejected else { return }
        switch offered.kind {
        case .application:
            sections[index].isRejected =
                offered.protocolName != LocalCapabilities.dataProtocol || offered.sctpPort == nil
        case .audio, .video:
            let codecs = answeredCodecs(index)
            // Without a common codec, or without one port for RTP and RTCP, there is nothing to talk about.
            guard !codecs.isEmpty, offered.multiplexesRTCP, offered.protocolName.hasSuffix("RTP/SAVPF") else {
                sections[index].isRejected = true
                sections[index].outgoingTrack = nil
                return
            }
            var scratch = offered
            scratch.codecs = codecs
            sections[index].codecs = codecs.filter { Codec($0) != .other }.map {
                NegotiatedCodec($0, in: scratch)
            }
            for item in answeredExtensions(offered) {
                sections[index].extensions.add(uri: item.uri, id: item.id)
            }
        case .other:
            sections[index].isRejected = true
        }
    }

    private func answeredCodecs(_ index: Int) -> [CodecDescription] {
        guard let offered = slots[index].remote else { return [] }
        guard configuration.side == .server else { return capabilities.answeredCodecs(inOrderOf: offered) }
        let receives = offered.direction.sends
        var preferred = slots[index].preferredCodec
        if preferred == nil {
            switch sections[index].outgoingTrack?.codec {
            case .opus(let red): preferred = red ? .red : .opus
            case .vp8: preferred = .vp8
            case .vp9: preferred = .vp9
            case nil: preferred = offered.kind == .audio && receives && configuration.prefersRED ? .red : nil
            }
        }
        return capabilities.answeredCodecs(to: offered, preferred: preferred, receives: receives)
    }

    private func answeredExtensions(_ offered: MediaDescription) -> [HeaderExtensionDescription] {
        let kinds =
            offered.kind == .audio ? LocalCapabilities.audioExtensions : LocalCapabilities.videoExtensions
        return offered.extensions.filter { item in kinds.contains { $0.uri == item.uri } }
            .map { HeaderExtensionDescription(id: $0.id, uri: $0.uri) }
    }

    private func answeredSection(_ index: Int) -> MediaDescription {
        let state = sections[index]
        guard let offered = slots[index].remote, !state.isRejected else { return refusal(of: index) }
        var section = MediaDescription(media: offered.media, protocolName: offered.protocolName)
        section.mid = state.mid
        guard state.kind != .application else {
            section.formats = offered.formats
            section.sctpPort = LocalCapabilities.sctpPort
            section.maximumMessageSize = capabilities.maximumMessageSize
            return section
        }
        section.direction = answeredDirection(index, offered)
        section.multiplexesRTCP = true
        section.reducesRTCP = offered.reducesRTCP
        section.extensions = answeredExtensions(offered)
        section.codecs = answeredCodecs(index)
        section.formats = section.codecs.map { String($0.payloadType) }
        if !state.remoteRIDs.isEmpty {
            section.rids = state.remoteRIDs.map { RestrictionIdentifier(id: $0, direction: .receive) }
            section.simulcastReceive = state.remoteRIDs
        }
        if let track = state.outgoingTrack, section.direction.sends {
            section.msids = [MediaStreamIdentification(stream: track.streamID, track: track.trackID)]
            let usesRTX = state.codecs.contains { $0.rtxPayloadType != nil }
            declareSources(of: track, cname: track.streamID, usesRTX: usesRTX, in: &section)
        }
        return section
    }

    /// The direction of an answered section.
    ///
    /// The genuine server's habits: a section that never carried a track says sendonly too, one that lost its
    /// track says inactive.
    ///
    /// A client sends where it has something to send.
    private func answeredDirection(_ index: Int, _ offered: MediaDescription) -> MediaDirection {
        let state = sections[index]
        let mayBeIdle =
            configuration.side == .server && !slots[index].hasCarriedTrack && state.isFreeForSending
            && !offered.direction.sends
        return MediaDirection(
            sends: offered.direction.receives && (state.outgoingTrack != nil || mayBeIdle),
            receives: offered.direction.sends)
    }

    /// Port 0, the offered media and protocol, and one format (RFC 3264 section 6).
    private func refusal(of index: Int) -> MediaDescription {
        guard let offered = slots[index].remote else { return rejectedSection(sections[index]) }
        var section = MediaDescription(
            media: offered.media, port: 0, protocolName: offered.protocolName,
            formats: Array(offered.formats.prefix(1)))
        section.mid = offered.mid
        section.direction = .inactive
        if let codec = offered.codecs.first, String(codec.payloadType) == offered.formats.first {
            section.codecs = [
                CodecDescription(
                    payloadType: codec.payloadType, name: codec.name, clockRate: codec.clockRate,
                    channelCount: codec.channelCount)
            ]
        }
        return section
    }
}
