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
        case .publishTimedOut(let cid): publishTimedOut(cid: cid, now: now, into: &outbox)
        case .trackPublished(_, let track):
            updateLayout(now: now)
            if isConnected { layout.notePublished(track) }
        case .trackUpdated, .trackUnpublished, .participantJoined, .participantLeft:
            updateLayout(now: now)
        case .qualityWanted(let update): obey(update, now: now)
        case .muteRequested(let sid, let isMuted):
            if sid == tracks.microphoneSID { setMuted(isMuted, now: now) }
        case .unpublished(let sid): stopPublishing(sid, now: now)
        case .speakers(let speakers):
            if layout.note(speakers: speakers, now: now) { updateLayout(now: now) }
        case .left(let reason, let action): serverSaidLeave(reason, action, now: now, into: &outbox)
        case .failed(let failure): signallingFailed(failure, now: now, into: &outbox)
        case .closed: if phase == .leaving { finish(now: now) }
        case .streamStates(let states):
            for state in states where state.state == .active { layout.noteStream(of: state.trackSid) }
        case .selfUpdated: updateLayout(now: now)
        case .participantUpdated, .renamed, .handMoved, .subscribed, .audioCodecsWanted,
            .subscriptionAllowed, .subscriptionFailed, .connectionQuality, .requestAnswered, .roomUpdated:
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
        gather(response.iceServers, response.clientConfiguration, now: now)
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

    func handle(_ event: PeerEvent, of transport: Transport, now: Instant, into outbox: inout Outbox) {
        switch event {
        case .iceConnected: if transports?.haveICE == true { join.reach(.ice, after: now - intended) }
        case .dtlsConnected: if transports?.areConnected == true { join.reach(.dtls, after: now - intended) }
        case .connected:
            followPath(of: transport, now: now)
            // Both connections have to be up where there are two.
            guard transports?.areConnected == true else { return }
            if phase == .connected { startSenders(now: now) }
            guard phase == .signalling else { return }
            phase = .connected
            note(.connected, "media is up by \(pathTaken?.text ?? "an unknown way")", at: now)
            muteInCompany(now: now)
            startSenders(now: now)
            arrived(now: now)
            // The page joins the room before it lets anybody share the screen or turn pages.
            beginScreens(now: now)
            nextPageTurn = planned.page.pageTurnInterval.map { now + $0 }
        case .pathChanged: followPath(of: transport, now: now)
        case .disconnected: note(.disconnected, "ICE lost its path", at: now)
        case .closedByPeer: peerClosed(transport, now: now, into: &outbox)
        case .failed(let reason): transportFailed(transport, reason, now: now, into: &outbox)
        case .keyFrameRequested(let section, let layer):
            counters.keyFrameRequests += 1
            tracks.sender(section: section)?.requestKeyFrame(layer: layer, now: now)
        case .dataChannelOpened(let channel, _):
            if channel == reliableChannel, transport === transports?.publisher { isReliableOpen = true }
        case .data(_, let bytes, _): receive(data: bytes, now: now)
        case .streamAdded(let index): receive(stream: index, of: transport.peer, now: now)
        case .sendingRateChanged: if transport === transports?.publisher { allocateLayers(now: now) }
        case .dataChannelClosed, .dataChannelsFailed, .remoteReport, .receiverEstimatedMaximumBitrate, .bye:
            break
        case .path(let event): handle(event, of: transport, now: now)
        }
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
