import EmbeddedVisio
import Primitives
import Testing
import Visio

@Suite("Logging in at the embedded deployment")
struct LoginTests {
    /// Every kind of form leads in, on the deployment's own host and on another, with and without PKCE.
    @Test(arguments: MeetOptions.ProviderStyle.allCases, [nil, "http://localhost:8080"] as [String?])
    func everyProviderLetsPeopleIn(style: MeetOptions.ProviderStyle, provider: String?) throws {
        for usesPKCE in [true, false] {
            let deployment = Deployment(
                meet: .withAccounts(3) { options in
                    options.providerStyle = style
                    options.providerURL = provider
                    options.usesPKCE = usesPKCE
                })
            let page = try Page(deployment, slug: "abc-defg-hij", account: 2)
            #expect(page.failure == nil)
            #expect(page.events.contains(.loggedIn))
            #expect(try page.token().attributes["is_authenticated"] == "true")
            // The same account again: the same person to LiveKit, whatever the browser.
            let again = try Page(deployment, slug: "abc-defg-hij", account: 2)
            #expect(try again.token().identity == page.token().identity)
            let other = try Page(deployment, slug: "abc-defg-hij", account: 1)
            #expect(try other.token().identity != page.token().identity)
        }
    }

    /// The requests of a login, in order, and none besides.
    @Test func theRequestsAreThoseOfABrowser() throws {
        let deployment = Deployment(meet: .withAccounts(1))
        _ = try Page(deployment, slug: "abc-defg-hij", account: 0)
        let visit = ["GET /api/v1.0/config/", "GET /api/v1.0/users/me", "GET /api/v1.0/users/me/"]
        #expect(
            deployment.server.accessLog == visit + [
                "GET /api/v1.0/authenticate/", "GET /idp/authorize", "POST /idp/login",
                "GET /api/v1.0/callback/",
            ] + visit + [
                "PUT /api/v1.0/users/\(try userID(deployment))/", "GET /api/v1.0/rooms/abc-defg-hij/",
                "HEAD /",
            ])
    }

    private func userID(_ deployment: Deployment) throws -> String {
        let line = try #require(deployment.server.accessLog.first { $0.hasPrefix("PUT") })
        return String(try #require(line.split(separator: "/").last))
    }

    @Test func aWrongPasswordIsRefused() throws {
        for style in MeetOptions.ProviderStyle.allCases {
            let deployment = Deployment(meet: .withAccounts(1) { $0.providerStyle = style })
            let page = try Page(deployment, slug: "x") {
                $0.visitor = .account(Account(username: "person-0", password: "wrong"))
            }
            #expect(page.failure == MeetFailure(stage: .login, reason: .badCredentials(host: "127.0.0.1")))
        }
    }

    /// A session needs no second login, wherever it comes from, and ends nowhere else.
    @Test func sessionsAreKept() throws {
        let deployment = Deployment(meet: .withAccounts(2))
        let first = try Page(deployment, slug: "abc-defg-hij", account: 0)
        let before = deployment.server.accessLog.count
        let second = try Page(deployment, slug: "klm-nopq-rst", account: 0, browser: first.browser)
        #expect(second.admission != nil)
        #expect(!deployment.server.accessLog.dropFirst(before).contains { $0.contains("authenticate") })
        let account = MeetOptions.accounts(count: 2, seed: 1)[1]
        var browser = UserAgent(wallClock: Deployment.wallClock)
        let url = try #require(CarrierURL("http://127.0.0.1:8080"))
        for cookie in deployment.server.openSession(of: account) {
            browser.cookies.insert(name: cookie.name, value: cookie.value, for: url)
        }
        let third = try Page(deployment, slug: "klm-nopq-rst", browser: browser) { $0.visitor = .session }
        #expect(try third.token().attributes["is_authenticated"] == "true")
        let stranger = try Page(deployment, slug: "klm-nopq-rst") { $0.visitor = .session }
        #expect(stranger.failure == MeetFailure(stage: .user, reason: .noSession))
    }

    @Test func silentLoginFindsAKnownPersonAndNobodyElse() throws {
        let deployment = Deployment(meet: .withAccounts(1) { $0.isSilentLoginEnabled = true })
        let guest = try Page(deployment, slug: "x") { $0.triesSilentLogin = true }
        #expect(try guest.token().attributes["is_authenticated"] == "false")
        #expect(deployment.server.accessLog.contains("GET /api/v1.0/callback/"))
        let known = try Page(deployment, slug: "x", account: 0)
        let again = try Page(deployment, slug: "x", browser: known.browser) { $0.triesSilentLogin = true }
        #expect(try again.token().attributes["is_authenticated"] == "true")
    }

    /// A session alone changes nothing: the double submit must be there, and come from the page.
    @Test(
        arguments: [
            (true, true, nil, 201), (true, true, "http://127.0.0.1:8080", 201), (true, false, nil, 403),
            (false, true, nil, 403), (true, true, "http://evil.example", 403),
        ] as [(Bool, Bool, String?, Int)])
    func forgedRequestsAreRefused(cookie: Bool, header: Bool, origin: String?, status: Int) throws {
        let deployment = Deployment(meet: .withAccounts(1))
        let account = MeetOptions.accounts(count: 1, seed: 1)[0]
        let session = deployment.server.openSession(of: account)
        var message = HTTPRequestMessage(method: "POST", url: "/api/v1.0/rooms/")
        message.body = Array(#"{"name":"a-room"}"#.utf8)
        let cookies = session.filter { cookie || $0.name == "sessionid" }.map { "\($0.name)=\($0.value)" }
        message.headers.append(HTTPMessageHeader(name: "Cookie", value: cookies.joined(separator: "; ")))
        if header { message.headers.append(HTTPMessageHeader(name: "X-CSRFToken", value: session[1].value)) }
        if let origin { message.headers.append(HTTPMessageHeader(name: "Origin", value: origin)) }
        let answer = try deployment.request(message)
        #expect(answer.status == status)
        if status == 403 { #expect(String(decoding: answer.body, as: UTF8.self).contains("CSRF Failed")) }
    }

    @Test func applicationsMakeRooms() throws {
        let deployment = Deployment(
            meet: .withAccounts(1) { $0.application = .init(id: "app", secret: "hush") })
        var client = ExternalAPIClient(
            baseURL: "http://127.0.0.1:8080", application: .init(id: "app", secret: "hush"),
            owner: "person-0@visio.test", accessLevels: [.restricted, .restricted, .restricted],
            browser: UserAgent(wallClock: Deployment.wallClock))
        client.start(now: deployment.now)
        var slugs: [String] = []
        while let command = client.nextCommand() {
            guard case .request(let id, let message) = command else { continue }
            client.receive(.response(id: id, try deployment.request(message)), now: deployment.now)
            while let event = client.nextEvent() {
                if case .created(let slug) = event { slugs.append(slug) } else { #expect(event == .finished) }
            }
        }
        #expect(Set(slugs).count == 3)
        let owner = try Page(deployment, slug: slugs[0], account: 0)
        #expect(try owner.token().attributes["room_role"] == "owner")
        #expect(try owner.token().video?.roomAdmin == true)
        let guest = try Page(deployment, slug: slugs[0])
        #expect(guest.admission == nil)
        #expect(deployment.server.accessLog.count { $0.hasSuffix("/application/token/") } == 1)
    }

    @Test(
        arguments: [
            ("/config/", MeetOptions.Fault.Answer.html(status: 404), MeetFailure.Stage.configuration),
            ("/rooms/x/", .html(status: 500), .room), ("/rooms/x/", .error(status: 403, detail: "no"), .room),
            ("/idp/authorize", .html(status: 502), .login),
            ("/idp/login", .error(status: 500, detail: ""), .login),
        ])
    func brokenDeploymentsAreNamed(path: String, answer: MeetOptions.Fault.Answer, stage: MeetFailure.Stage)
        throws
    {
        let deployment = Deployment(
            meet: .withAccounts(1) { $0.faults = [.init(path: path, count: 100, answer: answer)] })
        #expect(try Page(deployment, slug: "x", account: 0).failure?.stage == stage)
    }

    @Test func throttledPagesWaitAndGoOn() throws {
        let deployment = Deployment(
            meet: .withAccounts(1) {
                $0.faults = [
                    .init(path: "/rooms/x/", count: 2, answer: .throttled(retryAfter: .seconds(3.0)))
                ]
            })
        let page = try Page(deployment, slug: "x")
        #expect(page.admission == nil)
        try page.wait(.seconds(5.9))
        #expect(page.admission == nil)
        try page.wait(.seconds(0.2))
        #expect(page.admission != nil)
        #expect(page.browser.throttleCount == 2)
    }
}
