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
        notice(event, now: now)
        switch event {
        case .opened: join.reach(.webSocket, after: now - intended)
        case .fellBack: fallBack(now: now, into: &outbox)
        case .joined(let response): joined(response, now: now)
        case .resumed(let response): resumed(response, now: now)
        case .answer(let sdp): apply(answer: sdp, now: now, into: &outbox)
        case .offer(let sdp, let id): apply(offer: sdp, id: id, now: now, into: &outbox)
        case .candidate(let candidate, let target): add(candidate: candidate.candidate, for: target)
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
        case .unpublished(let sid): stopPublishing(sid)
        case .speakers(let speakers):
            layout.note(speakers: speakers)
            if planned.layout == .focus { updateLayout(now: now) }
        case .left(let reason, let action): serverSaidLeave(reason, action, now: now, into: &outbox)
        case .failed(let failure): signallingFailed(failure, now: now, into: &outbox)
        case .closed: if phase == .leaving { finish(now: now) }
        case .participantUpdated, .renamed, .handMoved, .selfUpdated, .subscribed, .audioCodecsWanted,
            .subscriptionAllowed, .subscriptionFailed, .connectionQuality, .streamStates, .requestAnswered,
            .roomUpdated:
            break
        }
    }

    private func serverSaidLeave(
        _ reason: LiveKitDisconnectReason, _ action: LiveKitLeaveRequest.Action, now: Instant,
        into outbox: inout Outbox
    ) {
        if phase == .leaving { return finish(now: now) }
        if reason == .participantRemoved, isSentAwayByOurs {
            sentAway(now: now)
            finishReception(now: now)
            closeTransports(now: now, into: &outbox)
            return finish(now: now)
        }
        let text = "the server ended the session: \(FailureText.of(reason))"
        // An attempt that is answered by a leave cannot resume, whatever else that says.
        if recovery?.step == .signalling {
            return attemptFailed(text, startsOver: true, now: now, into: &outbox)
        }
        switch action {
        case .resume where canRecover: lose(.server, text, now: now)
        case .reconnect where canRecover: lose(.server, startsOver: true, text, now: now)
        default:
            fail(
                CallFailure(stage: isConnected ? .call : .signalling, cause: text, code: reason.rawValue),
                now: now, into: &outbox)
        }
    }

    private func signallingFailed(_ failure: SignalFailure, now: Instant, into outbox: inout Outbox) {
        if phase == .leaving { return finish(now: now) }
        let (text, code) = FailureText.of(failure)
        if let recovery, recovery.step != .joining {
            // While it settles or waits, its own time decides.
            guard recovery.step == .signalling else { return }
            attemptFailed(text, startsOver: false, now: now, into: &outbox)
            // A token that is no longer good will not be better the next time.
            if code == 401 || code == 403 { giveUp(code: code, now: now, into: &outbox) }
            return
        }
        if canRecover {
            let cause: ConnectionLoss.Cause = failure == .pingTimedOut ? .silence : .signalling
            return lose(cause, reason: .rrSignalDisconnected, text, now: now)
        }
        let stage: CallFailure.Stage =
            isConnected || recovery != nil ? .call : join[.webSocket] == nil ? .webSocket : .signalling
        fail(CallFailure(stage: stage, cause: text, code: code), now: now, into: &outbox)
    }

    private func transportFailed(
        _ transport: Transport, _ text: String, now: Instant, into outbox: inout Outbox
    ) {
        guard recovery == nil || recovery?.step == .joining else { return }
        if canRecover, isConnected {
            let isPublisher = transport === transports?.publisher
            return lose(
                isPublisher ? .publisher : .subscriber,
                reason: isPublisher ? .rrPublisherFailed : .rrSubscriberFailed, text, now: now)
        }
        let stage: CallFailure.Stage = isConnected ? .call : join[.ice] == nil ? .ice : .dtls
        fail(CallFailure(stage: stage, cause: text), now: now, into: &outbox)
    }

    /// The server closed a connection: a word on why follows by signalling, as a rule.
    private func peerClosed(_ transport: Transport, now: Instant, into outbox: inout Outbox) {
        guard phase != .leaving else { return }
        guard canRecover, isConnected, recovery == nil else {
            return transportFailed(transport, "the peer closed the connection", now: now, into: &outbox)
        }
        lose(
            transport === transports?.publisher ? .publisher : .subscriber,
            after: ReconnectPolicy.closingTime, "the peer closed the connection", now: now)
    }

    private func joined(_ response: LiveKitJoinResponse, now: Instant) {
        join.reach(.signalling, after: now - intended)
        sessions.append(
            ServerSession(
                participant: planned.index, at: now, id: response.participant.sid, room: response.room.sid,
                server: response.serverVersion, roomName: response.room.name))
        // Where the first offer did not travel with the join request it follows now, before any track.
        if !isOfferPending, transports?.isDual != true || !response.subscriberPrimary || response.fastPublish
        {
            needsOffer = true
            offerIfNeeded(now: now)
        }
        publishTracks(now: now)
        if recovery?.step == .signalling { settle(now: now) }
        if recovery?.step == .joining { recovery?.signalledAt = now }
    }

    /// Announces microphone and camera in parallel, right after the join response, as the page does.
    private func publishTracks(now: Instant) {
        if planned.microphone.isPublished {
            // A new session publishes the same track again, as it is by then.
            if tracks.microphoneCID.isEmpty {
                tracks.microphoneCID = LocalTracks.makeCID(&generator)
                isMuted = isPlannedMuted(at: now)
                scheduleMute(after: now)
            }
            signal.addTrack(tracks.microphoneRequest(isMuted: isMuted), now: now)
        }
        if planned.camera != .off, let clip = cameraClip {
            if tracks.cameraCID.isEmpty { tracks.cameraCID = LocalTracks.makeCID(&generator) }
            signal.addTrack(tracks.cameraRequest(clip: clip), now: now)
        }
    }

    /// Announces again what was announced and never answered, because the WebSocket broke meanwhile.
    func announceMissingTracks(now: Instant) {
        guard signal.state == .joined else { return }
        if !tracks.microphoneCID.isEmpty, tracks.microphoneSID == nil {
            signal.addTrack(tracks.microphoneRequest(isMuted: isMuted), now: now)
        }
        if !tracks.cameraCID.isEmpty, tracks.cameraSID == nil, let clip = cameraClip {
            signal.addTrack(tracks.cameraRequest(clip: clip), now: now)
        }
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

    func startSenders(now: Instant) {
        guard isConnected, transports?.areConnected == true else { return }
        if tracks.carriage != nil { microphone?.begin(now: now) }
        if tracks.videoPayloadType != nil { camera?.start(now: now) }
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
        case .iceConnected: if transports?.haveICE == true { join.reach(.ice, after: now - intended) }
        case .dtlsConnected: if transports?.areConnected == true { join.reach(.dtls, after: now - intended) }
        case .connected:
            connectSocket(of: transport)
            // Both connections have to be up where there are two.
            guard transports?.areConnected == true else { return }
            if phase == .connected { startSenders(now: now) }
            guard phase == .signalling else { return }
            phase = .connected
            note(.connected, "media is up", at: now)
            startSenders(now: now)
            arrived(now: now)
        case .pathChanged: connectSocket(of: transport)
        case .disconnected: note(.disconnected, "ICE lost its path", at: now)
        case .closedByPeer: peerClosed(transport, now: now, into: &outbox)
        case .failed(let reason): transportFailed(transport, reason, now: now, into: &outbox)
        case .keyFrameRequested(let section, let layer):
            counters.keyFrameRequests += 1
            if section == camera?.section { camera?.requestKeyFrame(layer: layer, now: now) }
        case .dataChannelOpened(let channel, _):
            if channel == reliableChannel, transport === transports?.publisher { isReliableOpen = true }
        case .data(_, let bytes, _): receive(data: bytes, now: now)
        case .streamAdded(let index): reception.add(stream: index, of: transport.peer, signal: signal)
        case .dataChannelClosed, .dataChannelsFailed, .remoteReport, .receiverEstimatedMaximumBitrate, .bye,
            .path:
            break
        }
    }

    /// A connected socket is cheaper to send by, and tells of errors.
    private func connectSocket(of transport: Transport) {
        guard let socket = transport.socket, let pair = transport.peer.selectedPair, pair.socket == socket
        else { return }
        environment.sockets.connect(socket: socket, to: pair.remote)
    }

    private func receive(data bytes: [UInt8], now: Instant) {
        counters.dataReceived += 1
        guard let packet = try? LiveKitDataPacket(decoding: bytes) else {
            counters.malformedData += 1
            return
        }
        guard isNews(packet) else { return }
        take(packet, now: now)
    }
}
