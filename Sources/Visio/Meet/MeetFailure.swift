public import Primitives

/// Why Meet gave no key to a room: where it happened and what was wrong.
///
/// Nothing is tried again behind the back of whoever measures.
public struct MeetFailure: Error, Hashable, Sendable {
    /// The question that failed.
    public enum Stage: String, Hashable, Sendable {
        /// `GET config/`.
        case configuration
        /// `GET users/me/`.
        case user
        /// From `GET authenticate/` over the identity provider to the callback.
        case login
        /// `GET rooms/<slug>/`.
        case room
        /// `POST rooms/`.
        case creation
        /// `POST rooms/<slug>/request-entry/`.
        case lobby
        /// What people do in the room: hand, name, mute, removal, permissions, waiting list.
        case action
        /// `POST application/token/` of the external API.
        case applicationToken
        /// `POST rooms/` of the external API.
        case applicationRoom
    }

    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// The base address is no URL.
        case badAddress
        /// There was no answer.
        case carrier(CarrierFailure)
        /// There was no answer in time.
        case timedOut
        /// 401: a session is needed.
        case unauthorized(String)
        /// 403: the session may not, or its CSRF token is missing.
        case forbidden(String)
        /// 404: nobody knows the room.
        case notFound(String)
        /// 429: too many questions.
        case throttled(retryAfter: Interval?)
        /// 503: the deployment takes no more load or is being maintained.
        case unavailable(retryAfter: Interval?)
        /// Any other status with a reason in JSON.
        case rejected(status: Int, String)
        /// An HTML page where JSON was due: a proxy, a crash, or not Meet at all.
        case html(status: Int)
        /// A success that is not what Meet answers.
        case unreadable(status: Int)
        /// The room is known but one has to wait until somebody opens.
        case lobbyRequired
        /// Somebody in the room said no.
        case denied
        /// Nobody opened for as long as the page waits.
        case expired
        /// A redirect led nowhere, to plain text or round in circles.
        case misdirected
        /// The identity provider showed its form again.
        case badCredentials(host: String)
        /// The identity provider's page has nothing to fill in.
        case noLoginForm(host: String)
        /// The identity provider answered with an error.
        case identityProvider(host: String, status: Int)
        /// Meet knows nobody by these cookies.
        case noSession
    }

    /// The question that failed.
    public var stage: Stage
    /// What was wrong.
    public var reason: Reason

    /// Makes a failure.
    public init(stage: Stage, reason: Reason) {
        self.stage = stage
        self.reason = reason
    }
}

extension MeetFailure.Reason {
    /// Reads the reason out of an answer that is no success.
    init(_ response: HTTPResponseMessage) {
        let detail = Self.detail(of: response)
        switch response.status {
        case 401: self = .unauthorized(detail ?? "")
        case 403: self = .forbidden(detail ?? "")
        case 404: self = .notFound(detail ?? "")
        case 429: self = .throttled(retryAfter: Self.retryAfter(response))
        case 503: self = .unavailable(retryAfter: Self.retryAfter(response))
        default:
            self = detail.map { .rejected(status: response.status, $0) } ?? .html(status: response.status)
        }
    }

    /// Reads the reason out of a failure of the carrier.
    init(_ failure: CarrierFailure) {
        self = failure == .timedOut ? .timedOut : .carrier(failure)
    }

    /// Whether asking again might help: the network or the server failed, not the question.
    var isPassing: Bool {
        switch self {
        case .carrier(.unreachable), .carrier(.timedOut), .carrier(.protocolError), .timedOut, .unavailable,
            .throttled:
            true
        case .rejected(let status, _), .html(let status): status >= 500
        default: false
        }
    }

    /// The reason why a result is no answer; nil for an answer.
    init?(_ result: UserAgent.Result) {
        switch result {
        case .response: return nil
        case .failed(let failure): self.init(failure)
        case .throttled(let wait): self = .throttled(retryAfter: wait)
        case .arrived, .misdirected: self = .misdirected
        }
    }

    /// The reason for a success that is not what Meet answers.
    static func unreadable(_ response: HTTPResponseMessage) -> MeetFailure.Reason {
        let isHTML = (response.header("Content-Type") ?? "").contains("html")
        return isHTML ? .html(status: response.status) : .unreadable(status: response.status)
    }

    /// Longest text that is kept of an answer.
    private static let maximumDetailLength = 500

    /// The text of an error: `{"detail": …}`, `{"error": …}`, `{"message": …}` or the raw JSON of field errors.
    ///
    /// Nil when the body is no JSON.
    private static func detail(of response: HTTPResponseMessage) -> String? {
        struct Body: Decodable {
            var detail: String?
            var error: String?
            var message: String?
        }
        if let body = JSON.decode(Body.self, from: response.body),
            let text = body.detail ?? body.error ?? body.message
        {
            return String(text.prefix(maximumDetailLength))
        }
        guard (response.header("Content-Type") ?? "").contains("json") else { return nil }
        return String(String(decoding: response.body, as: UTF8.self).prefix(maximumDetailLength))
    }

    /// `Retry-After` in its form of seconds (RFC 9110 section 10.2.3); the form of a date counts as absent.
    static func retryAfter(_ response: HTTPResponseMessage) -> Interval? {
        guard let text = response.header("Retry-After"), let seconds = UInt32(text) else { return nil }
        return .seconds(Double(seconds))
    }
}
