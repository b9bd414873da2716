import EmbeddedVisio
import Primitives
import Testing
import Visio

@Suite("Meet's API of the embedded deployment")
struct MeetTests {
    @Test(
        arguments: [
            ("GET", "/", 200), ("GET", "/__heartbeat__", 200), ("GET", "/api/v1.0/config/", 200),
            ("GET", "/api/v1.0/users/me/", 401), ("GET", "/api/v1.0/users/me", 301), ("HEAD", "/", 200),
            ("GET", "/api/v1.0/rooms/abc-defg-hij/", 200),
            ("DELETE", "/api/v1.0/rooms/abc-defg-hij/", 405), ("GET", "/api/v1.0/nothing/", 404),
            ("GET", "/elsewhere", 404), ("GET", "/rtc/v1/validate", 401), ("GET", "/rtc/other", 404),
            ("POST", "/api/v1.0/rooms/", 401), ("GET", "", 200), ("GET", "/%ff?%", 404),
        ])
    func requestsAreAnswered(method: String, url: String, status: Int) throws {
        #expect(try Deployment().request(method, url).status == status)
    }

    /// The token that Meet gives opens the door of that room.
    @Test func theKeyToARoomFits() throws {
        let deployment = Deployment()
        let answer = try deployment.request("GET", "/api/v1.0/rooms/abc-defg-hij/?username=Ada")
        let text = String(decoding: answer.body, as: UTF8.self)
        let start = try #require(text.firstRange(of: #""token":""#)?.upperBound)
        let token = String(text[start...].prefix { $0 != "\"" })
        let seconds = Deployment.wallClock.unixSeconds(at: deployment.now)
        let verified = try AccessToken.verify(
            token, credentials: Deployment.credentials, unixSeconds: seconds)
        #expect(verified.name == "Ada")
        #expect(try verified.authorizeJoin() == "abc-defg-hij")
        let other = try deployment.request(
            "GET", "/rtc/v1/validate?access_token=\(token)&join_request=EgA%3D")
        #expect(other.status == 200)
        #expect(String(decoding: other.body, as: UTF8.self) == "success")
    }

    @Test func aRoomIsCreatedOnceAndByAnOwner() throws {
        let deployment = Deployment(meet: .withAccounts(1))
        #expect(try deployment.request("POST", "/api/v1.0/rooms/", body: #"{"name":"weekly"}"#).status == 401)
        let owner = try Page(
            deployment, slug: "weekly", purpose: .create(slug: "weekly", accessLevel: nil), account: 0)
        #expect(owner.admission?.room.slug == "weekly")
        let again = try Page(
            deployment, slug: "weekly", purpose: .create(slug: "weekly", accessLevel: nil), account: 0)
        #expect(again.failure?.stage == .creation)
        #expect(try deployment.request("GET", "/api/v1.0/rooms/weekly/").status == 200)
    }

    /// Once silent on purpose, nothing is answered and nothing is due.
    @Test func silenceIsComplete() throws {
        var behaviour = EmbeddedConfiguration.Behaviour()
        behaviour.silentFrom = .seconds(3)
        let deployment = Deployment(behaviour: behaviour)
        let visitor = try deployment.connect("a")
        deployment.advance(by: .seconds(4))
        visitor.forget()
        deployment.send(.ping(1), from: visitor)
        deployment.advance(by: .seconds(10))
        #expect(visitor.messages.isEmpty)
        #expect(deployment.server.deadline == nil)
        deployment.receive(.request(exchange: 99, HTTPRequestMessage(method: "GET", url: "/", headers: [])))
        #expect(deployment.answers[99] == nil)
    }
}
