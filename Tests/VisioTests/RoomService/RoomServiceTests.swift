import Primitives
import Testing
import Visio

@Suite struct RoomServiceTests {
    private static let credentials = AccessToken.Credentials(key: "devkey", secret: "secret")
    private static let now: Int64 = 1_795_450_590

    private func answer(_ status: Int, _ body: String) -> HTTPResponseMessage {
        HTTPResponseMessage(status: status, text: body)
    }

    /// What a genuine server answered, shortened.
    @Test func readsAGenuineListOfRooms() throws {
        let rooms = try RoomService.rooms(
            in: answer(
                200,
                #"""
                {"rooms":[{"sid":"RM_ruuduLxGqz4Z","name":"tw","empty_timeout":60,"creation_time":"1795450590",
                "turn_password":"A9695","enabled_codecs":[{"mime":"audio/opus","fmtp_line":""}],"metadata":"m",
                "num_participants":3,"num_publishers":1,"active_recording":false,"version":null}]}
                """#))
        #expect(
            rooms == [RoomService.Room(sid: "RM_ruuduLxGqz4Z", name: "tw", participants: 3, publishers: 1)])
        #expect(
            try RoomService.rooms(in: answer(200, #"{"rooms":[{"sid":"a","name":"b"}]}"#))[0].participants
                == 0)
        #expect(try RoomService.participants(in: answer(200, #"{"participants":[]}"#)).isEmpty)
    }

    @Test(arguments: [
        (401, #"{"code":"unauthenticated","msg":"permissions denied"}"#, RoomService.Failure.denied),
        (401, "invalid token: eyJhbGciOiJIUzI1NiJ9.eyJ, error: token signature is invalid", .denied),
        (
            503, #"{"code":"unavailable","msg":"no response from servers"}"#,
            .refused(status: 503, "unavailable")
        ),
        (502, "<html>", .refused(status: 502, "no word on why")),
        (200, "<html>", .malformed), (200, #"{"rooms":[{"name":"b"}]}"#, .malformed),
    ])
    func refusalsAreNamed(_ status: Int, _ body: String, _ failure: RoomService.Failure) {
        #expect(throws: failure) { try RoomService.rooms(in: answer(status, body)) }
    }

    private func call(_ message: HTTPRequestMessage) -> Result<
        RoomServiceReply.Call, RoomServiceReply.Refusal
    > {
        RoomServiceReply.call(in: message, credentials: Self.credentials, unixSeconds: Self.now)
    }

    @Test func requestsCarryJustTheGrantTheyNeed() throws {
        let rooms = try #require(
            RoomService.roomsRequest(
                server: "wss://livekit.example.org/base", credentials: Self.credentials, unixSeconds: Self.now
            ))
        #expect(rooms.url == "https://livekit.example.org/base/twirp/livekit.RoomService/ListRooms")
        #expect(rooms.method == "POST" && rooms.body == Array("{}".utf8))
        let token = try AccessToken.verify(
            try #require(rooms.header("Authorization")).dropFirst(7), credentials: Self.credentials,
            unixSeconds: Self.now)
        #expect(token.identity.isEmpty && token.video?.roomList == true && token.video?.roomAdmin == nil)
        #expect(token.expiresAt == Self.now + 60)
        var local = rooms
        local.url = "/twirp/livekit.RoomService/ListRooms"
        #expect(call(local) == .success(.rooms))

        let people = try #require(
            RoomService.participantsRequest(
                room: "tw", server: "http://127.0.0.1:7880", credentials: Self.credentials,
                unixSeconds: Self.now))
        var asked = people
        asked.url = "/twirp/livekit.RoomService/ListParticipants"
        #expect(call(asked) == .success(.participants(room: "tw")))
        // The key to one room opens no other, and lists no rooms.
        asked.body = Array(#"{"room":"other"}"#.utf8)
        #expect(call(asked) == .failure(try #require(denied)))
        asked.url = "/twirp/livekit.RoomService/ListRooms"
        #expect(call(asked) == .failure(try #require(denied)))
        #expect(
            RoomService.roomsRequest(server: "nowhere", credentials: Self.credentials, unixSeconds: 0) == nil)
    }

    private var denied: RoomServiceReply.Refusal? {
        guard
            case .failure(let refusal) = call(
                HTTPRequestMessage(method: "POST", url: "/twirp/livekit.RoomService/ListRooms"))
        else { return nil }
        return refusal
    }

    @Test func refusesInTheWordsOfAGenuineServer() throws {
        #expect(try #require(denied).response.status == 401)
        #expect(
            String(decoding: try #require(denied).response.body, as: UTF8.self)
                == #"{"code":"unauthenticated","msg":"permissions denied"}"#)
        var statuses: [Int] = []
        for (method, path, header, body) in [
            ("GET", "ListRooms", "", ""), ("POST", "Nope", "", ""), ("POST", "ListRooms", "Bearer x.y.z", ""),
        ] {
            let message = HTTPRequestMessage(
                method: method, url: RoomService.path + path,
                headers: [HTTPMessageHeader(name: "Authorization", value: header)], body: Array(body.utf8))
            if case .failure(let refusal) = call(message) { statuses.append(refusal.response.status) }
        }
        #expect(statuses == [404, 404, 401])
        let people = try #require(
            RoomService.participantsRequest(
                room: "tw", server: "http://127.0.0.1", credentials: Self.credentials, unixSeconds: Self.now))
        var broken = people
        (broken.url, broken.body) = (RoomService.path + "ListParticipants", Array("{".utf8))
        guard case .failure(let refusal) = call(broken) else { return #expect(Bool(false)) }
        #expect(refusal.response.status == 400)
    }
}
