/// LiveKit's API for its operator (RoomService, Twirp over JSON), as far as it lists who is there.
public enum RoomService {
    /// Why an answer tells nothing.
    public enum Failure: Error, Hashable, Sendable {
        /// The key is unknown, or may not do this.
        case denied
        /// The server refused otherwise, with its status and its code.
        case refused(status: Int, String)
        /// The answer was no JSON of the right form.
        case malformed
    }

    /// A room as the server lists it.
    public struct Room: Hashable, Sendable, Codable {
        /// The room's id, `RM_…`.
        public var sid: String
        /// The room's name.
        public var name: String
        /// Participants in it.
        public var participants: Int
        /// Those that publish.
        public var publishers: Int

        /// Describes a room.
        public init(sid: String, name: String, participants: Int, publishers: Int) {
            self.sid = sid
            self.name = name
            self.participants = participants
            self.publishers = publishers
        }

        private enum CodingKeys: String, CodingKey {
            case sid, name
            case participants = "num_participants"
            case publishers = "num_publishers"
        }

        /// Reads a room; servers may leave out zeros.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            sid = try fields.decode(String.self, forKey: .sid)
            name = try fields.decode(String.self, forKey: .name)
            participants = try fields.decodeIfPresent(Int.self, forKey: .participants) ?? 0
            publishers = try fields.decodeIfPresent(Int.self, forKey: .publishers) ?? 0
        }
    }

    /// A participant as the server lists it.
    public struct Participant: Hashable, Sendable, Codable {
        /// The session's id, `PA_…`.
        public var sid: String
        /// Who it is, by its token.
        public var identity: String
        /// `JOINING`, `JOINED`, `ACTIVE` or `DISCONNECTED`.
        public var state: String
        /// What it publishes.
        public var tracks: [Track]

        /// Describes a participant.
        public init(sid: String, identity: String, state: String, tracks: [Track]) {
            self.sid = sid
            self.identity = identity
            self.state = state
            self.tracks = tracks
        }

        /// Whether its media is up.
        public var isActive: Bool { state == "ACTIVE" }

        /// Reads a participant; servers may leave out what is empty.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            sid = try fields.decode(String.self, forKey: .sid)
            identity = try fields.decodeIfPresent(String.self, forKey: .identity) ?? ""
            state = try fields.decodeIfPresent(String.self, forKey: .state) ?? "JOINING"
            tracks = try fields.decodeIfPresent([Track].self, forKey: .tracks) ?? []
        }
    }

    /// A published track as the server lists it.
    public struct Track: Hashable, Sendable, Codable {
        /// The track's id, `TR_…`.
        public var sid: String
        /// `AUDIO`, `VIDEO` or `DATA`.
        public var type: String
        /// Whether its publisher muted it.
        public var muted: Bool

        /// Describes a track.
        public init(sid: String, type: String, muted: Bool) {
            self.sid = sid
            self.type = type
            self.muted = muted
        }

        /// Reads a track; servers may leave out what is nought.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            sid = try fields.decode(String.self, forKey: .sid)
            type = try fields.decodeIfPresent(String.self, forKey: .type) ?? "AUDIO"
            muted = try fields.decodeIfPresent(Bool.self, forKey: .muted) ?? false
        }
    }

    /// Where the calls are, behind the server's address.
    public static let path = "/twirp/livekit.RoomService/"
    /// The call that lists rooms.
    public static let listRooms = "ListRooms"
    /// The call that lists the participants of one room.
    public static let listParticipants = "ListParticipants"

    /// Longest-living token that is used for one call.
    private static let lifetime: Int64 = 60

    /// Asks for all rooms; nil when the address is none.
    public static func roomsRequest(
        server: String, credentials: AccessToken.Credentials, unixSeconds: Int64
    ) -> HTTPRequestMessage? {
        var grant = VideoGrant()
        grant.roomList = true
        return request(
            listRooms, Nothing(), server: server, grant: grant, credentials: credentials,
            unixSeconds: unixSeconds)
    }

    /// Asks for the participants of a room; nil when the address is none.
    public static func participantsRequest(
        room: String, server: String, credentials: AccessToken.Credentials, unixSeconds: Int64
    ) -> HTTPRequestMessage? {
        var grant = VideoGrant()
        grant.roomAdmin = true
        grant.room = room
        return request(
            listParticipants, RoomName(room: room), server: server, grant: grant, credentials: credentials,
            unixSeconds: unixSeconds)
    }

    /// Reads the list of rooms.
    public static func rooms(in response: HTTPResponseMessage) throws(Failure) -> [Room] {
        try read(RoomList.self, response).rooms
    }

    /// Reads the list of participants.
    public static func participants(in response: HTTPResponseMessage) throws(Failure) -> [Participant] {
        try read(ParticipantList.self, response).participants
    }

    private static func request(
        _ call: String, _ body: some Encodable, server: String, grant: VideoGrant,
        credentials: AccessToken.Credentials, unixSeconds: Int64
    ) -> HTTPRequestMessage? {
        guard let url = CarrierURL(server)?.asHTTP.appending(path: path + call) else { return nil }
        var token = AccessToken(issuer: credentials.key, identity: "", video: grant, unixSeconds: unixSeconds)
        token.expiresAt = unixSeconds + lifetime
        return HTTPRequestMessage(
            method: "POST", url: url.text,
            headers: [
                HTTPMessageHeader(
                    name: "Authorization", value: "Bearer " + token.signed(secret: credentials.secret)),
                HTTPMessageHeader(name: "Content-Type", value: "application/json"),
            ], body: JSON.encode(body))
    }

    private static func read<List: Decodable>(
        _ type: List.Type, _ response: HTTPResponseMessage
    ) throws(Failure) -> List {
        // The genuine server repeats a token that it refuses, so what it says then is not passed on.
        guard response.status != 401, response.status != 403 else { throw .denied }
        guard response.status == 200 else {
            let error = JSON.decode(TwirpError.self, from: response.body)
            throw .refused(status: response.status, String((error?.code ?? "no word on why").prefix(40)))
        }
        guard let list = JSON.decode(type, from: response.body) else { throw .malformed }
        return list
    }

    struct Nothing: Codable {}

    struct RoomName: Codable {
        var room: String
    }

    struct RoomList: Codable {
        var rooms: [Room]
    }

    struct ParticipantList: Codable {
        var participants: [Participant]
    }
}

/// An error in Twirp's form.
struct TwirpError: Codable, Error {
    var code: String
    var msg: String
}
