import Primitives
import RTC
import Visio

/// What participants say on the signalling connection, and what they are told.
extension EmbeddedVisio {
    func send(_ message: LiveKitSignalResponse.OneOf_Message, to session: Session) {
        guard let connection = session.connection, !isDeaf(since: session.connectedAt) else { return }
        statistics.signalsSent += 1
        commands.append(.sendBinary(connection: connection, LiveKitSignalResponse(message).encoded()))
    }

    func handle(_ request: LiveKitSignalRequest, of session: Session) {
        switch request.message {
        case .offer(let description): answer(description, of: session)
        case .answer(let description): takeAnswer(description, of: session)
        case .syncState(let state): check(state, of: session)
        case .trickle(let trickle): addCandidate(trickle, of: session)
        case .addTrack(let request): addTrack(request, of: session)
        case .mute(let mute): setMuted(mute, of: session)
        case .subscription(let update): updateSubscription(update, of: session)
        case .trackSetting(let settings): updateSettings(settings, of: session)
        case .leave: remove(session, reason: .clientInitiated)
        case .pingReq(let ping): answer(ping, of: session)
        case .ping: send(.pong(configuration.wallClock.unixMilliseconds(at: now)), to: session)
        case .updateMetadata(let update): refuse(update, of: session)
        // Kept for protocol completeness: nothing in a forwarding-only server depends on these.
        case .subscriptionPermission, .simulate, .updateAudioTrack, .updateVideoTrack, nil: break
        }
        schedule(session)
    }

    /// What a resumed participant remembers must be what we know, or it has to start over.
    private func check(_ state: LiveKitSyncState, of session: Session) {
        let known = Set(session.tracks.map(\.info.sid))
        guard state.publishTracks.allSatisfy({ known.contains($0.track.sid) }) else {
            return remove(session, reason: .stateMismatch, action: .reconnect)
        }
        let exceptions = Set(state.subscription.trackSids)
        session.unsubscribed = session.subscribesAutomatically ? exceptions : session.unsubscribed
    }

    private func answer(_ ping: LiveKitPing, of session: Session) {
        var pong = LiveKitPong()
        pong.lastPingTimestamp = ping.timestamp
        pong.timestamp = configuration.wallClock.unixMilliseconds(at: now)
        send(.pongResp(pong), to: session)
    }

    private func refuse(_ update: LiveKitUpdateParticipantMetadata, of session: Session) {
        var response = LiveKitRequestResponse()
        response.requestID = update.requestID
        if session.grant.mayUpdateOwnMetadata {
            if !update.metadata.isEmpty { session.info.metadata = update.metadata }
            if !update.name.isEmpty { session.info.name = update.name }
            for (key, value) in update.attributes {
                session.info.attributes[key] = value.isEmpty ? nil : value
            }
            session.refreshInfo()
            announce(session)
        } else {
            response.reason = .notAllowed
            response.message = "does not have permission to update own metadata"
        }
        send(.requestResponse(response), to: session)
    }

    private func setMuted(_ mute: LiveKitMuteTrackRequest, of session: Session) {
        guard let track = session.tracks.first(where: { $0.info.sid == mute.sid }) else {
            var response = LiveKitRequestResponse()
            response.reason = .notFound
            response.mute = mute
            send(.requestResponse(response), to: session)
            return
        }
        guard track.info.muted != mute.muted else { return }
        track.info.muted = mute.muted
        session.refreshInfo()
        announce(session)
    }

    /// Tells everybody in the room, the participant included, what changed about it.
    func announce(_ session: Session) {
        guard !session.info.permission.hidden else { return }
        session.room.quietNews.removeAll { $0 === session }
        var update = LiveKitParticipantUpdate()
        update.participants = [session.info]
        for other in session.room.sessions { send(.update(update), to: other) }
        // Who is on the way out no longer stands in the room's list and has had its leave message.
    }

    /// Tells the room at the next flush, as LiveKit does with participants that publish nothing.
    func announceQuietly(_ session: Session) {
        if session.isPublisher { return announce(session) }
        if !session.room.quietNews.contains(where: { $0 === session }) {
            session.room.quietNews.append(session)
        }
    }
}
