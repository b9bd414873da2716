import Primitives
import RTC
import Scenario
import Visio

/// Letting participants in and seeing them off.
extension EmbeddedVisio {
    /// The version we call ourselves by; clients log it.
    static let serverVersion = "visiobench-embedded"

    func admit(_ message: HTTPRequestMessage, exchange: UInt64) {
        let target = RequestTarget(parsing: message.url)
        guard speaks(target.path) else {
            commands.append(.rejectUpgrade(exchange: exchange, HTTPResponseMessage(status: 404, text: "")))
            return
        }
        do throws(JoinRefusal) {
            if isDown { throw JoinRefusal(status: 503, text: "the media server is being restarted") }
            let admission = try JoinAdmission(
                message, credentials: configuration.credentials,
                unixSeconds: configuration.wallClock.unixSeconds(at: now))
            if admission.request.reconnect { return resume(admission, exchange: exchange) }
            try checkCapacity(of: admission.room)
            join(admission, exchange: exchange)
        } catch {
            statistics.refusedJoins += 1
            commands.append(.rejectUpgrade(exchange: exchange, error.response))
        }
    }

    /// Whether a path leads to a signalling mode that the deployment speaks.
    func speaks(_ path: String) -> Bool {
        switch path {
        case JoinEndpoint.path: configuration.behaviour.signalling != .dual
        case JoinEndpoint.dualPath: configuration.behaviour.signalling != .single
        default: false
        }
    }

    private func checkCapacity(of roomName: String) throws(JoinRefusal) {
        let behaviour = configuration.behaviour
        if behaviour.maximumParticipants > 0, statistics.participants >= behaviour.maximumParticipants {
            throw JoinRefusal.nodeLimit
        }
        let present = roomOfName[roomName]?.sessions.count ?? 0
        if behaviour.maximumPerRoom > 0, present >= behaviour.maximumPerRoom { throw JoinRefusal.roomFull }
    }

    private func join(_ admission: JoinAdmission, exchange: UInt64) {
        let older = roomOfName[admission.room]?.sessions.first { $0.identity == admission.token.identity }
        if let older { remove(older, reason: .duplicateIdentity) }
        // Only now, because a room ends with its last participant.
        let room = room(named: admission.room)
        let index = sessions.count
        let uplink = makePeer("peer", index, offers: false)
        // Who may not subscribe needs no second connection; data goes to it by the first.
        let isDual = admission.isDual && admission.grant.maySubscribe
        let downlink = isDual ? makePeer("downlink", index, offers: true) : uplink
        let session = Session(
            index: index, sid: makeSID("PA_"), admission: admission, room: room, connection: exchange,
            uplink: uplink, downlink: downlink,
            firstOfferID: isDual ? 2 + UInt32(identifiers.next() & 0xff) : 0, now: now,
            unixSeconds: configuration.wallClock.unixSeconds(at: now))
        sessions.append(session)
        room.sessions.append(session)
        sessionOfConnection[exchange] = session
        noteFragment(of: session)
        statistics.joins += 1
        statistics.participants += 1

        commands.append(.acceptUpgrade(exchange: exchange))
        send(.join(joinResponse(for: session)), to: session)
        refreshToken(of: session)
        session.info.state = .joined
        announceQuietly(session)
        for track in admission.request.addTrackRequests { addTrack(track, of: session) }
        if admission.request.hasPublisherOffer { answer(admission.request.publisherOffer, of: session) }
        if session.isDual {
            session.downlink.addDataSection()
            if session.subscribesAutomatically { subscribeToEverything(session) }
            offer(to: session)
        }
        schedule(session)
    }

    private func makePeer(_ name: StaticString, _ index: Int, offers: Bool) -> PeerConnection {
        var settings = PeerConnection.Configuration(
            role: .server, wallClock: configuration.wallClock, cname: "visiobench")
        settings.isICELite = configuration.isICELite
        settings.offers = offers
        let peer = PeerConnection(
            configuration: settings, handshake: makeHandshake(), generator: generator.fork(name, index))
        addCandidates(to: peer)
        return peer
    }

    private func resume(_ admission: JoinAdmission, exchange: UInt64) {
        commands.append(.acceptUpgrade(exchange: exchange))
        let known = roomOfName[admission.room]?.sessions.first { $0.identity == admission.token.identity }
        guard let session = known else {
            var leave = LiveKitLeaveRequest()
            leave.reason = .stateMismatch
            leave.action = .reconnect
            commands.append(.sendBinary(connection: exchange, LiveKitSignalResponse(.leave(leave)).encoded()))
            commands.append(.close(connection: exchange, code: 1000))
            return
        }
        if let older = session.connection {
            sessionOfConnection[older] = nil
            commands.append(.close(connection: older, code: 1000))
        }
        session.connection = exchange
        session.connectedAt = now
        session.resumeBy = nil
        sessionOfConnection[exchange] = session
        var reconnect = LiveKitReconnectResponse()
        reconnect.serverInfo = serverInfo
        reconnect.iceServers = iceServers(for: session)
        reconnect.clientConfiguration = clientConfiguration
        send(.reconnect(reconnect), to: session)
        var update = LiveKitParticipantUpdate()
        update.participants = session.room.sessions.filter { !$0.info.permission.hidden }.map(\.info)
        send(.update(update), to: session)
        var roomUpdate = LiveKitRoomUpdate()
        roomUpdate.room = session.room.info
        send(.roomUpdate(roomUpdate), to: session)
        // The client restarts ICE where it makes the offers, we where we do.
        if session.isDual {
            session.downlink.restartICE(now: now)
            session.offering.sentAt = nil
            offer(to: session)
        }
        schedule(session)
    }

    private func joinResponse(for session: Session) -> LiveKitJoinResponse {
        var join = LiveKitJoinResponse()
        join.room = session.room.info
        // The genuine server counts anew only now and then: those who were told last.
        join.room.numParticipants = UInt32(session.room.toldCounts.participants)
        join.room.numPublishers = UInt32(session.room.toldCounts.publishers)
        join.participant = session.info
        join.otherParticipants = session.room.sessions
            .filter { $0 !== session && !$0.info.permission.hidden }.map(\.info)
        join.serverVersion = Self.serverVersion
        join.subscriberPrimary = session.isDual
        join.pingTimeout = 15
        join.pingInterval = 5
        join.serverInfo = serverInfo
        let mimes =
            configuration.videoCodecs.map { "video/\($0.uppercased())" } + ["audio/opus", "audio/red"]
        join.enabledPublishCodecs = mimes.map { mime in
            var codec = LiveKitCodec()
            codec.mime = mime
            return codec
        }
        join.fastPublish = session.grant.mayPublish
        join.iceServers = iceServers(for: session)
        join.clientConfiguration = clientConfiguration
        return join
    }

    private var clientConfiguration: LiveKitClientConfiguration {
        var client = LiveKitClientConfiguration()
        if configuration.behaviour.forcesRelay { client.forceRelay = .enabled }
        return client
    }

    private var serverInfo: LiveKitServerInfo {
        var info = LiveKitServerInfo()
        info.version = Self.serverVersion
        info.protocol = configuration.protocolVersion
        info.nodeID = "ND_embedded"
        info.agentProtocol = 1
        return info
    }

    func refreshToken(of session: Session) {
        var token = session.token
        let seconds = configuration.wallClock.unixSeconds(at: now)
        token.notBefore = seconds
        token.expiresAt = max(token.expiresAt ?? 0, seconds + 600)
        session.nextTokenRefresh = now + .seconds(300)
        send(.refreshToken(token.signed(secret: configuration.credentials.secret)), to: session)
    }

    func signallingClosed(_ connection: UInt64) {
        guard let session = sessionOfConnection.removeValue(forKey: connection) else { return }
        session.connection = nil
        // While media lives the participant may come back; without media there is nothing to come back to.
        if !session.isActive { remove(session, reason: .signalClose) }
    }

    /// How long a participant may take to come back after its transport failed.
    static let resumeTimeout = Interval.seconds(5)

    /// Tells a participant to come back by a new WebSocket, and waits for it.
    func askToResume(_ session: Session, reason: LiveKitDisconnectReason) {
        dismiss(session, reason: reason, action: .resume)
        session.resumeBy = now + Self.resumeTimeout
        schedule(session)
    }

    private func dismiss(
        _ session: Session, reason: LiveKitDisconnectReason, action: LiveKitLeaveRequest.Action
    ) {
        guard let connection = session.connection else { return }
        var leave = LiveKitLeaveRequest()
        leave.reason = reason
        leave.action = action
        send(.leave(leave), to: session)
        commands.append(.close(connection: connection, code: 1000))
        sessionOfConnection[connection] = nil
        session.connection = nil
    }

    /// Ends a participant's session: it is told, its tracks go, the others are told.
    func remove(
        _ session: Session, reason: LiveKitDisconnectReason,
        action: LiveKitLeaveRequest.Action = .disconnect
    ) {
        guard sessions[session.index] === session else { return }
        dismiss(session, reason: reason, action: action)
        sessions[session.index] = nil
        closeStreams(of: session)
        for fragment in session.fragments { endpointOfFragment[fragment] = nil }
        for (address, endpoint) in endpointOfAddress where endpoint.session === session {
            endpointOfAddress[address] = nil
        }
        schedule.remove(Int32(session.index))
        statistics.participants -= 1
        for peer in session.peers { closedTotals += MediaTotals(peer) }

        let room = session.room
        room.sessions.removeAll { $0 === session }
        room.quietNews.removeAll { $0 === session }
        for track in session.tracks { end(track) }
        for subscription in session.subscriptions {
            subscription.track.downTracks.removeAll { $0 === subscription }
            updateDemand(of: subscription.track)
        }
        session.info.state = .disconnected
        session.info.disconnectReason = reason
        session.refreshInfo()
        announce(session)
        if room.sessions.isEmpty {
            rooms.removeAll { $0 === room }
            roomOfName[room.name] = nil
        }
    }

    /// Lets STUN checks find the session by the user name fragments that it has now.
    func noteFragment(of session: Session) {
        for peer in session.peers {
            let fragment = peer.localUsernameFragment
            guard !session.fragments.contains(fragment) else { continue }
            session.fragments.append(fragment)
            endpointOfFragment[fragment] = Endpoint(session: session, peer: peer)
        }
    }

    private func room(named name: String) -> Room {
        if let room = roomOfName[name] { return room }
        let room = Room(
            sid: makeSID("RM_"), name: name, createdAt: configuration.wallClock.unixSeconds(at: now), now: now
        )
        rooms.append(room)
        roomOfName[name] = room
        return room
    }

    func makeSID(_ prefix: String) -> String { prefix + identifiers.text(12) }
}
