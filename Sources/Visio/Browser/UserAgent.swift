public import Primitives

/// One participant's browser, as far as HTTP goes: cookies, redirects, patience, and nothing on its own account.
///
/// Pure: whoever needs an answer calls `send`, and finds it later with `nextAnswer`. Redirects are followed here and
/// not in the carrier, so that every hop is a request of its own that the allow list is asked about. A throttled
/// request (429) is sent again when the server said so; nothing else is ever tried again.
public struct UserAgent: Sendable {
    /// A request that somebody wants an answer to.
    public struct Request: Hashable, Sendable {
        /// The method in capitals.
        public var method: String
        /// Where it goes.
        public var url: CarrierURL
        /// Headers besides cookies and those that every browser sends.
        public var headers: [HTTPMessageHeader]
        /// The body.
        public var body: [UInt8]
        /// The page that sends it; its origin goes along as browsers send it.
        public var referrer: CarrierURL?
        /// A redirect that comes from here, whatever its query, leads back to the page: it is the end of the journey.
        public var lastHop: CarrierURL?

        /// Makes a request.
        public init(
            _ method: String, _ url: CarrierURL, headers: [HTTPMessageHeader] = [], body: [UInt8] = [],
            referrer: CarrierURL? = nil, lastHop: CarrierURL? = nil
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.referrer = referrer
            self.lastHop = lastHop
        }
    }

    /// How a request ended.
    public enum Result: Hashable, Sendable {
        /// The last answer, and where it came from.
        case response(HTTPResponseMessage, from: CarrierURL)
        /// A redirect came from the request's last hop.
        case arrived
        /// There was no answer.
        case failed(CarrierFailure)
        /// The server wants us to wait for longer than we can.
        case throttled(retryAfter: Interval?)
        /// A redirect led to nothing that can be asked, to plain text, or round in circles.
        case misdirected
    }

    /// The answer to a request.
    public struct Answer: Hashable, Sendable {
        /// Which request.
        public var ticket: Int
        /// How it ended.
        public var result: Result
        /// From the request to this, redirects and waits included.
        public var elapsed: Interval
        /// How often the server made it wait (429).
        public var throttleCount: Int
    }

    private struct Pending {
        var ticket: Int
        var request: Request
        var sentAt: Instant
        /// The carrier's number of the hop that is under way; nil while it waits for `retryAt`.
        var id: Int?
        var retryAt: Instant?
        var deadline: Instant
        var redirectCount = 0
        var throttleCount = 0
    }

    /// Longest wait for one answer.
    public static let timeout = Interval.seconds(10)
    /// Longest wait that a server may ask for.
    public static let longestThrottle = Interval.seconds(120)
    /// Most redirects of one request, as browsers allow (Fetch Standard, HTTP-redirect fetch).
    public static let maximumRedirectCount = 20

    private static let ownName = "Mozilla/5.0 (X11; Linux x86_64) visiobench"

    /// The cookies.
    public var cookies = CookieJar()
    /// How often the server answered 429.
    public private(set) var throttleCount = 0
    /// Requests sent, every hop of a redirect included.
    public private(set) var requestCount = 0
    /// Where the run lies on the wall clock: cookies expire by it.
    private let wallClock: WallClockOrigin
    /// What it says it is.
    private let name: String
    private var pending: [Pending] = []
    private var answers: [Answer] = []
    private var commands: [CarrierCommand] = []
    private var nextID: Int
    private var nextTicket = 1

    /// Makes a browser without cookies.
    ///
    /// - Parameters:
    ///   - wallClock: Where the run lies on the wall clock.
    ///   - name: What it says it is; a name of our own unless given.
    ///   - firstRequestID: The carrier's number of the first request; later ones count up from it.
    public init(wallClock: WallClockOrigin, name: String? = nil, firstRequestID: Int = 1) {
        self.wallClock = wallClock
        self.name = name ?? Self.ownName
        nextID = firstRequestID
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        pending.reduce(nil) { earliest($0, $1.retryAt ?? $1.deadline) }
    }

    /// The value that a script of the page at `url` reads from a cookie.
    public func scriptCookie(_ name: String, for url: CarrierURL, now: Instant) -> String? {
        cookies.scriptValue(of: name, for: url, unixSeconds: wallClock.unixSeconds(at: now))
    }

    /// Whether requests wait for answers.
    public var isBusy: Bool { !pending.isEmpty || !answers.isEmpty }

    /// Sends a request and returns the number that its answer will carry.
    public mutating func send(_ request: Request, now: Instant) -> Int {
        defer { nextTicket += 1 }
        var entry = Pending(
            ticket: nextTicket, request: request, sentAt: now, deadline: now + Self.timeout)
        dispatch(&entry, now: now)
        pending.append(entry)
        return entry.ticket
    }

    /// Forgets every request that is under way; their answers are ignored.
    public mutating func abandonAll() {
        pending = []
        answers = []
    }

    /// Takes an event of the carrier; whatever belongs to no request of ours is ignored.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        switch event {
        case .response(let id, let response):
            guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
            receive(response, at: index, now: now)
        case .requestFailed(let id, let failure):
            guard let index = pending.firstIndex(where: { $0.id == id }) else { return }
            finish(index, .failed(failure), now: now)
        default: break
        }
    }

    /// Lets time pass.
    public mutating func tick(now: Instant) {
        var index = 0
        while index < pending.count {
            if let due = pending[index].retryAt {
                if now >= due {
                    var entry = pending[index]
                    dispatch(&entry, now: now)
                    pending[index] = entry
                }
            } else if now >= pending[index].deadline {
                finish(index, .failed(.timedOut), now: now)
                continue
            }
            index += 1
        }
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { commands.isEmpty ? nil : commands.removeFirst() }

    /// The next answer.
    public mutating func nextAnswer() -> Answer? { answers.isEmpty ? nil : answers.removeFirst() }

    private mutating func dispatch(_ entry: inout Pending, now: Instant) {
        let request = entry.request
        let seconds = wallClock.unixSeconds(at: now)
        var headers = [HTTPMessageHeader(name: "User-Agent", value: name)]
        headers += request.headers
        if let page = request.referrer {
            let isSameOrigin = page.origin == request.url.origin
            // The default policy of browsers, strict-origin-when-cross-origin.
            if isSameOrigin || request.url.isSecure || !page.isSecure {
                let value = isSameOrigin ? page.text : page.origin + "/"
                headers.append(HTTPMessageHeader(name: "Referer", value: value))
            }
            let isSafe = ["GET", "HEAD"].contains(request.method)
            if !isSafe { headers.append(HTTPMessageHeader(name: "Origin", value: page.origin)) }
        }
        if let cookies = cookies.header(for: request.url, unixSeconds: seconds) {
            headers.append(HTTPMessageHeader(name: "Cookie", value: cookies))
        }
        entry.id = nextID
        entry.retryAt = nil
        entry.deadline = now + Self.timeout
        requestCount += 1
        commands.append(
            .request(
                id: nextID,
                HTTPRequestMessage(
                    method: request.method, url: request.url.text, headers: headers, body: request.body)))
        nextID += 1
    }

    private mutating func receive(_ response: HTTPResponseMessage, at index: Int, now: Instant) {
        let request = pending[index].request
        cookies.store(response, from: request.url, unixSeconds: wallClock.unixSeconds(at: now))
        if response.status == 429 { return throttle(response, at: index, now: now) }
        guard let location = Self.location(of: response) else {
            return finish(index, .response(response, from: request.url), now: now)
        }
        if let last = request.lastHop, last.origin == request.url.origin, last.path == request.url.path {
            return finish(index, .arrived, now: now)
        }
        guard let next = Self.following(request, response.status, to: location),
            pending[index].redirectCount < Self.maximumRedirectCount
        else { return finish(index, .misdirected, now: now) }
        pending[index].request = next
        pending[index].redirectCount += 1
        var entry = pending[index]
        dispatch(&entry, now: now)
        pending[index] = entry
    }

    private mutating func throttle(_ response: HTTPResponseMessage, at index: Int, now: Instant) {
        throttleCount += 1
        pending[index].throttleCount += 1
        let wait = MeetFailure.Reason.retryAfter(response)
        guard let wait, now + wait - pending[index].sentAt <= Self.longestThrottle else {
            return finish(index, .throttled(retryAfter: wait), now: now)
        }
        pending[index].id = nil
        pending[index].retryAt = now + wait
    }

    private mutating func finish(_ index: Int, _ result: Result, now: Instant) {
        let entry = pending.remove(at: index)
        answers.append(
            Answer(
                ticket: entry.ticket, result: result, elapsed: now - entry.sentAt,
                throttleCount: entry.throttleCount))
    }

    private static func location(of response: HTTPResponseMessage) -> String? {
        guard [301, 302, 303, 307, 308].contains(response.status) else { return nil }
        return response.header("Location")
    }

    /// The request that follows a redirect (Fetch Standard, HTTP-redirect fetch); never from encrypted to plain text.
    private static func following(_ request: Request, _ status: Int, to location: String) -> Request? {
        guard let url = request.url.resolving(location), url.scheme == "http" || url.scheme == "https",
            url.isSecure || !request.url.isSecure
        else { return nil }
        var next = request
        next.url = url
        let becomesGet =
            status == 303 && request.method != "HEAD" || status <= 302 && request.method == "POST"
        if becomesGet {
            next.method = "GET"
            next.body = []
            next.headers.removeAll { $0.name.lowercased() == "content-type" }
        }
        // A key is for the server it was given to.
        if url.origin != request.url.origin {
            next.headers.removeAll { $0.name.lowercased() == "authorization" }
        }
        return next
    }
}
