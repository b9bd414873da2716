import Media
import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// What the signalling and the peer connection tell, and what the page would do about it.
extension SyntheticClient {
    func handle(_ event: SignalEvent, now: Instant, into outbox: inout Outbox) {
        switch event {
        case .opened: join.reach(.webSocket, after: now - intended)
        case .joined:
            join.reach(.signalling, after: now - intended)
            publishTracks(now: now)
        case .answer(let sdp): apply(answer: sdp, now: now, into: &outbox)
        case .candidate(let candidate): add(candidate: candidate.candidate)
        case .sectionsRequired(let audio, let video):
            if audio + video > 0 { subscriber?.addReceiveSections(audio: audio, video: video) }
            needsOffer = true
        case .published(let cid, let info): published(cid: cid, info)
        case .publishTimedOut(let cid):
            let name = cid == tracks.cameraCID ? "camera" : "microphone"
            fail(
                CallFailure(stage: .negotiation, cause: "the server did not accept the \(name) in time"),
                now: now,
                into: &outbox)
        case .trackPublished, .trackUpdated, .trackUnpublished, .participantJoined, .participantLeft:
            updateLayout(now: now)
        case .qualityWanted(let update): obey(update, now: now)
        case .muteRequested(let sid, let isMuted):
            if sid == tracks.microphoneSID { setMuted(isMuted, now: now) }
        case .speakers(let speakers):
            layout.note(speakers: speakers)
            if planned.layout == .focus { updateLayout(now: now) }
        case .left(let reason, _): serverSaidLeave(reason, now: now, into: &outbox)
        case .failed(let failure): signallingFailed(failure, now: now, into: &outbox)
        case .closed: if phase == .leaving { finish(now: now) }
        case .resumed, .participantUpdated, .selfUpdated, .unpublished, .subscribed, .audioCodecsWanted,
            .subscriptionAllowed, .subscriptionFailed, .connectionQuality, .streamStates, .requestAnswered,
            .roomUpdated:
            break
        }
    }

    private func serverSaidLeave(_ reason: LiveKitDisconnectReason, now: Instant, into outbox: inout Outbox) {
        if phase == .leaving { return finish(now: now) }
        fail(
            CallFailure(
                stage: isConnected ? .call : .signalling, cause: "the server ended the session: \(reason)",
                code: reason.rawValue), now: now, into: &outbox)
    }

    private func signallingFailed(_ failure: SignalFailure, now: Instant, into outbox: inout Outbox) {
        if phase == .leaving { return finish(now: now) }
        let (text, code) = FailureText.of(failure)
        let stage: CallFailure.Stage =
            isConnected ? .call : join[.webSocket] == nil ? .webSocket : .signalling
        fail(CallFailure(stage: stage, cause: text, code: code), now: now, into: &outbox)
    }

    /// Announces microphone and camera in parallel, right after the join response, as the page does.
    private func publishTracks(now: Instant) {
        if planned.microphone.isPublished {
            tracks.microphoneCID = LocalTracks.makeCID(&generator)
            isMuted = isPlannedMuted(at: now)
            scheduleMute(after: now)
            signal.addTrack(tracks.microphoneRequest(isMuted: isMuted), now: now)
        }
        if planned.camera != .off, let clip = cameraClip {
            tracks.cameraCID = LocalTracks.makeCID(&generator)
            signal.addTrack(tracks.cameraRequest(clip: clip), now: now)
        }
        if let interval = planned.messageInterval { nextMessage = now + interval }
    }

    private var cameraClip: VideoClip? {
        let clips = environment.clips.video
        return clips.isEmpty ? nil : clips[planned.index % clips.count]
    }

    private func published(cid: String, _ info: LiveKitTrackInfo) {
        guard let peer = publisher else { return }
        // Senders start at a phase of their own, so that a thousand cameras do not fire in one instant.
        let start = intended + .microseconds(Int64(generator.next() % 50_000))
        if cid == tracks.microphoneCID, microphone == nil, !environment.clips.audio.isEmpty {
            tracks.microphoneSID = info.sid
            let section = peer.addSendSection(tracks.microphoneTrack(&generator))
            let clips = environment.clips.audio
            microphone = MicrophoneSender(
                section: section, clip: clips[planned.index % clips.count], schedule: schedule,
                generator: &generator, start: start)
            microphone?.isMuted = isMuted
            // What the participant did while the announcement was under way.
            if info.muted != isMuted { signal.mute(sid: info.sid, isMuted) }
            needsOffer = true
        } else if cid == tracks.cameraCID, camera == nil, let clip = cameraClip {
            tracks.cameraSID = info.sid
            let section = peer.addSendSection(tracks.cameraTrack(clip: clip, &generator))
            camera = CameraSender(section: section, clip: clip, generator: &generator, start: start)
            needsOffer = true
        }
    }

    /// Offers again when something has changed and no other offer is under way.
    func offerIfNeeded() {
        guard needsOffer, !isOfferPending, signal.state == .joined, let publisher else { return }
        // Both tracks go into one offer, as the page's debounce of 20 ms lets them.
        let waitsForMicrophone = !tracks.microphoneCID.isEmpty && tracks.microphoneSID == nil
        let waitsForCamera = !tracks.cameraCID.isEmpty && tracks.cameraSID == nil
        guard !waitsForMicrophone, !waitsForCamera else { return }
        needsOffer = false
        isOfferPending = true
        signal.offer(publisher.createOffer())
    }

    private func apply(answer sdp: String, now: Instant, into outbox: inout Outbox) {
        guard let peer = publisher else { return }
        do throws(NegotiationError) {
            try peer.applyAnswer(permitted(sdp), now: now)
        } catch {
            return fail(
                CallFailure(stage: .negotiation, cause: FailureText.of(error)), now: now, into: &outbox)
        }
        isOfferPending = false
        openDataChannels(of: peer)
        let sections = peer.sections
        if let section = microphone?.section, section < sections.count, !sections[section].codecs.isEmpty {
            let codecs = sections[section].codecs
            // RED is sent when the answer lists it first, as libwebrtc does.
            let red = codecs.first?.codec == .red ? codecs.first?.payloadType : nil
            if let opus = codecs.first(where: { $0.codec == .opus }) {
                tracks.carriage = MicrophoneSender.Carriage(
                    opus: opus.payloadType, red: tracks.usesRED ? red : nil)
            }
        }
        if let section = camera?.section, section < sections.count {
            tracks.videoPayloadType = sections[section].codecs.first { $0.codec == .vp8 }?.payloadType
        }
        reception.refresh(sections: sections, signal: signal)
        startSenders(now: now)
        updateLayout(now: now)
    }

    /// Opens the page's channels once; the answer decides over their numbers (RFC 8832 section 6).
    private func openDataChannels(of peer: PeerConnection) {
        guard reliableChannel == nil else { return }
        reliableChannel = peer.openDataChannel(label: "_reliable", isOrdered: true, reliability: .reliable)
        _ = peer.openDataChannel(label: "_lossy", isOrdered: false, reliability: .maxRetransmits(0))
        _ = peer.openDataChannel(label: "_data_track", isOrdered: false, reliability: .maxRetransmits(0))
    }

    func startSenders(now: Instant) {
        guard isConnected else { return }
        if tracks.carriage != nil { microphone?.begin(now: now) }
        if tracks.videoPayloadType != nil { camera?.start(now: now) }
    }

    /// Leaves out candidates that the scenario does not allow to be contacted.
    private func permitted(_ sdp: String) -> String {
        var lines: [Substring] = []
        for line in sdp.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            if line.hasPrefix("a=candidate:"), !permits(candidate: line) {
                counters.forbiddenCandidates += 1
                continue
            }
            lines.append(line)
        }
        return lines.joined(separator: "\r\n") + "\r\n"
    }

    private func permits(candidate line: some StringProtocol) -> Bool {
        guard let candidate = ICECandidate(sdp: line) else { return true }  // unusable anyway
        return environment.permitsMedia(candidate.address)
    }

    private func add(candidate line: String) {
        guard permits(candidate: line) else {
            counters.forbiddenCandidates += 1
            return
        }
        publisher?.addRemoteCandidate(line)
    }

    /// Sends the layers that somebody wants, and no others (dynacast).
    private func obey(_ update: LiveKitSubscribedQualityUpdate, now: Instant) {
        guard update.trackSid == tracks.cameraSID else { return }
        let vp8 = update.subscribedCodecs.first { $0.codec.lowercased().hasSuffix("vp8") }
        for quality in vp8?.qualities ?? update.subscribedQualities where quality.quality != .off {
            camera?.setEnabled(quality.enabled, layer: quality.quality.rawValue, now: now)
        }
    }

    func handle(_ event: PeerEvent, of transport: Transport, now: Instant, into outbox: inout Outbox) {
        switch event {
        case .iceConnected: join.reach(.ice, after: now - intended)
        case .dtlsConnected: join.reach(.dtls, after: now - intended)
        case .connected:
            guard phase == .signalling else { return }
            phase = .connected
            if let socket = transport.socket, let pair = transport.peer.selectedPair {
                environment.sockets.connect(socket: socket, to: pair.remote)
            }
            note(.connected, "media is up", at: now)
            startSenders(now: now)
        case .disconnected: note(.disconnected, "ICE lost its path", at: now)
        case .failed(let reason):
            let stage: CallFailure.Stage = isConnected ? .call : join[.ice] == nil ? .ice : .dtls
            fail(CallFailure(stage: stage, cause: reason), now: now, into: &outbox)
        case .keyFrameRequested(let section, let layer):
            counters.keyFrameRequests += 1
            if section == camera?.section { camera?.requestKeyFrame(layer: layer, now: now) }
        case .dataChannelOpened(let channel, _): if channel == reliableChannel { isReliableOpen = true }
        case .data(_, let bytes, _): receive(data: bytes)
        case .streamAdded(let index): reception.add(stream: index, of: transport.peer, signal: signal)
        case .dataChannelClosed, .dataChannelsFailed, .remoteReport, .receiverEstimatedMaximumBitrate, .bye:
            break
        }
    }

    private func receive(data bytes: [UInt8]) {
        guard let packet = try? LiveKitDataPacket(decoding: bytes) else {
            counters.malformedData += 1
            return
        }
        if case .user = packet.value { counters.dataMessages += 1 }
    }
}
