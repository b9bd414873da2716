import FoundationEssentials
import Primitives
public import Visio

/// Sessions: how they begin at the identity provider, and what they are good for.
extension EmbeddedVisio {
    static let sessionCookie = "sessionid"
    static let csrfCookie = "csrftoken"
    /// Twelve hours (`SESSION_COOKIE_AGE`).
    private static let sessionAge = 43_200
    /// A year (`CSRF_COOKIE_AGE`).
    private static let csrfAge = 31_449_600

    /// Who sends a request by its session, as a position among the users.
    func user(of request: MeetRequest) -> Int? {
        request.cookie(Self.sessionCookie).flatMap { meet.sessions[$0]?.user }
    }

    /// Who sends a request that changes something, or why that may not be believed (Django, `CsrfViewMiddleware`).
    func trustedUser(of request: MeetRequest) -> Result<Int, MeetRefusal> {
        guard let user = user(of: request) else { return .failure(MeetRefusal(MeetReply.unauthenticated)) }
        func refused(_ text: String) -> Result<Int, MeetRefusal> {
            .failure(MeetRefusal(MeetReply.error(status: 403, detail: "CSRF Failed: \(text)")))
        }
        let own = CarrierURL(configuration.publicURL)?.origin
        if let origin = request.message.header("Origin"), origin != own {
            return refused("Origin checking failed - \(origin) does not match any trusted origins.")
        }
        guard let token = request.cookie(Self.csrfCookie) else { return refused("CSRF cookie not set.") }
        guard request.message.header("X-CSRFToken") == token, token.utf8.count == 32 else {
            return refused("CSRF token from the 'X-Csrftoken' HTTP header incorrect.")
        }
        return .success(user)
    }

    func showUser(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let user = user(of: request) else { return MeetReply.unauthenticated }
        return MeetReply.user(meet.users[user].profile)
    }

    func changeUser(_ request: MeetRequest) -> HTTPResponseMessage {
        let user: Int
        switch trustedUser(of: request) {
        case .success(let known): user = known
        case .failure(let refusal): return refusal.response
        }
        guard request.path[1] == meet.users[user].profile.id else { return MeetReply.forbidden }
        guard let wish = decode(UserWish.self, request) else {
            return MeetReply.error(status: 400, detail: "JSON parse error")
        }
        meet.users[user].profile.language = wish.language ?? meet.users[user].profile.language
        meet.users[user].profile.timezone = wish.timezone ?? meet.users[user].profile.timezone
        return MeetReply.user(meet.users[user].profile)
    }

    /// Sends the browser to the provider.
    func authenticate(_ request: MeetRequest) -> HTTPResponseMessage {
        let id = identifiers.text(32)
        var session = MeetState.Session()
        session.state = identifiers.text(32)
        session.verifier = identifiers.text(64)
        let wish = request.target.value(of: "returnTo") ?? "/"
        let own = CarrierURL(configuration.publicURL)?.origin
        session.returnTo = CarrierURL(wish)?.origin == own ? wish : "/"
        meet.sessions[id] = session
        var query = RequestTarget(path: "")
        func add(_ name: String, _ value: String) {
            query.items.append(RequestTarget.Item(name: name, value: value))
        }
        add("response_type", "code")
        add("scope", "openid email")
        add("client_id", "meet")
        add("redirect_uri", configuration.publicURL + MeetReply.basePath + "/callback/")
        add("state", session.state)
        add("nonce", identifiers.text(32))
        if configuration.meet.usesPKCE {
            add("code_challenge", IdentityProvider.challenge(of: session.verifier))
            add("code_challenge_method", "S256")
        }
        if request.target.value(of: "silent") == "true" { add("prompt", "none") }
        let provider = configuration.meet.providerURL ?? configuration.publicURL
        var response = MeetReply.redirect(to: provider + IdentityProvider.path + "/authorize" + query.text)
        response.headers.append(setCookie(Self.sessionCookie, id, age: Self.sessionAge))
        return response
    }

    /// The provider has sent the browser back.
    func completeLogin(_ request: MeetRequest) -> HTTPResponseMessage {
        guard let id = request.cookie(Self.sessionCookie), let session = meet.sessions[id],
            !session.state.isEmpty, session.state == request.target.value(of: "state")
        else { return MeetReply.html(status: 400, title: "Bad Request (400)") }
        guard let code = request.target.value(of: "code") else {
            return MeetReply.redirect(to: session.returnTo)
        }
        guard let account = meet.provider.redeem(code: code, verifier: session.verifier) else {
            return MeetReply.html(status: 500, title: "Server Error (500)")
        }
        meet.sessions[id] = nil
        let fresh = identifiers.text(32)
        meet.sessions[fresh] = MeetState.Session(user: user(of: configuration.meet.accounts[account]))
        var response = MeetReply.redirect(to: session.returnTo)
        response.headers.append(setCookie(Self.sessionCookie, fresh, age: Self.sessionAge))
        response.headers.append(
            setCookie(Self.csrfCookie, identifiers.text(32), age: Self.csrfAge, isHTTPOnly: false))
        return response
    }

    /// The user of an account, made at its first login.
    func user(of account: Account) -> Int {
        if let known = meet.users.firstIndex(where: { $0.profile.email == account.email }) { return known }
        let profile = MeetUser(id: makeUUID(), email: account.email, fullName: account.username)
        meet.users.append(MeetState.User(profile: profile, subject: makeUUID()))
        return meet.users.count - 1
    }

    /// Opens a session as an administrator would in a shell, and returns its cookies.
    public func openSession(of account: Account) -> [(name: String, value: String)] {
        let id = identifiers.text(32)
        meet.sessions[id] = MeetState.Session(user: user(of: account))
        return [(Self.sessionCookie, id), (Self.csrfCookie, identifiers.text(32))]
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ request: MeetRequest) -> Value? {
        try? JSONDecoder().decode(type, from: Data(request.message.body))
    }
}

/// An answer that is given instead of doing what was asked.
struct MeetRefusal: Error {
    /// The answer.
    let response: HTTPResponseMessage

    /// Refuses with an answer.
    init(_ response: HTTPResponseMessage) { self.response = response }
}

private struct UserWish: Decodable {
    var language: String?
    var timezone: String?
}
