/// The pages between "log in" and "logged in", for any identity provider that shows forms.
///
/// Meet answers with a redirect to the provider, the provider with a page. Whatever form the page has is filled in
/// and sent: name and password on one page as Keycloak has it, one after the other, or nothing but a button (consent,
/// or an answer in the form of a form). It ends with the redirect that Meet's callback gives.
struct LoginFlow: Sendable {
    /// What comes next.
    enum Step {
        /// One more request.
        case ask(UserAgent.Request)
        /// The provider has done its part; whether Meet has a session now, Meet will tell.
        case done
        /// It leads nowhere.
        case failed(MeetFailure.Reason)
    }

    /// Most forms that are sent in a row.
    private static let maximumFormCount = 6

    private let account: Account
    private let callback: CarrierURL
    private var formCount = 0
    private var hasSentPassword = false

    /// Prepares a login that ends at Meet's callback.
    init(account: Account, callback: CarrierURL) {
        self.account = account
        self.callback = callback
    }

    /// The first request, Meet's own way to the provider.
    func start(authenticate url: CarrierURL, page: CarrierURL) -> UserAgent.Request {
        UserAgent.Request("GET", url, headers: Self.navigation, referrer: page, lastHop: callback)
    }

    /// What to do with an answer.
    mutating func next(_ result: UserAgent.Result) -> Step {
        switch result {
        case .arrived: return .done
        case .failed(let failure): return .failed(MeetFailure.Reason(failure))
        case .throttled(let wait): return .failed(.throttled(retryAfter: wait))
        case .misdirected: return .failed(.misdirected)
        case .response(let response, let url): return next(response, from: url)
        }
    }

    private mutating func next(_ response: HTTPResponseMessage, from url: CarrierURL) -> Step {
        let forms = HTMLForm.forms(in: response.body)
        // A refused password is answered with the form again, by some with 400 or 401.
        if hasSentPassword, forms.contains(where: { $0.passwordField != nil }) {
            return .failed(.badCredentials(host: url.host))
        }
        guard response.status == 200 else {
            return .failed(.identityProvider(host: url.host, status: response.status))
        }
        guard let form = Self.best(of: forms), formCount < Self.maximumFormCount,
            let action = url.resolving(form.action)
        else { return .failed(.noLoginForm(host: url.host)) }
        formCount += 1
        return send(form, to: action, from: url)
    }

    private mutating func send(_ form: HTMLForm, to action: CarrierURL, from url: CarrierURL) -> Step {
        var values: [String: String] = [:]
        if let field = form.passwordField {
            values[field.name] = account.password
            hasSentPassword = true
        }
        if let field = form.usernameField { values[field.name] = account.username }
        let body = form.body(filling: values)
        guard form.method == "POST" else {
            guard form.passwordField == nil else { return .failed(.noLoginForm(host: url.host)) }
            var target = action
            target.target = action.path + "?" + String(decoding: body, as: UTF8.self)
            return .ask(
                UserAgent.Request("GET", target, headers: Self.navigation, referrer: url, lastHop: callback))
        }
        var headers = Self.navigation
        headers.append(HTTPMessageHeader(name: "Content-Type", value: "application/x-www-form-urlencoded"))
        return .ask(
            UserAgent.Request("POST", action, headers: headers, body: body, referrer: url, lastHop: callback))
    }

    /// A page may have a search field or a choice of language: the form with the password is meant, else the one
    /// that asks for a name, else the one that posts.
    private static func best(of forms: [HTMLForm]) -> HTMLForm? {
        forms.first { $0.passwordField != nil }
            ?? forms.first { $0.method == "POST" && $0.usernameField != nil }
            ?? forms.first { $0.method == "POST" }
    }

    /// What a browser says when a person follows a link.
    static let navigation = [
        HTTPMessageHeader(name: "Accept", value: "text/html,application/xhtml+xml,*/*;q=0.8")
    ]
}
