import Primitives
import Testing
import Visio

@Suite struct MeetClientTests {
    private static let json = [HTTPMessageHeader(name: "Content-Type", value: "application/json")]
    private static let roomPath = "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co"

    /// The requests of a guest's page in their order, with what a browser sends along, and no others.
    @Test func asksWhatThePageAsks() throws {
        var page = Dialogue()
        let first = try page.expect("GET", "/config/")
        #expect(first.header("Content-Type") == "application/json")
        #expect(first.header("Referer") == "https://visio.example.org/abc-defg-hij")
        #expect(first.header("Origin") == nil)
        #expect(first.header("Cookie") == nil)
        #expect(first.header("X-CSRFToken") == nil)
        try page.load()
        try page.expect("GET", Self.roomPath)
        page.answer(MeetReply.room(Dialogue.room()))
        let last = try page.expect("HEAD", "https://livekit.example.org/")
        #expect(last.header("Referer") == "https://visio.example.org/")
        #expect(page.admission == nil, "the page connects only when its connection is warm")
        page.answer(HTTPResponseMessage(status: 404, text: ""))
        let admission = try #require(page.admission)
        #expect(admission.liveKitURL == "wss://livekit.example.org/", "the configuration's URL counts")
        #expect(admission.token == "t.o.k")
        #expect(admission.room.id == "5f0c")
        #expect(page.news.first == .configured(Dialogue.meet))
        #expect(page.client.deadline == nil)
        #expect(page.isQuiet)
        #expect(
            page.exchanges == [.configuration, .user, .room, .warmUp])
    }

    @Test func aLiveKitThatIsNotWarmIsJoinedAllTheSame() throws {
        var page = Dialogue()
        try page.load()
        page.answer(MeetReply.room(Dialogue.room()))
        page.fail(.unreachable("refused"))
        #expect(page.admission != nil)
    }

    @Test(
        arguments: [
            (MeetReply.unauthenticated, .unauthorized("Authentication credentials were not provided.")),
            (MeetReply.forbidden, .forbidden("You do not have permission to perform this action.")),
            (MeetReply.roomNotFound, .notFound("No Room matches the given query.")),
            (MeetReply.html(status: 404, title: "nginx"), .notFound("")),
            (MeetReply.throttled(retryAfter: .seconds(119.5)), nil),
            (MeetReply.throttled(retryAfter: .seconds(121.0)), .throttled(retryAfter: .seconds(121.0))),
            (MeetReply.error(status: 429, detail: "x"), .throttled(retryAfter: nil)),
            (HTTPResponseMessage(status: 503, text: "busy"), .unavailable(retryAfter: nil)),
            (MeetReply.html(status: 500, title: "Server Error"), .html(status: 500)),
            (MeetReply.html(status: 200, title: "Visio"), .html(status: 200)),
            (MeetReply.redirect(to: "ftp://x"), .misdirected),
            (
                MeetReply.slugTaken,
                .rejected(status: 400, #"{"slug":["Room with this Slug already exists."]}"#)
            ),
            (
                HTTPResponseMessage(status: 200, headers: json, body: Array("[]".utf8)),
                .unreadable(status: 200)
            ),
        ] as [(HTTPResponseMessage, MeetFailure.Reason?)])
    func failuresOfTheRoom(response: HTTPResponseMessage, reason: MeetFailure.Reason?) throws {
        var page = Dialogue()
        try page.load()
        page.answer(response)
        #expect(page.failure == reason.map { MeetFailure(stage: .room, reason: $0) })
        #expect(page.isQuiet, "nothing is tried again")
        if reason != nil { #expect(page.client.deadline == nil) }
    }

    /// What the page's queries try again: four questions, 1, 2 and 4 seconds apart, then it is a failure.
    @Test(arguments: [
        MeetReply.html(status: 502, title: "Bad Gateway"), HTTPResponseMessage(status: 503, text: ""),
        MeetReply.error(status: 500, detail: "x"),
    ])
    func theConfigurationIsAskedFourTimes(response: HTTPResponseMessage) throws {
        var page = Dialogue()
        for pause in [1.0, 2, 4] {
            try page.expect("GET", "/config/")
            page.answer(response)
            #expect(page.failure == nil)
            page.wait(.seconds(pause - 0.01))
            #expect(page.isQuiet)
            page.wait(.seconds(0.01))
        }
        try page.expect("GET", "/config/")
        page.answer(response)
        #expect(page.failure?.stage == .configuration)
        #expect(page.news.count { if case .stumbled = $0 { true } else { false } } == 3)
    }

    @Test func aFailureThatPassesDoesNoHarm() throws {
        var page = Dialogue()
        page.fail(.unreachable("x"))
        page.wait(.seconds(1.0))
        try page.expect("GET", "/config/")
        page.answer(MeetReply.configuration(Dialogue.meet))
        page.answer(MeetReply.html(status: 500, title: "x"))
        page.wait(.seconds(1.0))
        try page.expect("GET", "/users/me")
        page.answer(MeetReply.unauthenticated)
        page.answer(MeetReply.room(Dialogue.room()))
        try page.warmUp()
        #expect(page.admission != nil)
    }

    @Test(
        arguments: [
            (CarrierFailure.forbidden("visio.example.org"), .carrier(.forbidden("visio.example.org"))),
            (.tls("unknown CA"), .carrier(.tls("unknown CA"))),
        ] as [(CarrierFailure, MeetFailure.Reason)])
    func someFailuresDoNotPass(failure: CarrierFailure, reason: MeetFailure.Reason) {
        var page = Dialogue()
        page.fail(failure)
        #expect(page.failure == MeetFailure(stage: .configuration, reason: reason))
        var other = Dialogue()
        other.answer(HTTPResponseMessage(status: 200, text: "ok"))
        #expect(other.failure == MeetFailure(stage: .configuration, reason: .unreadable(status: 200)))
    }

    @Test func everyQuestionHasTenSeconds() throws {
        var page = Dialogue()
        try page.load()
        #expect(page.client.deadline == .seconds(10))
        page.wait(.seconds(9.9))
        #expect(page.failure == nil)
        page.wait(.seconds(0.1))
        #expect(page.failure == MeetFailure(stage: .room, reason: .timedOut))
    }

    @Test func badAddress() {
        let page = Dialogue { $0.baseURL = "visio" }
        #expect(page.failure == MeetFailure(stage: .configuration, reason: .badAddress))
        #expect(page.isQuiet)
    }

    // MARK: The lobby

    @Test func waitsInTheLobby() throws {
        var page = Dialogue()
        try page.load()
        page.answer(MeetReply.room(Dialogue.room(entry: false, level: .restricted)))
        let first = try page.expect("POST", "/rooms/abc-defg-hij/request-entry/")
        #expect(String(decoding: first.body, as: UTF8.self) == #"{"username":"Zoé & co"}"#)
        #expect(first.header("Origin") == Dialogue.base)
        #expect(first.header("Cookie") == nil)
        var entry = LobbyEntry(status: .waiting, id: "l-1", username: "Zoé & co", color: "c")
        var waiting = MeetReply.lobbyEntry(entry)
        waiting.headers.append(
            HTTPMessageHeader(
                name: "Set-Cookie", value: "lobbyParticipantId=l-1; HttpOnly; Path=/; SameSite=Lax; Secure"))
        page.answer(waiting)
        #expect(page.news.last == .waiting(id: "l-1"))
        #expect(page.client.isInLobby)
        for _ in 0..<3 {
            page.wait(.seconds(0.99))
            #expect(page.isQuiet)
            page.wait(.seconds(0.01))
            let next = try page.expect("POST", "/rooms/abc-defg-hij/request-entry/")
            #expect(next.header("Cookie") == "lobbyParticipantId=l-1")
            // A second is counted from the answer, as the page counts it.
            page.wait(.seconds(0.3))
            page.answer(MeetReply.lobbyEntry(entry))
        }
        page.wait(.seconds(1.0))
        entry.status = .accepted
        entry.entry = MeetRoom.Entry(url: "http://internal", room: "5f0c", token: "l.o.b")
        page.answer(MeetReply.lobbyEntry(entry))
        #expect(page.news.last == .accepted(id: "l-1"))
        try page.warmUp()
        #expect(page.admission?.token == "l.o.b")
        #expect(page.admission?.room.id == "5f0c")
    }

    @Test func isRefused() throws {
        var page = Dialogue()
        try page.load()
        page.answer(MeetReply.room(Dialogue.room(entry: false)))
        page.answer(MeetReply.lobbyEntry(LobbyEntry(status: .denied, id: "l", username: "", color: "")))
        #expect(page.failure == MeetFailure(stage: .lobby, reason: .denied))
    }

    @Test func givesUpAfterTenMinutes() throws {
        var page = Dialogue()
        try page.load()
        page.answer(MeetReply.room(Dialogue.room(entry: false)))
        let waiting = MeetReply.lobbyEntry(LobbyEntry(status: .waiting, id: "l", username: "", color: ""))
        for _ in 0..<599 {
            page.answer(waiting)
            page.wait(.seconds(1.0))
            #expect(page.failure == nil)
        }
        page.answer(waiting)
        page.wait(.seconds(1.0))
        #expect(page.failure == MeetFailure(stage: .lobby, reason: .expired))
        #expect(page.isQuiet)
    }

    /// A server in trouble does not drive anybody out of the lobby, and neither does one that throttles.
    @Test func theLobbyGoesOn() throws {
        var page = Dialogue()
        try page.load()
        page.answer(MeetReply.room(Dialogue.room(entry: false)))
        for pause in [1.0, 2, 4, 1, 2] {
            page.answer(MeetReply.html(status: 500, title: "x"))
            page.wait(.seconds(pause))
            try page.expect("POST", "/rooms/abc-defg-hij/request-entry/")
        }
        page.answer(MeetReply.throttled(retryAfter: .seconds(30.0)))
        page.wait(.seconds(29.0))
        #expect(page.isQuiet)
        page.wait(.seconds(1.0))
        try page.expect("POST", "/rooms/abc-defg-hij/request-entry/")
        #expect(page.client.browser.throttleCount == 1)
        page.answer(MeetReply.roomNotFound)
        #expect(page.failure?.stage == .lobby, "but a room that is gone is gone")
    }

    // MARK: Creating

    @Test func createsRooms() throws {
        var browser = UserAgent(wallClock: Dialogue.clock)
        let url = try #require(CarrierURL(Dialogue.base))
        browser.cookies.insert(name: "sessionid", value: "s", for: url)
        browser.cookies.insert(name: "csrftoken", value: "c", for: url)
        var page = Dialogue(
            .create(slug: "new-room-abc", accessLevel: .trusted), visitor: .session, browser: browser)
        try page.load(Dialogue.user())
        let message = try page.expect("POST", "/rooms/?username=Zo%C3%A9%20%26%20co")
        #expect(message.header("Origin") == Dialogue.base)
        #expect(message.header("Referer") == "https://visio.example.org/new-room-abc")
        #expect(message.header("Cookie") == "sessionid=s; csrftoken=c")
        #expect(message.header("X-CSRFToken") == "c")
        #expect(
            String(decoding: message.body, as: UTF8.self)
                == #"{"access_level":"trusted","name":"new-room-abc"}"#)
        page.answer(MeetReply.room(Dialogue.room(), isNew: true))
        #expect(page.admission != nil)
        #expect(page.isQuiet, "nobody enters yet")
    }

    /// Who is logged in and opens an unknown room becomes its owner; the page asks twice before.
    @Test func anUnknownRoomIsCreatedByWhoeverIsLoggedIn() throws {
        var page = Dialogue(visitor: .session)
        try page.load(Dialogue.user())
        try page.expect("GET", Self.roomPath)
        page.answer(MeetReply.roomNotFound)
        try page.expect("GET", Self.roomPath)
        page.answer(MeetReply.roomNotFound)
        let message = try page.expect("POST", "/rooms/?username=Zo%C3%A9%20%26%20co")
        #expect(String(decoding: message.body, as: UTF8.self) == #"{"name":"abc-defg-hij"}"#)
        page.answer(MeetReply.error(status: 403, detail: "CSRF Failed: CSRF cookie not set."))
        #expect(
            page.failure
                == MeetFailure(stage: .creation, reason: .forbidden("CSRF Failed: CSRF cookie not set.")))
    }
}
