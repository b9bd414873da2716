import Primitives
import RTC
import Visio

/// Letting participants in and seeing them off.
extension EmbeddedVisio {
    /// The signal protocol we speak; 18 would select data channels without in-band opening.
    static let protocolVersion: Int32 = 17
    /// The version we call ourselves by; clients log it.
    static let serverVersion = "visiobench-embedded"

    func admit(_ message: HTTPRequestMessage, exchange: UInt64) {
        let target = RequestTarget(parsing: message.url)
        guard target.path == JoinEndpoint.path || target.path == "/rtc" else {
            commands.append(.rejectUpgrade(exchange: exchange, HTTPResponseMessage(status: 404, text: "")))
            return
        }
        do throws(JoinRefusal) {
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
        var peerConfiguration = PeerConnection.Configuration(
            role: .server, wallClock: configuration.wallClock, cname: "visiobench")
        peerConfiguration.isICELite = configuration.isICELite
        let peer = PeerConnection(
            configuration: peerConfiguration, handshake: makeHandshake(),
            generator: generator.fork("peer", index))
        peer.addLocalCandidate(mediaAddress, socket: socket)
        let session = Session(
            index: index, sid: makeSID("PA_"), admission: admission, room: room, connection: exchange,
            peer: peer,
            now: now, unixSeconds: configuration.wallClock.unixSeconds(at: now))
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
        schedule(session)
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
        sessionOfConnection[exchange] = session
        var reconnect = LiveKitReconnectResponse()
        reconnect.serverInfo = serverInfo
        send(.reconnect(reconnect), to: session)
        var update = LiveKitParticipantUpdate()
        update.participants = session.room.sessions.filter { !$0.info.permission.hidden }.map(\.info)
        send(.update(update), to: session)
        var roomUpdate = LiveKitRoomUpdate()
        roomUpdate.room = session.room.info
        send(.roomUpdate(roomUpdate), to: session)
        schedule(session)
    }

    private func joinResponse(for session: Session) -> LiveKitJoinResponse {
        var join = LiveKitJoinResponse()
        join.room = session.room.info
        // The genuine server counts nobody here; counts come as room updates.
        join.room.numParticipants = 0
        join.room.numPublishers = 0
        join.participant = session.info
        join.otherParticipants = session.room.sessions
            .filter { $0 !== session && !$0.info.permission.hidden }.map(\.info)
        join.serverVersion = Self.serverVersion
        join.subscriberPrimary = false
        join.pingTimeout = 15
        join.pingInterval = 5
        join.serverInfo = serverInfo
        join.enabledPublishCodecs = ["video/VP8", "audio/opus", "audio/red"].map { mime in
            var codec = LiveKitCodec()
            codec.mime = mime
            return codec
        }
        join.fastPublish = session.grant.mayPublish
        return join
    }

    private var serverInfo: LiveKitServerInfo {
        var info = LiveKitServerInfo()
        info.version = Self.serverVersion
        info.protocol = Self.protocolVersion
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

    /// Ends a participant's session: it is told, its tracks go, the others are told.
    func remove(_ session: Session, reason: LiveKitDisconnectReason) {
        guard sessions[session.index] === session else { return }
        if let connection = session.connection {
            var leave = LiveKitLeaveRequest()
            leave.reason = reason
            leave.action = reason == .connectionTimeout ? .resume : .disconnect
            send(.leave(leave), to: session)
            commands.append(.close(connection: connection, code: 1000))
            sessionOfConnection[connection] = nil
            session.connection = nil
        }
        sessions[session.index] = nil
        for fragment in session.fragments { sessionOfFragment[fragment] = nil }
        for (address, owner) in sessionOfAddress where owner === session { sessionOfAddress[address] = nil }
        schedule.remove(Int32(session.index))
        statistics.participants -= 1

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

    /// Lets STUN checks find the session by the user name fragment that it has now.
    func noteFragment(of session: Session) {
        let fragment = session.peer.localUsernameFragment
        guard !session.fragments.contains(fragment) else { return }
        session.fragments.append(fragment)
        sessionOfFragment[fragment] = session
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
