import Primitives
import Testing
import Visio

@Suite struct MeetClientTests {
    private static let json = [HTTPMessageHeader(name: "Content-Type", value: "application/json")]
    private static let configuration = MeetConfiguration(liveKitURL: "https://livekit.example.org")

    private static func client(_ purpose: MeetClient.Purpose = .join(slug: "abc-defg-hij")) -> MeetClient {
        var configuration = MeetClient.Configuration(
            baseURL: "https://visio.example.org/", purpose: purpose, username: "Zoé & co")
        configuration.firstRequestID = 10
        configuration.headers = [HTTPMessageHeader(name: "Cookie", value: "sessionid=s")]
        return MeetClient(configuration)
    }

    private static func room(entry: Bool = true) -> MeetRoom {
        var room = MeetRoom(id: "5f0c", slug: "abc-defg-hij")
        if entry { room.entry = MeetRoom.Entry(url: "http://internal", room: "5f0c", token: "t.o.k") }
        return room
    }

    /// A client whose configuration has already arrived.
    private static func configured(_ purpose: MeetClient.Purpose = .join(slug: "abc-defg-hij")) -> MeetClient
    {
        var client = client(purpose)
        client.start(now: .zero)
        _ = client.nextCommand()
        client.receive(.response(id: 10, MeetReply.configuration(configuration)), now: .zero)
        _ = client.nextEvent()
        return client
    }

    @Test func asksConfigurationThenRoom() throws {
        var client = Self.client()
        #expect(client.deadline == nil)
        client.start(now: .zero)
        guard case .request(10, let first)? = client.nextCommand() else {
            Issue.record("no request")
            return
        }
        #expect(first.method == "GET")
        #expect(first.url == "https://visio.example.org/api/v1.0/config/")
        #expect(first.header("Cookie") == "sessionid=s")
        #expect(client.nextCommand() == nil)
        client.receive(.response(id: 10, MeetReply.configuration(Self.configuration)), now: .seconds(1))
        #expect(client.nextEvent() == .configured(Self.configuration))
        guard case .request(11, let second)? = client.nextCommand() else {
            Issue.record("no request")
            return
        }
        #expect(
            second.url
                == "https://visio.example.org/api/v1.0/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
        #expect(second.header("Origin") == nil)
        client.receive(.response(id: 11, MeetReply.room(Self.room())), now: .seconds(2))
        guard case .admitted(let admission)? = client.nextEvent() else {
            Issue.record("not admitted")
            return
        }
        #expect(admission.liveKitURL == "wss://livekit.example.org/", "the configuration's URL counts")
        #expect(admission.token == "t.o.k")
        #expect(admission.room.id == "5f0c")
        #expect(client.deadline == nil)
        #expect(client.nextEvent() == nil)
    }

    @Test func createsRooms() {
        var client = Self.configured(.create(name: "abc-defg-hij", accessLevel: .trusted))
        guard case .request(11, let message)? = client.nextCommand() else {
            Issue.record("no request")
            return
        }
        #expect(message.method == "POST")
        #expect(message.url == "https://visio.example.org/api/v1.0/rooms/?username=Zo%C3%A9%20%26%20co")
        #expect(message.header("Origin") == "https://visio.example.org")
        #expect(
            String(decoding: message.body, as: UTF8.self)
                == #"{"access_level":"trusted","name":"abc-defg-hij"}"#)
        client.receive(.response(id: 11, MeetReply.room(Self.room(), isNew: true)), now: .zero)
        guard case .admitted? = client.nextEvent() else {
            Issue.record("not admitted")
            return
        }
    }

    @Test(
        arguments: [
            (MeetReply.unauthenticated, .unauthorized("Authentication credentials were not provided.")),
            (MeetReply.forbidden, .forbidden("You do not have permission to perform this action.")),
            (MeetReply.roomNotFound, .notFound("No Room matches the given query.")),
            (MeetReply.html(status: 404, title: "nginx"), .notFound("")),
            (MeetReply.throttled(retryAfter: .seconds(59.5)), .throttled(retryAfter: .seconds(60.0))),
            (MeetReply.error(status: 429, detail: "x"), .throttled(retryAfter: nil)),
            (HTTPResponseMessage(status: 503, text: "busy"), .unavailable(retryAfter: nil)),
            (MeetReply.html(status: 500, title: "Server Error"), .html(status: 500)),
            (MeetReply.html(status: 200, title: "Visio"), .html(status: 200)),
            (MeetReply.html(status: 302, title: "login"), .html(status: 302)),
            (
                MeetReply.slugTaken,
                .rejected(status: 400, #"{"slug":["Room with this Slug already exists."]}"#)
            ),
            (
                HTTPResponseMessage(status: 200, headers: json, body: Array("[]".utf8)),
                .unreadable(status: 200)
            ),
            (MeetReply.room(room(entry: false)), .lobbyRequired),
        ] as [(HTTPResponseMessage, MeetFailure.Reason)])
    func failuresOfTheRoom(response: HTTPResponseMessage, reason: MeetFailure.Reason) {
        var client = Self.configured()
        client.receive(.response(id: 11, response), now: .zero)
        #expect(client.nextEvent() == .failed(MeetFailure(stage: .room, reason: reason)))
        #expect(client.deadline == nil)
        _ = client.nextCommand()
        #expect(client.nextCommand() == nil, "nothing is tried again")
    }

    @Test func failuresOfTheConfiguration() {
        var client = Self.client()
        client.start(now: .zero)
        client.receive(.response(id: 10, HTTPResponseMessage(status: 200, text: "ok")), now: .zero)
        #expect(
            client.nextEvent()
                == .failed(MeetFailure(stage: .configuration, reason: .unreadable(status: 200))))
    }

    @Test func carrierFailuresAndOtherRequests() {
        var client = Self.client()
        client.start(now: .zero)
        client.receive(.requestFailed(id: 99, .timedOut), now: .zero)
        client.receive(.webSocketOpened, now: .zero)
        #expect(client.nextEvent() == nil)
        client.receive(.requestFailed(id: 10, .unreachable("x")), now: .zero)
        #expect(
            client.nextEvent()
                == .failed(MeetFailure(stage: .configuration, reason: .carrier(.unreachable("x")))))
        client.receive(.response(id: 10, MeetReply.configuration(Self.configuration)), now: .zero)
        #expect(client.nextEvent() == nil, "it is over")
    }

    @Test func everyQuestionHasTenSeconds() {
        var client = Self.client()
        client.start(now: .seconds(5))
        #expect(client.deadline == .seconds(15))
        client.tick(now: .seconds(14.9))
        #expect(client.nextEvent() == nil)
        client.tick(now: .seconds(15))
        #expect(client.nextEvent() == .failed(MeetFailure(stage: .configuration, reason: .timedOut)))
        var second = Self.configured(.create(name: "x", accessLevel: .public))
        second.tick(now: .seconds(10))
        #expect(second.nextEvent() == .failed(MeetFailure(stage: .creation, reason: .timedOut)))
    }

    @Test func badAddress() {
        var client = MeetClient(
            MeetClient.Configuration(baseURL: "visio", purpose: .join(slug: "x"), username: "u"))
        client.start(now: .zero)
        #expect(client.nextEvent() == .failed(MeetFailure(stage: .configuration, reason: .badAddress)))
        #expect(client.nextCommand() == nil)
    }
}

@Suite struct MeetReplyTests {
    private static func text(_ response: HTTPResponseMessage) -> String {
        String(decoding: response.body, as: UTF8.self)
    }

    @Test func registeredRoom() {
        var room = MeetRoom(id: "5f0c", slug: "abc-defg-hij", name: "Réunion")
        room.publishableSources = ["camera"]
        #expect(
            Self.text(MeetReply.room(room))
                == #"{"access_level":"public","configuration":{"can_publish_sources":["camera"]},"id":"5f0c","#
                + #""name":"Réunion","slug":"abc-defg-hij"}"#)
        room.entry = MeetRoom.Entry(url: "https://l", room: "5f0c", token: "t")
        #expect(Self.text(MeetReply.room(room)).contains(#""pin_code":null"#))
        #expect(
            Self.text(MeetReply.room(room)).contains(
                #""livekit":{"room":"5f0c","token":"t","url":"https://l"}"#))
    }

    @Test func unregisteredRoom() {
        #expect(
            Self.text(MeetReply.room(MeetRoom(id: nil, slug: "x")))
                == #"{"access_level":"public","id":null,"is_administrable":false,"slug":"x"}"#)
    }

    @Test func configuration() {
        let text = Self.text(MeetReply.configuration(MeetConfiguration(liveKitURL: "https://l")))
        #expect(
            text.contains(
                #""livekit":{"default_sources":["camera","microphone","screen_share","screen_share_audio"],"#
                    + #""enable_firefox_proxy_workaround":false,"force_wss_protocol":false,"url":"https://l"}"#
            ))
        #expect(text.contains(#""auto_mute_on_join_threshold":50"#))
        #expect(text.contains(#""idle_disconnect_warning_delay":null"#))
    }

    @Test func throttling() {
        let response = MeetReply.throttled(retryAfter: .seconds(0.2))
        #expect(response.header("retry-after") == "1")
        #expect(
            Self.text(response) == #"{"detail":"Request was throttled. Expected available in 1 second."}"#)
    }
}
