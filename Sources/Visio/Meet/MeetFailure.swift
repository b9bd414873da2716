public import Primitives

/// Why Meet gave no key to a room: where it happened and what was wrong.
///
/// Nothing is tried again behind the back of whoever measures.
public struct MeetFailure: Error, Hashable, Sendable {
    /// The question that failed.
    public enum Stage: String, Hashable, Sendable {
        /// `GET config/`.
        case configuration
        /// `GET rooms/<slug>/`.
        case room
        /// `POST rooms/`.
        case creation
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
    private static func retryAfter(_ response: HTTPResponseMessage) -> Interval? {
        guard let text = response.header("Retry-After"), let seconds = UInt32(text) else { return nil }
        return .seconds(Double(seconds))
    }
}
