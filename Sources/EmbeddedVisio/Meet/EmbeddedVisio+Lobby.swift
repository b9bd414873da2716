import Primitives
import Visio

/// The lobby: who waits, and who opens (BE/core/services/lobby.py).
extension EmbeddedVisio {
    private static let lobbyCookie = "lobbyParticipantId"

    func requestEntry(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        let user = user(of: request)
        let cookie = request.cookie(Self.lobbyCookie)
        if let key = user.map({ "user \($0)" }) ?? cookie, let wait = lobbyThrottle(key) {
            return MeetReply.throttled(retryAfter: wait)
        }
        guard let wish = decode(EntryWish.self, request), let username = wish.username, !username.isEmpty
        else {
            return MeetReply.fieldErrors(["username": "This field is required."])
        }
        let id = cookie ?? makeUUID()
        var entry = LobbyEntry(status: .accepted, id: id, username: username, color: Self.color(of: id))
        if !mayEnter(known, user: user) { entry.status = place(in: known, entry) }
        if entry.status == .accepted {
            let name = known.room.id ?? known.room.slug
            entry.entry = self.entry(to: known, name: name, user: user, identity: id, username: username)
        }
        var response = MeetReply.lobbyEntry(entry)
        response.headers.append(setCookie(Self.lobbyCookie, id, isSecure: true))
        return response
    }

    /// How long a participant of the lobby must wait before it may ask again; nil when it may now.
    private func lobbyThrottle(_ key: String) -> Interval? {
        var questions = (meet.lobbyQuestions[key] ?? []).filter { now - $0 < .seconds(60) }
        defer { meet.lobbyQuestions[key] = questions }
        guard questions.count >= configuration.meet.lobbyQuestionsPerMinute, let first = questions.first
        else {
            questions.append(now)
            return nil
        }
        return .seconds(60) - (now - first)
    }

    /// Finds or makes a place in the lobby and tells how it stands.
    private func place(in room: MeetState.RegisteredRoom, _ entry: LobbyEntry) -> LobbyEntry.Status {
        forgetExpired(in: room)
        if let index = room.lobby.firstIndex(where: { $0.entry.id == entry.id }) {
            if room.lobby[index].entry.status == .waiting {
                room.lobby[index].expiresAt = now + MeetState.waitingTimeout
            }
            return room.lobby[index].entry.status
        }
        var waiting = entry
        waiting.status = .waiting
        room.lobby.append(
            MeetState.LobbyPlace(entry: waiting, expiresAt: now + MeetState.waitingTimeout))
        sendData(#"{"type":"participantWaiting"}"#, to: room.room.id ?? "")
        return .waiting
    }

    private func forgetExpired(in room: MeetState.RegisteredRoom) {
        room.lobby.removeAll { $0.expiresAt <= now }
    }

    func listWaiting(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        guard let user = user(of: request) else { return MeetReply.unauthenticated }
        guard isPrivileged(user, in: known) else { return MeetReply.forbidden }
        forgetExpired(in: known)
        let isPublic = known.room.accessLevel == .public
        return MeetReply.lobbyList(
            isPublic ? [] : known.lobby.map(\.entry).filter { $0.status == .waiting })
    }

    func decideEntry(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        switch trustedUser(of: request) {
        case .success(let user): guard isPrivileged(user, in: known) else { return MeetReply.forbidden }
        case .failure(let refusal): return refusal.response
        }
        guard let decision = decode(EntryDecision.self, request) else {
            return MeetReply.fieldErrors(["participant_id": "This field is required."])
        }
        guard known.room.accessLevel != .public else {
            return MeetReply.message(status: 404, "Room has no lobby system.")
        }
        forgetExpired(in: known)
        guard let index = known.lobby.firstIndex(where: { $0.entry.id == decision.participant }) else {
            return MeetReply.message(status: 404, "Participant not found.")
        }
        known.lobby[index].entry.status = decision.isWelcome ? .accepted : .denied
        known.lobby[index].expiresAt =
            now + (decision.isWelcome ? MeetState.acceptedTimeout : MeetState.deniedTimeout)
        return MeetReply.message(status: 200, "Participant was updated.")
    }
}

private struct EntryWish: Decodable {
    var username: String?
}

private struct EntryDecision: Decodable {
    var participant: String
    var isWelcome: Bool

    enum CodingKeys: String, CodingKey {
        case participant = "participant_id"
        case isWelcome = "allow_entry"
    }
}
