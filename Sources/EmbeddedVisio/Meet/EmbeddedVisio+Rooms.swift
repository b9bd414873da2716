import Primitives
import Visio

/// Rooms of the API: who sees them how, and who may change them.
extension EmbeddedVisio {
    func showRoom(_ request: MeetRequest) -> HTTPResponseMessage {
        let key = request.path[1]
        let username = request.target.value(of: "username")
        let user = user(of: request)
        guard let known = meet.rooms[key] else {
            guard configuration.meet.allowsUnregisteredRooms else { return MeetReply.roomNotFound }
            // An unknown room is open to everybody under its slug (`ALLOW_UNREGISTERED_ROOMS`).
            var room = MeetRoom(id: nil, slug: key)
            room.entry = entry(to: nil, name: key, user: user, identity: nil, username: username)
            return MeetReply.room(room)
        }
        var room = known.room
        if mayEnter(known, user: user) {
            room.entry = entry(
                to: known, name: room.id ?? room.slug, user: user, identity: nil, username: username)
        }
        return MeetReply.room(room)
    }

    func createRoom(_ request: MeetRequest) -> HTTPResponseMessage {
        let user: Int
        switch trustedUser(of: request) {
        case .success(let known): user = known
        case .failure(let refusal): return refusal.response
        }
        guard let wish = decode(RoomWish.self, request), let name = wish.name, !name.isEmpty else {
            return MeetReply.fieldErrors(["name": "This field is required."])
        }
        guard let known = register(slug: name, level: wish.accessLevel, owner: user) else {
            return MeetReply.slugTaken
        }
        var room = known.room
        room.entry = entry(
            to: known, name: room.id ?? room.slug, user: user, identity: nil,
            username: request.target.value(of: "username"))
        return MeetReply.room(room, isNew: true)
    }

    /// Registers a room; nil when its slug is taken.
    func register(slug: String, level: MeetRoom.AccessLevel?, owner: Int?) -> MeetState.RegisteredRoom? {
        guard meet.rooms[slug] == nil else { return nil }
        let id = makeUUID()
        var room = MeetRoom(id: id, slug: slug, name: slug)
        room.accessLevel = level ?? configuration.meet.defaultAccessLevel
        let known = MeetState.RegisteredRoom(room: room, owner: owner)
        meet.rooms[slug] = known
        meet.rooms[id] = known
        return known
    }

    func changeRoom(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let known = meet.rooms[request.path[1]] else { return MeetReply.roomNotFound }
        switch trustedUser(of: request) {
        case .success(let user): guard isPrivileged(user, in: known) else { return MeetReply.forbidden }
        case .failure(let refusal): return refusal.response
        }
        guard let wish = decode(RoomWish.self, request) else {
            return MeetReply.error(status: 400, detail: "JSON parse error")
        }
        known.room.accessLevel = wish.accessLevel ?? known.room.accessLevel
        if let rules = wish.configuration {
            known.room.publishableSources = rules.publishableSources
            known.room.everyoneCanMute = rules.everyoneCanMute
        }
        if let room = roomOfName[known.room.id ?? ""] {
            room.metadata = MeetReply.metadata(of: known.room)
            reportRoom(room)
        }
        return MeetReply.room(known.room)
    }

    /// Whether the API's user `user` owns or administers a room.
    func isPrivileged(_ user: Int?, in room: MeetState.RegisteredRoom) -> Bool {
        user != nil && user == room.owner
    }

    /// Whether somebody gets a key without the lobby.
    func mayEnter(_ room: MeetState.RegisteredRoom, user: Int?) -> Bool {
        switch room.room.accessLevel {
        case .public: true
        case .trusted: user != nil
        case .restricted: isPrivileged(user, in: room)
        }
    }

    /// A key to a LiveKit room (BE/core/utils.py, `generate_token`).
    func entry(
        to room: MeetState.RegisteredRoom?, name: String, user: Int?, identity: String?, username: String?
    ) -> MeetRoom.Entry {
        let account = user.map { meet.users[$0] }
        let identity = account?.subject ?? identity ?? makeUUID()
        let isHost = room.map { isPrivileged(user, in: $0) } ?? false
        var grant = VideoGrant(joining: name)
        if let sources = room?.room.publishableSources, !isHost {
            grant = VideoGrant(joining: name, sources: sources)
        }
        grant.roomAdmin = isHost
        let token = AccessToken(
            issuer: configuration.credentials.key, identity: identity,
            name: username ?? account?.profile.fullName ?? "Anonymous",
            attributes: [
                "color": Self.color(of: identity), "room_role": isHost ? "owner" : "",
                "is_authenticated": account == nil ? "false" : "true",
            ], video: grant, unixSeconds: configuration.wallClock.unixSeconds(at: now))
        return MeetRoom.Entry(
            url: configuration.publicURL, room: name,
            token: token.signed(secret: configuration.credentials.secret))
    }

    static func color(of identity: String) -> String {
        let hue = identity.utf8.reduce(0) { ($0 * 31 + Int($1)) % 360 }
        return "hsl(\(hue), 56%, 28%)"
    }

    // MARK: External API

    func routeExternal(_ request: MeetRequest) -> HTTPResponseMessage {
        switch (request.method, request.path) {
        case ("POST", ["application", "token"]): return giveApplicationToken(request)
        case ("POST", ["rooms"]): return createExternalRoom(request)
        default: return MeetReply.error(status: 404, detail: "Not found.")
        }
    }

    private func giveApplicationToken(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let application = configuration.meet.application else {
            return MeetReply.error(status: 404, detail: "Not found.")
        }
        guard let wish = decode(TokenWish.self, request), wish.grant == "client_credentials",
            wish.scope.contains("@")
        else { return MeetReply.error(status: 400, detail: "Invalid request.") }
        guard wish.client == application.id, wish.secret == application.secret else {
            return MeetReply.error(status: 401, detail: "Invalid credentials")
        }
        guard let account = configuration.meet.accounts.first(where: { $0.email == wish.scope }) else {
            return MeetReply.error(status: 404, detail: "User not found.")
        }
        let token = identifiers.text(40)
        meet.applicationTokens[token] = user(of: account)
        return MeetReply.applicationToken(token)
    }

    private func createExternalRoom(_ request: MeetRequest) -> HTTPResponseMessage {
        let header = request.message.header("Authorization") ?? ""
        guard header.hasPrefix("Bearer "), let user = meet.applicationTokens[String(header.dropFirst(7))]
        else {
            return MeetReply.unauthenticated
        }
        let wish = decode(RoomWish.self, request)
        let letters: StaticString = "abcdefghijklmnopqrstuvwxyz"
        let slug = [3, 4, 3].map { identifiers.text($0, from: letters) }.joined(separator: "-")
        guard let known = register(slug: slug, level: wish?.accessLevel ?? .trusted, owner: user) else {
            return MeetReply.slugTaken
        }
        return MeetReply.room(known.room, isNew: true)
    }
}

private struct RoomWish: Decodable {
    struct Rules: Decodable {
        var publishableSources: [String]?
        var everyoneCanMute: Bool?

        enum CodingKeys: String, CodingKey {
            case publishableSources = "can_publish_sources"
            case everyoneCanMute = "everyone_can_mute"
        }
    }

    var name: String?
    var accessLevel: MeetRoom.AccessLevel?
    var configuration: Rules?

    enum CodingKeys: String, CodingKey {
        case name, configuration
        case accessLevel = "access_level"
    }
}

private struct TokenWish: Decodable {
    var client: String
    var secret: String
    var grant: String
    var scope: String

    enum CodingKeys: String, CodingKey {
        case client = "client_id"
        case secret = "client_secret"
        case grant = "grant_type"
        case scope
    }
}
