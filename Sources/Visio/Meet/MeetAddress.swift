import Primitives

/// Where a room's page and Meet's API are, and how the page asks.
struct MeetAddress: Sendable {
    /// The deployment.
    let baseURL: String
    /// The room's slug as it is.
    let name: String

    /// The room's slug in a path.
    var slug: String { PercentEncoding.encode(name) }

    /// The page that people see.
    var page: CarrierURL? { CarrierURL(baseURL)?.asHTTP.appending(path: "/" + slug) }

    /// A call of the API.
    func api(_ path: String, query: String = "") -> CarrierURL? {
        guard let base = CarrierURL(baseURL)?.asHTTP else { return nil }
        var url = base.appending(path: MeetReply.basePath + "/" + path)
        if !query.isEmpty { url.target += "?" + query }
        return url
    }

    /// A call as the page makes it (`fetchApi.ts`): JSON in all of them, and the CSRF token wherever there is one.
    func request(
        _ method: String, _ url: CarrierURL, body: [UInt8] = [], bearer: String? = nil, _ browser: UserAgent,
        now: Instant
    ) -> UserAgent.Request {
        var headers = [
            HTTPMessageHeader(name: "Accept", value: "*/*"),
            HTTPMessageHeader(name: "Content-Type", value: "application/json"),
        ]
        if let token = browser.scriptCookie("csrftoken", for: url, now: now) {
            headers.append(HTTPMessageHeader(name: "X-CSRFToken", value: token))
        }
        if let bearer { headers.append(HTTPMessageHeader(name: "Authorization", value: "Bearer " + bearer)) }
        return UserAgent.Request(method, url, headers: headers, body: body, referrer: page)
    }
}
