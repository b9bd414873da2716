import Primitives
import Testing
import Visio

@Suite struct MeetCallsTests {
    private static func calls(isPrivileged: Bool, isRegistered: Bool = true) throws -> MeetCalls {
        var room = Dialogue.room()
        if !isRegistered { room.id = nil }
        room.everyoneCanMute = false
        var browser = UserAgent(wallClock: Dialogue.clock)
        if isPrivileged {
            let url = try #require(CarrierURL(Dialogue.base))
            browser.cookies.insert(name: "sessionid", value: "s", for: url)
            browser.cookies.insert(name: "csrftoken", value: "c", for: url)
        }
        return MeetCalls(
            baseURL: Dialogue.base,
            admission: MeetClient.Admission(
                liveKitURL: "wss://l", token: "t.o.k", room: room, configuration: Dialogue.meet),
            browser: browser, isPrivileged: isPrivileged)
    }

    private static let permit = MeetCalls.Call.permit(
        identity: "i", MeetCalls.Permission(sources: ["camera", "microphone"]))

    @Test(
        arguments: [
            (.raiseHand(true), false, "POST rooms/5f0c/toggle-hand/", #"{"raised":true}"#, true),
            (.rename("Zoé"), false, "POST rooms/5f0c/rename/", #"{"name":"Zoé"}"#, true),
            (
                .mute(identity: "i", track: "TR_1"), false, "POST rooms/5f0c/mute-participant/",
                #"{"participant_identity":"i","track_sid":"TR_1"}"#, true
            ),
            (
                .mute(identity: "i", track: "TR_1"), true, "POST rooms/5f0c/mute-participant/",
                #"{"participant_identity":"i","track_sid":"TR_1"}"#, false
            ),
            (
                .remove(identity: "i"), true, "POST rooms/5f0c/remove-participant/",
                #"{"participant_identity":"i"}"#, false
            ),
            (
                permit, true, "POST rooms/5f0c/update-participant/",
                #"{"participant_identity":"i","permission":{"can_publish":true,"can_publish_data":true,"#
                    + #""can_publish_sources":["camera","microphone"],"can_subscribe":true,"#
                    + #""can_subscribe_metrics":false,"can_update_metadata":false}}"#, false
            ),
            (
                .restrict(sources: ["microphone"]), true, "PATCH rooms/abc-defg-hij/",
                #"{"configuration":{"can_publish_sources":["microphone"],"everyone_can_mute":false}}"#, false
            ),
            (.listWaiting, true, "GET rooms/5f0c/waiting-participants/", "", false),
            (
                .admit(id: "l-1", true), true, "POST rooms/5f0c/enter/",
                #"{"allow_entry":true,"participant_id":"l-1"}"#, false
            ),
        ] as [(MeetCalls.Call, Bool, String, String, Bool)])
    func asksAsThePageDoes(
        call: MeetCalls.Call, isPrivileged: Bool, line: String, body: String, hasBearer: Bool
    ) throws {
        var calls = try Self.calls(isPrivileged: isPrivileged)
        let isStarted = calls.start(call, now: .zero)
        #expect(isStarted)
        guard case .request(_, let message)? = calls.nextCommand() else { return #expect(Bool(false)) }
        let words = line.split(separator: " ")
        #expect(message.method == words[0])
        #expect(message.url == "\(Dialogue.base)/api/v1.0/\(words[1])")
        #expect(String(decoding: message.body, as: UTF8.self) == body)
        #expect(message.header("Authorization") == (hasBearer ? "Bearer t.o.k" : nil))
        #expect(message.header("X-CSRFToken") == (isPrivileged ? "c" : nil))
        #expect(message.header("Cookie") == (isPrivileged ? "sessionid=s; csrftoken=c" : nil))
        #expect((message.header("Origin") != nil) == (message.method != "GET"))
    }

    @Test func answersBelongToTheirCalls() throws {
        var calls = try Self.calls(isPrivileged: true)
        calls.start(.admit(id: "a", true), now: .zero)
        calls.start(.listWaiting, now: .zero)
        calls.start(.remove(identity: "x"), now: .zero)
        calls.start(.admit(id: "b", false), now: .zero)
        let entry = LobbyEntry(status: .waiting, id: "l", username: "Ada", color: "c")
        calls.receive(.response(id: 2, MeetReply.lobbyList([entry])), now: .seconds(1))
        calls.receive(
            .response(id: 1, MeetReply.message(status: 404, "Participant not found.")), now: .seconds(2))
        calls.receive(.response(id: 3, MeetReply.success), now: .seconds(3))
        calls.tick(now: .seconds(10))
        var answers: [MeetCalls.Answer] = []
        while let answer = calls.nextAnswer() { answers.append(answer) }
        func failed(_ reason: MeetFailure.Reason) -> MeetCalls.Outcome {
            .failed(MeetFailure(stage: .action, reason: reason))
        }
        #expect(
            answers == [
                .init(call: .listWaiting, outcome: .waiting([entry]), elapsed: .seconds(1)),
                .init(
                    call: .admit(id: "a", true), outcome: failed(.notFound("Participant not found.")),
                    elapsed: .seconds(2)),
                .init(call: .remove(identity: "x"), outcome: .done, elapsed: .seconds(3)),
                .init(call: .admit(id: "b", false), outcome: failed(.timedOut), elapsed: .seconds(10)),
            ])
    }

    @Test(
        arguments: [
            (MeetReply.html(status: 500, title: "x"), .html(status: 500)),
            (MeetReply.error(status: 403, detail: "CSRF Failed: x"), .forbidden("CSRF Failed: x")),
            (MeetReply.html(status: 200, title: "x"), .html(status: 200)),
            (HTTPResponseMessage(status: 200, text: "[]"), .unreadable(status: 200)),
        ] as [(HTTPResponseMessage, MeetFailure.Reason)])
    func strangeAnswersAreFailures(response: HTTPResponseMessage, reason: MeetFailure.Reason) throws {
        var calls = try Self.calls(isPrivileged: true)
        calls.start(.listWaiting, now: .zero)
        calls.receive(.response(id: 1, response), now: .zero)
        let answer = calls.nextAnswer()
        #expect(answer?.outcome == .failed(MeetFailure(stage: .action, reason: reason)))
    }

    /// The page's buttons do nothing in a room that Meet does not know.
    @Test func unregisteredRoomsHaveNoButtons() throws {
        var calls = try Self.calls(isPrivileged: false, isRegistered: false)
        #expect(!calls.isRegistered)
        let isStarted = calls.start(.raiseHand(true), now: .zero)
        #expect(!isStarted)
        #expect(calls.nextCommand() == nil)
    }
}

@Suite struct ExternalAPIClientTests {
    private static func client(_ count: Int, level: MeetRoom.AccessLevel? = .restricted) -> ExternalAPIClient
    {
        ExternalAPIClient(
            baseURL: Dialogue.base, application: .init(id: "app", secret: "secret"), owner: "ada@example.org",
            accessLevels: Array(repeating: level, count: count), browser: UserAgent(wallClock: Dialogue.clock)
        )
    }

    @Test func fetchesOneTokenForAllRooms() throws {
        var client = Self.client(2)
        client.start(now: .zero)
        guard case .request(1, let token)? = client.nextCommand() else { return #expect(Bool(false)) }
        #expect(token.method == "POST")
        #expect(token.url == "https://visio.example.org/external-api/v1.0/application/token/")
        #expect(
            String(decoding: token.body, as: UTF8.self)
                == #"{"client_id":"app","client_secret":"secret","grant_type":"client_credentials","scope":"ada@example.org"}"#
        )
        #expect(token.header("Authorization") == nil)
        client.receive(.response(id: 1, MeetReply.applicationToken("jwt")), now: .zero)
        for (id, slug) in [(2, "abc-defg-hij"), (3, "klm-nopq-rst")] {
            guard case .request(id, let room)? = client.nextCommand() else { return #expect(Bool(false)) }
            #expect(room.url == "https://visio.example.org/external-api/v1.0/rooms/")
            #expect(room.header("Authorization") == "Bearer jwt")
            #expect(String(decoding: room.body, as: UTF8.self) == #"{"access_level":"restricted"}"#)
            client.receive(
                .response(id: id, MeetReply.room(MeetRoom(id: "x", slug: slug), isNew: true)), now: .zero)
            #expect(client.nextEvent() == .created(slug: slug))
        }
        #expect(client.nextEvent() == .finished)
        #expect(client.nextCommand() == nil)
        #expect(client.deadline == nil)
    }

    @Test(
        arguments: [
            (
                MeetReply.error(status: 401, detail: "Invalid credentials"),
                .unauthorized("Invalid credentials")
            ),
            (MeetReply.html(status: 404, title: "x"), .notFound("")),
            (MeetReply.html(status: 502, title: "x"), .html(status: 502)),
            (MeetReply.success, .unreadable(status: 200)),
        ] as [(HTTPResponseMessage, MeetFailure.Reason)])
    func failuresAreNamed(response: HTTPResponseMessage, reason: MeetFailure.Reason) {
        var client = Self.client(1)
        client.start(now: .zero)
        client.receive(.response(id: 1, response), now: .zero)
        #expect(client.nextEvent() == .failed(MeetFailure(stage: .applicationToken, reason: reason)))
        var second = Self.client(1, level: nil)
        second.start(now: .zero)
        second.receive(.response(id: 1, MeetReply.applicationToken("jwt")), now: .zero)
        second.receive(.response(id: 2, response), now: .zero)
        #expect(second.nextEvent() == .failed(MeetFailure(stage: .applicationRoom, reason: reason)))
    }

    @Test func silenceIsAFailure() {
        var client = Self.client(1)
        client.start(now: .zero)
        client.tick(now: .seconds(10))
        #expect(client.nextEvent() == .failed(MeetFailure(stage: .applicationToken, reason: .timedOut)))
    }
}
