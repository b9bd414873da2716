public import Primitives

extension SignalClient {
    /// Takes an event of the carrier; answers to HTTP requests that are not ours are ignored.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        guard state != .idle, state != .ended else { return }
        switch event {
        case .response(Self.validationRequest, let response):
            if state == .validating { validated(response, now: now) }
        case .requestFailed(Self.validationRequest, let failure):
            if state == .validating { validationFailed(failure, now: now) }
        case .response, .requestFailed, .resolved, .notResolved: break
        case .webSocketOpened:
            guard state == .opening else { return }
            state = .joining
            stateDeadline = now + Self.firstFrameTimeout
            events.append(.opened)
        case .webSocketRefused(let status, let body):
            notOpened(.refused(status: status, redact(body)), now: now)
        case .webSocketFailed(let failure): notOpened(.carrier(failure), now: now)
        // Of the WebSocket that was given up for this one: one that does not open says so in other words.
        case .webSocketClosed where state == .opening || state == .validating: break
        case .webSocketClosed(1000) where state == .joined && pingTimeout != nil: isSilenced = true
        case .webSocketClosed(let code):
            end(with: state == .leaving ? .closed : .failed(.connectionLost(code: code)))
        case .binary(let bytes): receive(frame: bytes, now: now)
        }
    }

    private mutating func notOpened(_ failure: SignalFailure, now: Instant) {
        switch (state, failure) {
        case (.leaving, _): end(with: .closed)
        case (.opening, .carrier(.forbidden)): end(with: .failed(failure))
        case (.opening, _): openingFailed(failure, now: now)
        default: end(with: .failed(failure))
        }
    }

    private mutating func receive(frame: [UInt8], now: Instant) {
        statistics.framesReceived += 1
        lastFrameAt = now
        guard let response = try? LiveKitSignalResponse(decoding: frame) else {
            statistics.malformedFrames += 1
            return
        }
        guard let message = response.message else {
            statistics.ignoredMessages += 1
            return
        }
        switch state {
        case .joining: receiveFirst(message, now: now)
        case .joined: receive(message, now: now)
        case .idle, .opening, .validating, .leaving, .ended: break
        }
    }

    /// A session starts with join, reconnect or leave; a resumed one may start with anything.
    private mutating func receiveFirst(_ message: LiveKitSignalResponse.OneOf_Message, now: Instant) {
        switch message {
        case .join(let join): begin(join, now: now)
        case .reconnect(let reconnect):
            if reconnect.hasServerInfo { serverProtocol = reconnect.serverInfo.protocol }
            stand(now: now)
            events.append(.resumed(reconnect))
        case .leave(let leave): receive(leave)
        default:
            guard isResuming else { return fail(.unexpectedFirstFrame, closing: true) }
            stand(now: now)
            events.append(.resumed(LiveKitReconnectResponse()))
            receive(message, now: now)
        }
    }

    private mutating func begin(_ join: LiveKitJoinResponse, now: Instant) {
        serverProtocol = join.serverInfo.protocol
        publishCodecs = join.enabledPublishCodecs.map(\.mime)
        // A ping interval of zero means no pings; a timeout of zero would end every session at once.
        pingInterval = join.pingInterval > 0 ? .seconds(Double(join.pingInterval)) : nil
        pingTimeout = join.pingInterval > 0 && join.pingTimeout > 0 ? .seconds(Double(join.pingTimeout)) : nil
        room.begin(join.room, local: join.participant)
        for index in pendingPublishes.indices { pendingPublishes[index].deadline = now + Self.publishTimeout }
        stand(now: now)
        events.append(.joined(join))
        for participant in join.otherParticipants { room.update(participant, into: &events) }
        flushHeldRequests()
    }

    private mutating func stand(now: Instant) {
        state = .joined
        isResuming = false
        stateDeadline = nil
        startPinging(now: now)
    }

    private mutating func receive(_ message: LiveKitSignalResponse.OneOf_Message, now: Instant) {
        switch message {
        case .answer(let answer): receive(answer: answer)
        case .offer(let offer) where isDual: receive(offer: offer)
        case .trickle(let trickle): receive(trickle)
        case .mediaSectionsRequirement(let need) where !isDual:
            events.append(
                .sectionsRequired(audio: Self.clamp(need.numAudios), video: Self.clamp(need.numVideos)))
        case .update(let update):
            for participant in update.participants { room.update(participant, into: &events) }
        case .roomUpdate(let update):
            room.update(update.room)
            events.append(.roomUpdated)
        case .roomMoved(let moved): receive(moved)
        case .trackPublished(let published):
            pendingPublishes.removeAll { $0.cid == published.cid }
            publications.removeAll { $0.cid == published.cid }
            publications.append(published)
            events.append(.published(cid: published.cid, published.track))
        case .trackUnpublished(let unpublished):
            publications.removeAll { $0.track.sid == unpublished.trackSid }
            events.append(.unpublished(sid: unpublished.trackSid))
        case .trackSubscribed(let subscribed): events.append(.subscribed(sid: subscribed.trackSid))
        case .mute(let mute):
            events.append(.muteRequested(sid: mute.sid, isMuted: mute.muted))
            self.mute(sid: mute.sid, mute.muted)
        case .subscribedQualityUpdate(let update): events.append(.qualityWanted(update))
        case .subscribedAudioCodecUpdate(let update): events.append(.audioCodecsWanted(update))
        case .subscriptionPermissionUpdate(let update):
            events.append(
                .subscriptionAllowed(
                    participant: update.participantSid, track: update.trackSid, update.allowed))
        case .subscriptionResponse(let response):
            events.append(.subscriptionFailed(track: response.trackSid, response.err))
        case .speakersChanged(let change): events.append(.speakers(change.speakers))
        case .connectionQuality(let update): events.append(.connectionQuality(update.updates))
        case .streamStateUpdate(let update): events.append(.streamStates(update.streamStates))
        case .requestResponse(let response): receive(response)
        case .refreshToken(let text): token = text
        case .pongResp(let pong): receive(pong, now: now)
        case .leave(let leave): receive(leave)
        case .pong: break
        case .join, .reconnect, .offer, .mediaSectionsRequirement: statistics.ignoredMessages += 1
        }
    }

    /// Answers with an id must be for the latest offer; servers that copy an id of zero leave no choice.
    private mutating func receive(answer: LiveKitSessionDescription) {
        guard answer.id == 0 || answer.id == latestOfferID else {
            statistics.staleAnswers += 1
            return
        }
        if !isDual {
            trackIDs = answer.midToTrackID
            agreement.answer = answer
        }
        events.append(.answer(sdp: answer.sdp))
    }

    private mutating func receive(offer: LiveKitSessionDescription) {
        trackIDs = offer.midToTrackID
        agreement.offer = offer
        events.append(.offer(sdp: offer.sdp, id: offer.id))
    }

    private mutating func receive(_ trickle: LiveKitTrickleRequest) {
        guard let candidate = ICECandidateInit(json: trickle.candidateInit) else {
            statistics.malformedFrames += 1
            return
        }
        if !candidate.candidate.isEmpty { events.append(.candidate(candidate, trickle.target)) }
    }

    private mutating func receive(_ moved: LiveKitRoomMovedResponse) {
        for participant in room.participants {
            var gone = LiveKitParticipantInfo()
            gone.sid = participant.sid
            gone.version = .max
            gone.state = .disconnected
            gone.disconnectReason = .migration
            room.update(gone, into: &events)
        }
        if !moved.token.isEmpty { token = moved.token }
        room.begin(moved.room, local: moved.participant)
        events.append(.roomUpdated)
        for participant in moved.otherParticipants { room.update(participant, into: &events) }
    }

    private mutating func receive(_ response: LiveKitRequestResponse) {
        if case .addTrack(let request)? = response.request, response.reason != .ok, response.reason != .queued
        {
            pendingPublishes.removeAll { $0.cid == request.cid }
        }
        events.append(.requestAnswered(response))
    }

    private mutating func receive(_ pong: LiveKitPong, now: Instant) {
        guard let ping = pendingPing, ping.timestamp == pong.lastPingTimestamp else { return }
        roundTripTime = now - ping.sentAt
        pendingPing = nil
    }

    private mutating func receive(_ leave: LiveKitLeaveRequest) {
        // livekit-client does nothing about an action of a newer protocol; neither do we, but what follows decides.
        if case .UNRECOGNIZED = leave.action {
            statistics.ignoredMessages += 1
            return
        }
        commands.append(.closeWebSocket(code: 1000))
        end(with: .left(leave.reason, leave.action))
    }

    /// More sections than anybody can want are a fault of the peer, not a reason to build them.
    private static func clamp(_ count: UInt32) -> Int { Int(min(count, 1000)) }
}
