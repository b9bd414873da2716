import EmbeddedVisio
import Primitives
import Testing
import Visio

@Suite("The lobby of the embedded deployment")
struct LobbyTests {
    /// A room with its owner in the meeting.
    private static func meeting(
        _ level: MeetRoom.AccessLevel = .restricted, configure: (inout MeetOptions) -> Void = { _ in }
    ) throws -> (deployment: Deployment, owner: Page, host: Visitor) {
        let deployment = Deployment(meet: .withAccounts(2, configure: configure))
        let maker = try Page(
            deployment, slug: "room", purpose: .create(slug: "room", accessLevel: level), account: 0)
        let owner = try Page(deployment, slug: "room", account: 0, browser: maker.browser)
        let host = try deployment.connect(try #require(owner.admission))
        return (deployment, owner, host)
    }

    @Test func whoMayEnterHow() throws {
        for (level, guestWaits, accountWaits) in [
            (MeetRoom.AccessLevel.public, false, false), (.trusted, true, false), (.restricted, true, true),
        ] {
            let (deployment, owner, _) = try Self.meeting(level)
            #expect(owner.admission != nil)
            #expect((try Page(deployment, slug: "room").admission == nil) == guestWaits)
            #expect((try Page(deployment, slug: "room", account: 1).admission == nil) == accountWaits)
        }
    }

    @Test func aGuestIsLetIn() throws {
        let (deployment, owner, host) = try Self.meeting()
        let guest = try Page(deployment, slug: "room")
        deployment.advance(by: .milliseconds(100))
        let news = try #require(host.data.last)
        #expect(String(decoding: news.user.payload, as: UTF8.self) == #"{"type":"participantWaiting"}"#)
        #expect(news.participantIdentity.isEmpty, "the backend has no name")
        guard case .waiting(let list) = try owner.ask(.listWaiting) else {
            Issue.record("no list")
            return
        }
        #expect(list.map(\.username) == ["somebody"])
        try guest.wait(.seconds(5.0))
        #expect(host.data.count == 1, "who keeps asking is announced once")
        #expect(try owner.ask(.admit(id: list[0].id, true)) == .done)
        try guest.wait(.seconds(1.1))
        #expect(guest.events.contains(.accepted(id: list[0].id)))
        #expect(try guest.token().identity == list[0].id, "the lobby's name is LiveKit's name")
        #expect(try owner.ask(.listWaiting) == .waiting([]))
        // Whoever was let in may come back.
        let again = try Page(deployment, slug: "room", browser: guest.browser)
        #expect(again.admission != nil)
        _ = try deployment.connect(try #require(guest.admission))
    }

    @Test func aGuestIsRefusedAndMayAskAgainLater() throws {
        let (deployment, owner, _) = try Self.meeting()
        let guest = try Page(deployment, slug: "room")
        guard case .waiting(let list) = try owner.ask(.listWaiting) else { return }
        try owner.ask(.admit(id: list[0].id, false))
        try guest.wait(.seconds(1.1))
        #expect(guest.failure == MeetFailure(stage: .lobby, reason: .denied))
        let impatient = try Page(deployment, slug: "room", browser: guest.browser)
        #expect(impatient.failure?.reason == .denied)
        deployment.advance(by: .seconds(6))
        let patient = try Page(deployment, slug: "room", browser: guest.browser)
        #expect(patient.failure == nil)
    }

    /// Who stops asking is forgotten after three seconds; who comes back then is announced again.
    @Test func waitersAreForgotten() throws {
        let (deployment, owner, host) = try Self.meeting()
        let guest = try Page(deployment, slug: "room")
        deployment.advance(by: .seconds(3.1))
        #expect(try owner.ask(.listWaiting) == .waiting([]))
        try guest.wait(.seconds(0.1))
        deployment.advance(by: .milliseconds(100))
        #expect(host.data.count == 2)
    }

    @Test func openingTheRoomLetsEverybodyIn() throws {
        let (deployment, owner, _) = try Self.meeting()
        let guest = try Page(deployment, slug: "room")
        var message = HTTPRequestMessage(method: "PATCH", url: "/api/v1.0/rooms/room/")
        message.body = Array(#"{"access_level":"public"}"#.utf8)
        let url = try #require(CarrierURL("http://127.0.0.1:8080/"))
        let seconds = Deployment.wallClock.unixSeconds(at: deployment.now)
        message.headers = [
            HTTPMessageHeader(
                name: "Cookie", value: try #require(owner.cookies.header(for: url, unixSeconds: seconds))),
            HTTPMessageHeader(
                name: "X-CSRFToken",
                value: try #require(
                    owner.cookies.scriptValue(of: "csrftoken", for: url, unixSeconds: seconds))),
        ]
        #expect(try deployment.request(message).status == 200)
        try guest.wait(.seconds(1.1))
        #expect(guest.admission != nil)
        #expect(
            try owner.ask(.admit(id: "x", true))
                == .failed(MeetFailure(stage: .action, reason: .notFound("Room has no lobby system."))))
    }

    /// 150 questions a minute and participant; the next one is told how long to wait, and waits.
    @Test func questionsAreThrottled() throws {
        let (deployment, _, _) = try Self.meeting { $0.lobbyQuestionsPerMinute = 5 }
        let guest = try Page(deployment, slug: "room")
        try guest.wait(.seconds(30.0))
        let before = deployment.server.accessLog.count { $0.hasSuffix("request-entry/") }
        // The first question had no cookie yet and is not counted; five more, and one that was told to wait.
        #expect(before == 7)
        #expect(guest.browser.throttleCount == 1)
        try guest.wait(.seconds(40.0))
        #expect(guest.failure == nil)
        #expect(deployment.server.accessLog.count { $0.hasSuffix("request-entry/") } > before + 1)
    }

    @Test func onlyOwnersSeeAndOpen() throws {
        let (deployment, _, _) = try Self.meeting(.trusted)
        let guest = try Page(deployment, slug: "room", account: 1)
        #expect(
            try guest.ask(.listWaiting)
                == .failed(
                    MeetFailure(
                        stage: .action,
                        reason: .forbidden("You do not have permission to perform this action."))))
        #expect(try deployment.request("GET", "/api/v1.0/rooms/room/waiting-participants/").status == 401)
        #expect(try deployment.request("POST", "/api/v1.0/rooms/room/enter/").status == 401)
        #expect(try deployment.request("POST", "/api/v1.0/rooms/room/request-entry/").status == 400)
        #expect(try deployment.request("POST", "/api/v1.0/rooms/other/request-entry/").status == 404)
    }
}
