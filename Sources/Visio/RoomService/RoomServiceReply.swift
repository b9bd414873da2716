/// The server's side of RoomService, in the words of the genuine one.
public struct RoomServiceReply: Sendable {
    /// A call that may be answered.
    public enum Call: Hashable, Sendable {
        /// All rooms are asked for.
        case rooms
        /// The participants of this room are asked for.
        case participants(room: String)
    }

    /// Reads a call and checks its token.
    ///
    /// - Returns: The call, or the refusal.
    public static func call(
        in message: HTTPRequestMessage, credentials: AccessToken.Credentials, unixSeconds: Int64
    ) -> Result<Call, Refusal> {
        let path = RequestTarget(parsing: message.url).path
        let known = [RoomService.listRooms, RoomService.listParticipants]
        guard message.method == "POST", let name = known.first(where: { path == RoomService.path + $0 })
        else {
            return .failure(
                Refusal(status: 404, code: "bad_route", text: "no handler for path \"\(path)\""))
        }
        let grant: VideoGrant
        do throws(AccessTokenError) {
            guard let header = message.header("Authorization"), header.hasPrefix("Bearer ") else {
                return .failure(.denied)
            }
            let token = try AccessToken.verify(
                header.dropFirst("Bearer ".count), credentials: credentials, unixSeconds: unixSeconds)
            grant = token.video ?? VideoGrant()
        } catch {
            return .failure(Refusal(response: HTTPResponseMessage(status: 401, text: error.text)))
        }
        guard name == RoomService.listParticipants else {
            return grant.roomList ?? false ? .success(.rooms) : .failure(.denied)
        }
        guard let wish = JSON.decode(RoomService.RoomName.self, from: message.body) else {
            return .failure(
                Refusal(status: 400, code: "malformed", text: "the json request could not be decoded"))
        }
        // Another room than the grant's is refused like no grant at all.
        guard grant.roomAdmin ?? false, grant.room == wish.room else { return .failure(.denied) }
        return .success(.participants(room: wish.room))
    }

    /// Answers with rooms.
    public static func rooms(_ rooms: [RoomService.Room]) -> HTTPResponseMessage {
        json(status: 200, RoomService.RoomList(rooms: rooms))
    }

    /// Answers with the participants of a room; an unknown room has none.
    public static func participants(_ participants: [RoomService.Participant]) -> HTTPResponseMessage {
        json(status: 200, RoomService.ParticipantList(participants: participants))
    }

    /// A refusal in Twirp's form.
    public struct Refusal: Error, Hashable, Sendable {
        /// What is answered.
        public var response: HTTPResponseMessage

        init(response: HTTPResponseMessage) { self.response = response }

        init(status: Int, code: String, text: String) {
            response = json(status: status, TwirpError(code: code, msg: text))
        }

        static let denied = Refusal(status: 401, code: "unauthenticated", text: "permissions denied")
    }

    private static func json(status: Int, _ value: some Encodable) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: status, headers: [HTTPMessageHeader(name: "Content-Type", value: "application/json")],
            body: JSON.encode(value))
    }
}
