import Primitives
import RTC
import Visio
import WireFormats

/// The media path: publisher's packet in, one packet for each subscriber out, and what peers ask for beside it.
extension EmbeddedVisio {
    /// Forwards one media packet; the datagram holds its payload in the clear.
    func forward(
        _ packet: InboundPacket, in datagram: UnsafeMutableRawBufferPointer, of session: Session,
        into outbox: inout Outbox
    ) {
        statistics.packetsIn += 1
        guard packet.section < session.publicationOfSection.count,
            let publication = session.publicationOfSection[packet.section],
            !packet.isDuplicate, packet.payloadCount > 0
        else { return }
        let (track, coding) = (publication.track, publication.coding)
        // A section may be answered with more codecs than the track was announced in.
        guard track.kind == .audio || packet.codec == coding.codec else { return }
        let payload = UnsafeRawBufferPointer(
            rebasing: datagram[packet.payloadOffset..<packet.payloadOffset + packet.payloadCount])
        let quality = self.quality(of: packet, of: session, publication)
        if !track.isLive { publish(track) }
        let layer = self.layer(quality, of: publication, packet: packet)
        let isNewest = layer.note(
            sequence: packet.extendedSequence, timestamp: packet.header.timestamp, now: now)
        layer.cache.store(payload, sequence: packet.extendedSequence)
        if let level = packet.audioLevel { track.loudness.add(level: level) }
        if track.kind == .video, let remainder = configuration.behaviour.frozenSender?.remainder(at: now) {
            withhold(publication, quality: quality, endsWithNextFrame: remainder <= layer.frameInterval)
            return
        }
        if coding.isScalable {
            forwardScalable(packet, in: datagram, payload: payload, publication, into: &outbox)
            return
        }
        // A repaired start is no start: what came of the frame before it has been passed over.
        var startsKeyFrame = false
        if track.kind == .video, isNewest, packet.codec == .vp8,
            let parsed = VP8PayloadDescriptor.parse(payload.bytes)
        {
            // RFC 6386 section 9.1: the lowest bit of the frame is zero in key frames.
            startsKeyFrame = parsed.descriptor.isStartOfFrame && payload[parsed.byteCount] & 1 == 0
        }
        if track.kind == .video, startsKeyFrame { switchCodings(of: track, to: coding) }
        for downTrack in track.downTracks where downTrack.coding === coding {
            let forwarded = downTrack.admit(
                packet, quality: quality, startsKeyFrame: startsKeyFrame, now: now)
            pass(packet, forwarded, payload: payload, quality: quality, along: downTrack, into: &outbox)
        }
    }

    /// Forwards a packet of a stream that holds all layers: each subscriber gets those that it needs.
    private func forwardScalable(
        _ packet: InboundPacket, in datagram: UnsafeMutableRawBufferPointer, payload: UnsafeRawBufferPointer,
        _ publication: Publication, into outbox: inout Outbox
    ) {
        let (track, coding) = (publication.track, publication.coding)
        guard let (descriptor, _) = VP9PayloadDescriptor.parse(payload.bytes) else { return }
        var scalable: ScalablePacket?
        if let place = packet.dependencyDescriptor {
            let bytes = UnsafeRawBufferPointer(rebasing: datagram[place.offset..<place.offset + place.count])
            scalable = coding.scalability.read(bytes.bytes)
            // As with the genuine server, what a descriptor does not explain goes nowhere.
            guard scalable != nil else { return }
        }
        if descriptor.startsKeyFrame { switchCodings(of: track, to: coding) }
        for downTrack in track.downTracks where downTrack.coding === coding {
            let forwarded = downTrack.admit(packet, scalable, descriptor, now: now)
            pass(packet, forwarded, payload: payload, quality: 0, along: downTrack, into: &outbox)
        }
    }

    /// Lets a camera's picture stand still on purpose; the first frame afterwards has to be a key frame.
    private func withhold(_ publication: Publication, quality: Int, endsWithNextFrame: Bool) {
        statistics.packetsWithheld += 1
        for downTrack in publication.track.downTracks where downTrack.coding === publication.coding {
            downTrack.stop()
            if endsWithNextFrame, downTrack.neededKeyFrame(now: now) == quality {
                requestKeyFrame(for: downTrack)
            }
        }
    }

    private func pass(
        _ packet: InboundPacket, _ forwarded: DownTrack.Forwarded?, payload: UnsafeRawBufferPointer,
        quality: Int,
        along downTrack: DownTrack, into outbox: inout Outbox
    ) {
        // Of a scalable stream lower layers may be on their way while the wanted one waits for its key picture.
        if forwarded == nil || downTrack.coding?.isScalable == true,
            downTrack.neededKeyFrame(now: now) == quality
        {
            requestKeyFrame(for: downTrack)
        }
        guard let forwarded else { return }
        guard budget.take(now: now) else {
            statistics.packetsWithheld += 1
            return
        }
        guard let section = downTrack.section, let target = downTrack.payload else { return }
        let isRED = packet.codec == .red
        // A plain Opus packet of a track that also sends RED goes out under Opus' own number.
        let type = target.isRED && !isRED ? plainPayloadType(of: downTrack) ?? target.type : target.type
        let token = ForwardingToken(
            isScalable: downTrack.coding?.isScalable ?? false, quality: quality,
            sequence: packet.extendedSequence)
        // A packet lost on purpose is made and remembered like any other, so that it can be asked for again.
        downTrack.forwardedCount += 1
        let isLost = egress.loses(number: downTrack.forwardedCount)
        let sent =
            isLost
            ? send(
                token, forwarded, packet, type, section, along: downTrack, payload: payload, into: &discarded)
            : send(token, forwarded, packet, type, section, along: downTrack, payload: payload, into: &outbox)
        if isLost { discarded.removeAll() }
        guard sent else { return }
        statistics.packetsForwarded += 1
        // What is written now leaves after the deliberate delay; the clock stands still while we work.
        forwardingTimes.add(nanoseconds: configuration.behaviour.addedDelay.nanoseconds)
    }

    private func send(
        _ token: ForwardingToken, _ forwarded: DownTrack.Forwarded, _ packet: InboundPacket,
        _ payloadType: UInt8,
        _ section: Int, along downTrack: DownTrack, payload: UnsafeRawBufferPointer, into outbox: inout Outbox
    ) -> Bool {
        downTrack.subscriber.downlink.send(
            section: section, layer: 0, payloadType: payloadType, timestamp: forwarded.timestamp,
            marker: forwarded.marker, sequenceNumber: forwarded.sequenceNumber, token: token.raw,
            audioLevel: nil, now: now, into: &outbox
        ) { buffer in downTrack.write(payload, isRED: packet.codec == .red, into: buffer) }
    }

    private func plainPayloadType(of downTrack: DownTrack) -> UInt8? {
        guard let section = downTrack.section else { return nil }
        return downTrack.subscriber.downlink.sections[section].codecs.first { $0.codec == .opus }?.payloadType
    }

    private func quality(of packet: InboundPacket, of session: Session, _ publication: Publication) -> Int {
        guard publication.track.kind == .video, !publication.coding.isScalable else { return 0 }
        let rids = session.uplink.sections[packet.section].remoteRIDs
        guard rids.count > 1, packet.layer < rids.count else { return 2 }
        return PublishedTrack.quality(ofRID: rids[packet.layer])
    }

    private func layer(_ quality: Int, of publication: Publication, packet: InboundPacket) -> UplinkLayer {
        let (track, coding) = (publication.track, publication.coding)
        if let known = coding.layers[quality] {
            if known.stream == packet.stream { return known }
            // The publisher started over with another source, whose numbers have nothing to do with the old ones.
            for downTrack in track.downTracks
            where downTrack.coding === coding && downTrack.currentQuality == quality {
                downTrack.stop()
            }
        }
        let layer = UplinkLayer(
            quality: quality, stream: packet.stream, now: now, isVideo: track.kind == .video)
        coding.layers[quality] = layer
        if coding.isScalable { coding.scalability = ScalableUplink() }
        for downTrack in track.downTracks { requestKeyFrame(for: downTrack) }
        return layer
    }

    /// Asks the publisher for the key frame a subscriber waits for; the peer connection throttles.
    func requestKeyFrame(for downTrack: DownTrack) {
        guard let quality = downTrack.neededKeyFrame(now: now), let layer = downTrack.coding?.layers[quality]
        else {
            return
        }
        downTrack.track.publisher.uplink.requestKeyFrame(stream: layer.stream, now: now)
        schedule(downTrack.track.publisher)
    }

    /// Sends a packet again that a subscriber missed.
    func retransmit(_ request: Retransmission, to session: Session, into outbox: inout Outbox) {
        let token = ForwardingToken(request.token)
        guard request.section < session.downTrackOfSection.count,
            let downTrack = session.downTrackOfSection[request.section],
            downTrack.canRepeat(token), let layer = downTrack.coding?.layers[token.quality],
            let payload = layer.cache.payload(of: token.sequence)
        else {
            statistics.missedRetransmissions += 1
            return
        }
        statistics.retransmissions += 1
        let isRED = downTrack.payload?.isRED ?? false
        session.downlink.retransmit(request, now: now, into: &outbox) { buffer in
            downTrack.write(payload, isRED: isRED, into: buffer)
        }
    }

    /// Takes what a participant's peer connection has to tell.
    func handle(
        _ event: PeerEvent, of session: Session, by peer: PeerConnection, into outbox: inout Outbox
    ) {
        switch event {
        case .connected: if peer === session.peers.first { activate(session) }
        case .failed, .closedByPeer: fail(session, by: peer)
        case .keyFrameRequested(let section, _):
            guard section < session.downTrackOfSection.count,
                let downTrack = session.downTrackOfSection[section]
            else { return }
            let quality = downTrack.currentQuality ?? downTrack.targetQuality(now: now)
            guard let quality, let layer = downTrack.coding?.layers[quality] else { return }
            downTrack.track.publisher.uplink.requestKeyFrame(stream: layer.stream, now: now)
            schedule(downTrack.track.publisher)
        case .dataChannelOpened(let channel, let label):
            if peer === session.uplink { session.channels[label] = channel }
            if peer === session.downlink { session.downChannels[label] = channel }
        case .data(let channel, let bytes, _): relay(bytes, from: session, channel: channel)
        case .remoteReport(_, _, let report):
            session.worstLoss = max(session.worstLoss, report.fractionLost)
        case .iceConnected, .dtlsConnected, .pathChanged, .sendingRateChanged, .disconnected, .streamAdded,
            .dataChannelClosed,
            .dataChannelsFailed,
            .receiverEstimatedMaximumBitrate, .bye, .path:
            break
        }
    }

    /// A peer that closes its transport leaves, even if its leave message comes later or not at all; one that went
    /// silent may come back.
    private func fail(_ session: Session, by peer: PeerConnection) {
        guard session.isActive else { return remove(session, reason: .joinFailure) }
        guard peer.iceState != .connected else { return remove(session, reason: .clientInitiated) }
        askToResume(session, reason: .connectionTimeout)
    }

    private func activate(_ session: Session) {
        guard !session.isActive else { return }
        session.isActive = true
        statistics.connections += 1
        session.info.state = .active
        session.refreshInfo()
        announceQuietly(session)
        if session.subscribesAutomatically {
            subscribeToEverything(session)
            if session.subscriptions.contains(where: { $0.section == nil }) { renegotiate(session) }
        }
        for subscription in session.subscriptions { requestKeyFrame(for: subscription) }
    }

    /// Passes a data packet on to everybody it is for, with its sender's name on it.
    private func relay(_ bytes: [UInt8], from session: Session, channel: UInt16) {
        statistics.dataReceived += 1
        guard session.grant.mayPublishData else { return }
        guard var packet = try? LiveKitDataPacket(decoding: bytes) else {
            statistics.malformedData += 1
            return
        }
        let isLossy = session.channels["_lossy"] == channel
        packet.kind = isLossy ? .lossy : .reliable
        packet.participantSid = session.sid
        packet.participantIdentity = session.identity
        if case .user(var user) = packet.value {
            user.participantSid = session.sid
            user.participantIdentity = session.identity
            packet.value = .user(user)
        }
        let message = packet.encoded()
        for other in session.room.sessions where other !== session && other.isActive {
            let isAddressed =
                packet.destinationIdentities.isEmpty
                || packet.destinationIdentities.contains(other.identity)
            if isAddressed { deliver(data: message, isReliable: !isLossy, to: other) }
        }
    }

    /// Sends an encoded data packet to a participant whose channel for it is open.
    func deliver(data: [UInt8], isReliable: Bool, to session: Session) {
        guard let channel = session.downChannels[isReliable ? "_reliable" : "_lossy"] else { return }
        if session.downlink.send(data: data, channel: channel, now: now) { statistics.dataSent += 1 }
        schedule(session)
    }
}
