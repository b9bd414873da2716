import Primitives
import Visio

/// What participants ask Meet to do in a meeting that goes on.
extension EmbeddedVisio {
    func toggleHand(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let wish = decode(HandWish.self, request) else {
            return MeetReply.fieldErrors(["raised": "This field is required."])
        }
        return actForCaller(request) { session in
            let raisedAt = wish.raised ? MeetReply.time(configuration.wallClock.unixNanoseconds(at: now)) : ""
            session.info.attributes["handRaisedAt"] = raisedAt.isEmpty ? nil : raisedAt
        }
    }

    func rename(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let wish = decode(NameWish.self, request), (1...255).contains(wish.name.count) else {
            return MeetReply.fieldErrors(["name": "This field may not be blank."])
        }
        return actForCaller(request) { $0.info.name = wish.name }
    }

    func muteParticipant(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        guard let wish = decode(ParticipantWish.self, request), let sid = wish.track else {
            return MeetReply.fieldErrors(["track_sid": "This field is required."])
        }
        if let caller = callerIdentity(request, room: known) {
            let isPresent = session(caller, in: known) != nil
            guard isPresent, known.room.everyoneCanMute ?? true else { return MeetReply.forbidden }
        } else {
            guard case .success(let user) = trustedUser(of: request), isPrivileged(user, in: known) else {
                return MeetReply.forbidden
            }
        }
        guard let target = session(wish.identity, in: known),
            let track = target.tracks.first(where: { $0.info.sid == sid })
        else { return MeetReply.participantNotFound }
        if !track.info.muted {
            track.info.muted = true
            var mute = LiveKitMuteTrackRequest()
            mute.sid = sid
            mute.muted = true
            send(.mute(mute), to: target)
            target.refreshInfo()
            announce(target)
        }
        return MeetReply.success
    }

    func updateParticipant(_ request: MeetRequest) -> HTTPResponseMessage {
        moderate(request) { session, wish in
            if let permission = wish.permission { permit(permission, of: session) }
            for (name, value) in wish.attributes ?? [:] {
                session.info.attributes[name] = value.isEmpty ? nil : value
            }
            if let name = wish.name { session.info.name = name }
            changed(session)
        }
    }

    func removeParticipant(_ request: MeetRequest) -> HTTPResponseMessage {
        moderate(request) { session, _ in
            meet.rooms[session.room.name]?.lobby.removeAll { $0.entry.id == session.identity }
            remove(session, reason: .participantRemoved)
        }
    }

    /// Does something for the participant whose LiveKit token a request carries.
    private func actForCaller(
        _ request: MeetRequest, _ body: (Session) -> Void
    ) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        guard let caller = callerIdentity(request, room: known) else { return MeetReply.forbidden }
        guard let session = session(caller, in: known) else { return MeetReply.participantNotFound }
        body(session)
        changed(session)
        return MeetReply.success
    }

    /// Does something to somebody, for an owner or administrator.
    private func moderate(
        _ request: MeetRequest, _ body: (Session, ParticipantWish) -> Void
    ) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        switch trustedUser(of: request) {
        case .success(let user): guard isPrivileged(user, in: known) else { return MeetReply.forbidden }
        case .failure(let refusal): return refusal.response
        }
        guard let wish = decode(ParticipantWish.self, request) else {
            return MeetReply.fieldErrors(["participant_identity": "This field is required."])
        }
        guard let session = session(wish.identity, in: known) else { return MeetReply.participantNotFound }
        body(session, wish)
        return MeetReply.success
    }

    /// Who sends a request by the LiveKit token it carries, if that token is for this room.
    private func callerIdentity(_ request: MeetRequest, room: MeetState.RegisteredRoom) -> String? {
        let header = request.message.header("Authorization") ?? ""
        guard header.hasPrefix("Bearer "),
            let token = try? AccessToken.verify(
                header.dropFirst(7), credentials: configuration.credentials,
                unixSeconds: configuration.wallClock.unixSeconds(at: now)),
            token.video?.room == room.room.id
        else { return nil }
        return token.identity
    }

    private func session(_ identity: String, in room: MeetState.RegisteredRoom) -> Session? {
        roomOfName[room.room.id ?? ""]?.sessions.first { $0.identity == identity }
    }
}

private struct HandWish: Decodable {
    var raised: Bool
}

private struct NameWish: Decodable {
    var name: String
}

private struct ParticipantWish: Decodable {
    var identity: String
    var track: String?
    var name: String?
    var attributes: [String: String]?
    var permission: PermissionWish?

    enum CodingKeys: String, CodingKey {
        case name, attributes, permission
        case identity = "participant_identity"
        case track = "track_sid"
    }
}

/// A permission as Meet's API takes it; what is absent is no longer allowed.
struct PermissionWish: Decodable {
    var canSubscribe: Bool?
    var canPublish: Bool?
    var canPublishData: Bool?
    var sources: [String]?

    enum CodingKeys: String, CodingKey {
        case canSubscribe = "can_subscribe"
        case canPublish = "can_publish"
        case canPublishData = "can_publish_data"
        case sources = "can_publish_sources"
    }
}
