import Primitives
import Testing
import Visio

@Suite struct MeetLoginTests {
    private static let authenticate =
        "/authenticate/?silent=false&returnTo=https%3A%2F%2Fvisio.example.org%2Fabc-defg-hij"
    private static let provider = "https://id.example.org/realms/meet/protocol/openid-connect/auth"

    private static func html(_ body: String, status: Int = 200) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: status, headers: [HTTPMessageHeader(name: "Content-Type", value: "text/html")],
            body: Array(body.utf8))
    }

    private static func with(_ cookies: [String], _ response: HTTPResponseMessage) -> HTTPResponseMessage {
        var response = response
        response.headers += cookies.map { HTTPMessageHeader(name: "Set-Cookie", value: $0) }
        return response
    }

    /// As far as the provider's page.
    private static func atTheProvider() throws -> Dialogue {
        var page = Dialogue(visitor: .account(Dialogue.account))
        try page.load()
        let message = try page.expect("GET", authenticate)
        #expect(message.header("Accept")?.contains("text/html") == true)
        page.answer(
            with(
                ["sessionid=before; HttpOnly; Path=/; Secure"],
                MeetReply.redirect(to: provider + "?response_type=code&state=st&code_challenge=ch")))
        let away = try page.expect("GET", provider + "?response_type=code&state=st&code_challenge=ch")
        #expect(away.header("Cookie") == nil, "Meet's session is none of the provider's business")
        return page
    }

    @Test func logsInAtKeycloak() throws {
        var page = try Self.atTheProvider()
        page.answer(
            Self.with(
                [
                    "AUTH_SESSION_ID=a; Path=/realms/meet/; Secure; HttpOnly; SameSite=None",
                    "KC_RESTART=k; Path=/realms/meet/",
                ],
                Self.html(
                    """
                    <form id="kc-form-login" method="post"
                    action="https://id.example.org/realms/meet/login-actions/authenticate?session_code=x&amp;tab_id=y">
                    <input name="username" type="text"><input name="password" type="password">
                    <input type="hidden" name="credentialId"><input name="login" type="submit" value="Sign In"></form>
                    """)))
        let form = try page.expect(
            "POST", "https://id.example.org/realms/meet/login-actions/authenticate?session_code=x&tab_id=y")
        #expect(form.header("Content-Type") == "application/x-www-form-urlencoded")
        #expect(form.header("Cookie") == "AUTH_SESSION_ID=a; KC_RESTART=k")
        #expect(form.header("Origin") == "https://id.example.org")
        #expect(
            String(decoding: form.body, as: UTF8.self)
                == "username=ada&password=pass%20word&credentialId=&login=Sign%20In")
        page.answer(MeetReply.redirect(to: "https://visio.example.org/api/v1.0/callback/?code=c&state=st"))
        let callback = try page.expect("GET", "/callback/?code=c&state=st")
        #expect(callback.header("Cookie") == "sessionid=before")
        page.answer(
            Self.with(
                [
                    "sessionid=after; HttpOnly; Path=/; Secure; Max-Age=43200",
                    "csrftoken=token; Path=/; Max-Age=31449600",
                ],
                MeetReply.redirect(to: "https://visio.example.org/abc-defg-hij")))
        // The page is loaded anew, and its user is known now.
        try page.load(Dialogue.user())
        #expect(page.news.contains(.loggedIn))
        let room = try page.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
        #expect(room.header("Cookie") == "sessionid=after; csrftoken=token")
        #expect(room.header("X-CSRFToken") == "token", "the page sends it with every call")
        page.answer(MeetReply.room(Dialogue.room()))
        try page.warmUp()
        #expect(page.admission != nil)
    }

    /// A browser in Paris writes its language into an account that never chose one, and does not wait for it.
    @Test func writesPreferences() throws {
        var page = Dialogue(visitor: .session)
        try page.load(Dialogue.user(isParisian: false))
        let message = try page.expect("PUT", "/users/u-1/")
        #expect(
            String(decoding: message.body, as: UTF8.self)
                == #"{"language":"fr-fr","timezone":"Europe/Paris"}"#)
        page.answer(MeetReply.error(status: 403, detail: "CSRF Failed: CSRF cookie not set."))
        try page.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
        #expect(page.failure == nil)
    }

    @Test func aWrongPasswordIsTold() throws {
        var page = try Self.atTheProvider()
        let form = "<form method=post action=login><input name=u><input type=password name=p></form>"
        page.answer(Self.html(form))
        try page.expect("POST", "https://id.example.org/realms/meet/protocol/openid-connect/login")
        page.answer(Self.html("<p>Invalid username or password.</p>" + form, status: 401))
        #expect(page.failure == MeetFailure(stage: .login, reason: .badCredentials(host: "id.example.org")))
    }

    @Test func namePasswordAndConsentMayBeThreePages() throws {
        var page = try Self.atTheProvider()
        page.answer(
            Self.html("<form method=post action=/one><input type=email name=id><button>Next</button></form>"))
        let name = try page.expect("POST", "https://id.example.org/one")
        #expect(String(decoding: name.body, as: UTF8.self) == "id=ada")
        page.answer(Self.html("<form method=post action=/two><input type=password name=pw></form>"))
        let password = try page.expect("POST", "https://id.example.org/two")
        #expect(String(decoding: password.body, as: UTF8.self) == "pw=pass%20word")
        page.answer(
            Self.html("<form method=post action=/three><button name=consent value=yes>Agree</button></form>"))
        let consent = try page.expect("POST", "https://id.example.org/three")
        #expect(String(decoding: consent.body, as: UTF8.self) == "consent=yes")
        page.answer(MeetReply.redirect(to: "https://visio.example.org/api/v1.0/callback/?code=c&state=st"))
        page.answer(MeetReply.redirect(to: "/"))
        try page.expect("GET", "/config/")
    }

    @Test(
        arguments: [
            (html("<p>Maintenance</p>"), .noLoginForm(host: "id.example.org")),
            (html("<form><input type=password name=p></form>"), .noLoginForm(host: "id.example.org")),
            (html("", status: 500), .identityProvider(host: "id.example.org", status: 500)),
            (
                html("<form method=post></form>", status: 400),
                .identityProvider(host: "id.example.org", status: 400)
            ),
            (MeetReply.redirect(to: "http://plain.example.org/"), .misdirected),
        ] as [(HTTPResponseMessage, MeetFailure.Reason)])
    func providersThatLeadNowhere(response: HTTPResponseMessage, reason: MeetFailure.Reason) throws {
        var page = try Self.atTheProvider()
        page.answer(response)
        #expect(page.failure == MeetFailure(stage: .login, reason: reason))
    }

    @Test func aFormThatNeverEndsIsLeft() throws {
        var page = try Self.atTheProvider()
        for _ in 0..<20 { page.answer(Self.html("<form method=post><input type=hidden name=a></form>")) }
        #expect(page.failure == MeetFailure(stage: .login, reason: .noLoginForm(host: "id.example.org")))
    }

    @Test func aProviderOutsideOfTheAllowListIsNotContacted() throws {
        var page = try Self.atTheProvider()
        page.fail(.forbidden("id.example.org"))
        #expect(page.failure == MeetFailure(stage: .login, reason: .carrier(.forbidden("id.example.org"))))
    }

    /// Meet may refuse whoever the provider knows: the callback then leads home without a session.
    @Test func aCallbackWithoutSessionIsAFailure() throws {
        var page = try Self.atTheProvider()
        page.answer(
            MeetReply.redirect(
                to: "https://visio.example.org/api/v1.0/callback/?error=access_denied&state=st"))
        page.answer(MeetReply.redirect(to: "/"))
        try page.load()
        #expect(page.failure == MeetFailure(stage: .login, reason: .noSession))
    }

    @Test func aSessionOfTheOperatorMustBeGood() throws {
        var page = Dialogue(visitor: .session)
        try page.load()
        #expect(page.failure == MeetFailure(stage: .user, reason: .noSession))
    }

    // MARK: Silent login

    private static var silent: MeetConfiguration {
        var meet = Dialogue.meet
        meet.isSilentLoginEnabled = true
        return meet
    }

    @Test func aGuestsPageLooksForASessionAtTheProvider() throws {
        var page = Dialogue { $0.triesSilentLogin = true }
        try page.load(meet: Self.silent)
        try page.expect(
            "GET", "/authenticate/?silent=true&returnTo=https%3A%2F%2Fvisio.example.org%2Fabc-defg-hij")
        page.answer(MeetReply.redirect(to: Self.provider + "?prompt=none"))
        page.answer(
            MeetReply.redirect(to: "https://visio.example.org/api/v1.0/callback/?error=login_required"))
        try page.expect("GET", "/callback/?error=login_required")
        page.answer(MeetReply.redirect(to: "https://visio.example.org/abc-defg-hij"))
        try page.load(meet: Self.silent)
        try page.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
    }

    @Test func aGuestWhoseProviderMayNotBeContactedGoesOn() throws {
        var page = Dialogue { $0.triesSilentLogin = true }
        try page.load(meet: Self.silent)
        page.answer(MeetReply.redirect(to: Self.provider))
        page.fail(.forbidden("id.example.org"))
        try page.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
    }

    @Test func noSilentLoginUnlessBothWantIt() throws {
        var page = Dialogue()
        try page.load(meet: Self.silent)
        try page.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
        var other = Dialogue { $0.triesSilentLogin = true }
        try other.load()
        try other.expect("GET", "/rooms/abc-defg-hij/?username=Zo%C3%A9%20%26%20co")
    }

    /// Nothing that a failure tells holds a secret of the way.
    @Test func failuresKeepSecrets() throws {
        var page = try Self.atTheProvider()
        page.answer(Self.html("<form method=post><input name=u><input type=password name=p></form>"))
        page.answer(Self.html("<form method=post><input type=password name=p value='pass word'></form>"))
        let text = "\(page.events)"
        for secret in ["pass word", "pass%20word", "st&code", "before"] { #expect(!text.contains(secret)) }
    }
}
