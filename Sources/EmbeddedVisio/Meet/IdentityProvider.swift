import Primitives
import Visio

/// A minimal OpenID provider: an authorization endpoint with pages for people, and codes that Meet redeems.
///
/// It lives under `/idp/` of the deployment. Meet and the provider share a process, so the token endpoint is a call
/// and not a request; whatever a browser sees is as the standards have it (OpenID Connect Core section 3.1, RFC 7636).
struct IdentityProvider {
    /// A login under way.
    struct Attempt {
        var redirect: String
        var state: String
        var challenge: String?
        /// The name that was given on an earlier page.
        var username: String?
        /// Whether the password was right, and only consent is missing.
        var isAuthenticated = false
    }

    /// A code that waits for Meet.
    struct Grant {
        var account: Int
        var challenge: String?
    }

    /// The path below which the provider answers.
    static let path = "/idp"
    /// Cookie of an attempt.
    private static let attemptCookie = "AUTH_SESSION_ID"
    /// Cookie of somebody whom the provider knows.
    private static let identityCookie = "KEYCLOAK_IDENTITY"

    private var attempts: [String: Attempt] = [:]
    private var identities: [String: Int] = [:]
    private var grants: [String: Grant] = [:]

    /// Gives the account of a code, once, to whoever knows the secret behind its challenge.
    mutating func redeem(code: String, verifier: String) -> Int? {
        guard let grant = grants.removeValue(forKey: code) else { return nil }
        if let challenge = grant.challenge, challenge != Self.challenge(of: verifier) { return nil }
        return grant.account
    }

    /// The hash of a secret in the form in which the provider is shown it (RFC 7636 section 4.2).
    static func challenge(of verifier: String) -> String {
        Base64.encode(SHA256.digest(Array(verifier.utf8)), alphabet: .urlSafe, padded: false)
    }

    /// Answers a browser.
    mutating func respond(
        to message: HTTPRequestMessage, options: MeetOptions, identifiers: inout SeededGenerator
    ) -> HTTPResponseMessage {
        let target = RequestTarget(parsing: message.url)
        switch (message.method, target.path) {
        case ("GET", Self.path + "/authorize"):
            return authorize(message, target, options, &identifiers)
        case ("POST", Self.path + "/login"): return login(message, target, options, &identifiers)
        default: return MeetReply.html(status: 404, title: "Page not found")
        }
    }

    private mutating func authorize(
        _ message: HTTPRequestMessage, _ target: RequestTarget, _ options: MeetOptions,
        _ identifiers: inout SeededGenerator
    ) -> HTTPResponseMessage {
        guard target.value(of: "response_type") == "code", target.value(of: "client_id") == "meet",
            let redirect = target.value(of: "redirect_uri"), let state = target.value(of: "state")
        else { return MeetReply.html(status: 400, title: "Invalid parameter") }
        let challenge = target.value(of: "code_challenge")
        if options.usesPKCE, challenge == nil {
            return MeetReply.html(status: 400, title: "Missing code_challenge")
        }
        let attempt = Attempt(redirect: redirect, state: state, challenge: challenge)
        if let known = MeetRequest.cookie(Self.identityCookie, of: message), let account = identities[known] {
            return grant(account, attempt, &identifiers)
        }
        guard target.value(of: "prompt") != "none" else {
            return MeetReply.redirect(
                to: redirect + "?error=login_required&state=" + PercentEncoding.encode(state))
        }
        let id = identifiers.text(24)
        attempts[id] = attempt
        var page = Self.page(of: attempt, id: id, style: options.providerStyle, problem: nil)
        page.headers.append(setCookie(Self.attemptCookie, id))
        return page
    }

    private mutating func login(
        _ message: HTTPRequestMessage, _ target: RequestTarget, _ options: MeetOptions,
        _ identifiers: inout SeededGenerator
    ) -> HTTPResponseMessage {
        let form = MeetRequest.form(message)
        let token = target.value(of: "session_code") ?? form.value(of: "token")
        guard let id = MeetRequest.cookie(Self.attemptCookie, of: message), id == token,
            var attempt = attempts[id]
        else { return MeetReply.html(status: 400, title: "Cookie not found") }
        if attempt.isAuthenticated,
            let account = options.accounts.firstIndex(where: { $0.username == attempt.username })
        {
            attempts[id] = nil
            return grant(account, attempt, &identifiers)
        }
        let username = form.value(of: "username") ?? form.value(of: "login") ?? attempt.username ?? ""
        attempt.username = username
        attempts[id] = attempt
        guard let password = form.value(of: "password") ?? form.value(of: "pass") else {
            return Self.page(of: attempt, id: id, style: options.providerStyle, problem: nil)
        }
        guard
            let account = options.accounts.firstIndex(where: {
                $0.username == username && $0.password == password
            })
        else {
            return Self.page(
                of: attempt, id: id, style: options.providerStyle, problem: "Invalid username or password.")
        }
        if options.providerStyle == .stepwise {
            attempt.isAuthenticated = true
            attempts[id] = attempt
            return Self.page(of: attempt, id: id, style: .stepwise, problem: nil)
        }
        attempts[id] = nil
        return grant(account, attempt, &identifiers)
    }

    private mutating func grant(
        _ account: Int, _ attempt: Attempt, _ identifiers: inout SeededGenerator
    ) -> HTTPResponseMessage {
        let (code, identity) = (identifiers.text(32), identifiers.text(32))
        grants[code] = Grant(account: account, challenge: attempt.challenge)
        identities[identity] = account
        var response = MeetReply.redirect(
            to: attempt.redirect + "?code=\(code)&state=" + PercentEncoding.encode(attempt.state))
        response.headers.append(setCookie(Self.identityCookie, identity))
        return response
    }

    private static func page(
        of attempt: Attempt, id: String, style: MeetOptions.ProviderStyle, problem: String?
    ) -> HTTPResponseMessage {
        let form: String
        switch style {
        case .keycloak:
            form = """
                <form id="kc-form-login" onsubmit="login.disabled = true; return true;" \
                action="\(path)/login?session_code=\(id)&amp;execution=1&amp;client_id=meet" method="post">
                <input tabindex="2" id="username" name="username" value="" type="text" autocomplete="username" />
                <input tabindex="3" id="password" name="password" value="" type="password" />
                <input id="rememberMe" name="rememberMe" type="checkbox"> Remember me
                <input type="hidden" id="id-hidden-input" name="credentialId" />
                <input tabindex="7" name="login" id="kc-login" type="submit" value="Sign In"/></form>
                """
        case .plain:
            form = """
                <FORM method=POST action=login><input type=hidden name=token value=\(id)>
                <input name=login><input type=password name=pass><button>Go</button></FORM>
                """
        case .stepwise where attempt.isAuthenticated:
            form = """
                <form method="post" action="login"><input type="hidden" name="token" value="\(id)">
                <button type="submit" name="consent" value="yes">Agree</button></form>
                """
        case .stepwise where attempt.username == nil:
            form = """
                <form method="post" action="login"><input type="hidden" name="token" value="\(id)">
                <input type="email" name="username"><input type="submit" value="Next"></form>
                """
        case .stepwise:
            form = """
                <form method="post" action="login"><input type="hidden" name="token" value="\(id)">
                <input type="password" name="password"><input type="submit" value="Sign in"></form>
                """
        }
        let text = """
            <!DOCTYPE html><html><head><title>Sign in <form></title><script>var form = "<form action='no'>";</script>
            </head><body><form action="/idp/search"><input type="search" name="q"></form>
            <!-- <form action="nowhere"> --><p>\(problem ?? "")</p>\(form)</body></html>
            """
        return HTTPResponseMessage(
            status: 200,
            headers: [HTTPMessageHeader(name: "Content-Type", value: "text/html; charset=utf-8")],
            body: Array(text.utf8))
    }
}
