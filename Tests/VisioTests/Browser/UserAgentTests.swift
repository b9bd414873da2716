import Primitives
import Testing
import Visio

@Suite struct UserAgentTests {
    private static let clock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)

    private static func agent() -> UserAgent { UserAgent(wallClock: clock, firstRequestID: 5) }

    private static func next(_ agent: inout UserAgent) -> UserAgent.Answer? { agent.nextAnswer() }

    private static func url(_ text: String) throws -> CarrierURL { try #require(CarrierURL(text)) }

    private static func redirect(_ status: Int, _ location: String) -> HTTPResponseMessage {
        MeetReply.redirect(to: location, status: status)
    }

    /// The request that a redirect of a request leads to; nil when it leads nowhere.
    private static func hop(_ method: String, _ status: Int, _ location: String) throws -> HTTPRequestMessage?
    {
        var agent = agent()
        let headers = [
            HTTPMessageHeader(name: "Content-Type", value: "text/x"),
            HTTPMessageHeader(name: "Authorization", value: "Bearer t"),
        ]
        let request = UserAgent.Request(
            method, try url("https://meet.fr/a/b?c"), headers: headers, body: Array("body".utf8))
        _ = agent.send(request, now: .zero)
        _ = agent.nextCommand()
        agent.receive(.response(id: 5, redirect(status, location)), now: .zero)
        guard case .request(6, let message)? = agent.nextCommand() else {
            #expect(Self.next(&agent)?.result == .misdirected)
            return nil
        }
        return message
    }

    @Test(
        arguments: [
            ("GET", 301, "/x", "GET", "https://meet.fr/x"),
            ("POST", 302, "d?e#f", "GET", "https://meet.fr/a/d?e"),
            ("POST", 303, "../z", "GET", "https://meet.fr/z"),
            ("HEAD", 303, "?q", "HEAD", "https://meet.fr/a/b?q"),
            ("POST", 307, "/x", "POST", "https://meet.fr/x"), ("PUT", 308, "/x", "PUT", "https://meet.fr/x"),
            ("PUT", 301, "/x", "PUT", "https://meet.fr/x"),
            ("GET", 302, "//idp.fr/auth", "GET", "https://idp.fr/auth"),
            ("GET", 302, "https://idp.fr:8443/", "GET", "https://idp.fr:8443/"),
        ])
    func redirectsAreFollowed(method: String, status: Int, location: String, next: String, url: String) throws
    {
        let message = try #require(try Self.hop(method, status, location))
        #expect(message.method == next)
        #expect(message.url == url)
        #expect(message.body.isEmpty == (next == "GET" && method != "GET" || next == "HEAD" && false))
        #expect((message.header("Content-Type") == nil) == (method == "POST" && next == "GET"))
        let isSameServer = url.hasPrefix("https://meet.fr/")
        #expect((message.header("Authorization") != nil) == isSameServer, "a key stays with its server")
    }

    @Test(arguments: [
        "http://meet.fr/", "ftp://x/", "javascript:alert(1)", "https://a b/", "https://user@x/", "//",
        "mailto:x@y",
    ])
    func someRedirectsLeadNowhere(location: String) throws {
        #expect(try Self.hop("GET", 302, location) == nil)
    }

    @Test func circlesEnd() throws {
        var agent = Self.agent()
        let ticket = agent.send(UserAgent.Request("GET", try Self.url("https://x/")), now: .zero)
        for id in 5..<60 { agent.receive(.response(id: id, Self.redirect(302, "/")), now: .zero) }
        let answer = try #require(Self.next(&agent))
        #expect(answer.ticket == ticket)
        #expect(answer.result == .misdirected)
        #expect(agent.requestCount == 1 + UserAgent.maximumRedirectCount)
    }

    /// The last hop's redirect is the end, wherever it leads, and its cookies are kept.
    @Test func theLastHopIsNotFollowed() throws {
        var agent = Self.agent()
        _ = agent.send(
            UserAgent.Request(
                "GET", try Self.url("https://x.fr/start"), lastHop: try Self.url("https://x.fr/callback/")),
            now: .zero)
        agent.receive(.response(id: 5, Self.redirect(302, "https://idp.fr/")), now: .zero)
        agent.receive(.response(id: 6, Self.redirect(302, "https://x.fr/callback/?code=1")), now: .zero)
        var last = Self.redirect(302, "https://elsewhere.fr/")
        last.headers.append(HTTPMessageHeader(name: "Set-Cookie", value: "sessionid=s; Path=/"))
        agent.receive(.response(id: 7, last), now: .seconds(2))
        let answer = try #require(Self.next(&agent))
        #expect(answer.result == .arrived)
        #expect(answer.elapsed == .seconds(2))
        #expect(agent.cookies.values == ["s"])
    }

    /// Cookies of one host stay there, and later requests bring them.
    @Test func cookiesGoAlong() throws {
        var agent = Self.agent()
        _ = agent.send(UserAgent.Request("GET", try Self.url("https://x.fr/")), now: .zero)
        guard case .request(5, let first)? = agent.nextCommand() else { return #expect(Bool(false)) }
        #expect(first.header("Cookie") == nil)
        var response = Self.redirect(302, "https://idp.fr/")
        response.headers += ["a=1", "b=2"].map { HTTPMessageHeader(name: "Set-Cookie", value: $0) }
        agent.receive(.response(id: 5, response), now: .zero)
        guard case .request(6, let second)? = agent.nextCommand() else { return #expect(Bool(false)) }
        #expect(second.header("Cookie") == nil)
        agent.receive(.response(id: 6, Self.redirect(302, "https://x.fr/")), now: .zero)
        guard case .request(7, let third)? = agent.nextCommand() else { return #expect(Bool(false)) }
        #expect(third.header("Cookie") == "a=1; b=2")
    }

    /// What browsers tell about the page that asks (Fetch and Referrer Policy standards).
    @Test(
        arguments: [
            ("GET", "https://x.fr/api", "https://x.fr/room", "https://x.fr/room", nil),
            ("POST", "https://x.fr/api", "https://x.fr/room", "https://x.fr/room", "https://x.fr"),
            ("POST", "https://idp.fr/login", "https://x.fr/room", "https://x.fr/", "https://x.fr"),
            ("HEAD", "http://sfu.fr/", "https://x.fr/room", nil, nil),
        ] as [(String, String, String, String?, String?)])
    func theReferrerIsTold(method: String, url: String, page: String, referer: String?, origin: String?)
        throws
    {
        var agent = Self.agent()
        _ = agent.send(
            UserAgent.Request(method, try Self.url(url), referrer: try Self.url(page)), now: .zero)
        guard case .request(_, let message)? = agent.nextCommand() else { return #expect(Bool(false)) }
        #expect(message.header("Referer") == referer)
        #expect(message.header("Origin") == origin)
    }

    /// A throttled request goes out again when the server said so, and not before.
    @Test func throttlingIsObeyedAndCounted() throws {
        var agent = Self.agent()
        let ticket = agent.send(
            UserAgent.Request("POST", try Self.url("https://x.fr/"), body: [1]), now: .zero)
        _ = agent.nextCommand()
        agent.receive(.response(id: 5, MeetReply.throttled(retryAfter: .seconds(7))), now: .seconds(1))
        #expect(agent.deadline == .seconds(8))
        agent.tick(now: .seconds(7.9))
        #expect(agent.nextCommand() == nil)
        agent.tick(now: .seconds(8))
        guard case .request(6, let again)? = agent.nextCommand() else { return #expect(Bool(false)) }
        #expect(again.body == [1])
        #expect(agent.deadline == .seconds(18))
        agent.receive(.response(id: 6, HTTPResponseMessage(status: 200, text: "")), now: .seconds(9))
        let answer = try #require(Self.next(&agent))
        #expect(answer.ticket == ticket)
        #expect(answer.elapsed == .seconds(9))
        #expect(answer.throttleCount == 1)
        #expect(agent.throttleCount == 1)
        #expect(agent.deadline == nil)
    }

    @Test(arguments: [nil, 121] as [Double?])
    func waitsThatAreTooLongEnd(seconds: Double?) throws {
        var agent = Self.agent()
        _ = agent.send(UserAgent.Request("GET", try Self.url("https://x.fr/")), now: .zero)
        let wait = seconds.map { Interval.seconds($0) }
        let response =
            wait.map { MeetReply.throttled(retryAfter: $0) } ?? MeetReply.error(status: 429, detail: "x")
        agent.receive(.response(id: 5, response), now: .zero)
        #expect(Self.next(&agent)?.result == .throttled(retryAfter: wait))
        #expect(agent.throttleCount == 1)
    }

    @Test func requestsRunSideBySideAndTimeOutAlone() throws {
        var agent = Self.agent()
        let first = agent.send(UserAgent.Request("GET", try Self.url("https://x.fr/1")), now: .zero)
        let second = agent.send(UserAgent.Request("GET", try Self.url("https://x.fr/2")), now: .seconds(4))
        #expect(agent.deadline == .seconds(10))
        agent.tick(now: .seconds(10))
        #expect(Self.next(&agent)?.ticket == first)
        agent.receive(.response(id: 5, HTTPResponseMessage(status: 200, text: "late")), now: .seconds(11))
        agent.receive(.requestFailed(id: 6, .unreachable("x")), now: .seconds(11))
        let answer = try #require(Self.next(&agent))
        #expect(answer.ticket == second)
        #expect(answer.result == .failed(.unreachable("x")))
        #expect(Self.next(&agent) == nil)
        #expect(!agent.isBusy)
    }
}
