import FoundationEssentials
public import Primitives

/// What a browser asks Meet before it enters a room: the configuration, then the room with its key.
///
/// Pure: events of the carrier in, commands out. One object asks once and is done; whoever wants to try again makes
/// a new one, so that no retry hides inside a latency.
public struct MeetClient: Sendable {
    /// What to ask for.
    public enum Purpose: Hashable, Sendable {
        /// The key to a room that exists, or to any room where the deployment allows unregistered ones.
        case join(slug: String)
        /// A new room and its key; needs a session.
        case create(name: String, accessLevel: MeetRoom.AccessLevel)
    }

    /// Everything the client needs to know.
    public struct Configuration: Hashable, Sendable {
        /// The deployment, such as `https://visio.example.org`.
        public var baseURL: String
        /// What to ask for.
        public var purpose: Purpose
        /// The name to be shown to others.
        public var username: String
        /// Headers of every request: a session's cookies and CSRF token.
        public var headers: [HTTPMessageHeader]
        /// Number of the first request; the second has the next one.
        public var firstRequestID: Int

        /// Makes the configuration of an anonymous participant.
        public init(baseURL: String, purpose: Purpose, username: String) {
            self.baseURL = baseURL
            self.purpose = purpose
            self.username = username
            headers = []
            firstRequestID = 1
        }
    }

    /// What came of it.
    public enum Event: Hashable, Sendable {
        /// The configuration arrived; the room is asked next.
        case configured(MeetConfiguration)
        /// The room and its key arrived; done.
        case admitted(Admission)
        /// It ended otherwise; done.
        case failed(MeetFailure)
    }

    /// The key to a LiveKit room.
    public struct Admission: Hashable, Sendable {
        /// LiveKit's WebSocket URL, as the page would use it.
        public var liveKitURL: String
        /// The access token; not for logs.
        public var token: String
        /// The room as Meet shows it, with its `entry`.
        public var room: MeetRoom
        /// The deployment's configuration.
        public var configuration: MeetConfiguration
    }

    private enum State {
        case idle
        case askingConfiguration(since: Instant)
        case askingRoom(MeetConfiguration, since: Instant)
        case done
    }

    /// Longest wait for one answer.
    public static let timeout = Interval.seconds(10)

    /// What was asked for.
    private let configuration: Configuration
    /// Where the conversation is.
    private var state = State.idle
    /// What the carrier shall do next.
    private var commands: [CarrierCommand] = []
    /// What the owner has not seen yet.
    private var events: [Event] = []

    /// Makes a client that has asked nothing yet.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        switch state {
        case .idle, .done: nil
        case .askingConfiguration(let since), .askingRoom(_, let since): since + Self.timeout
        }
    }

    /// Asks the first question.
    public mutating func start(now: Instant) {
        precondition(!isStarted, "a MeetClient asks once")
        guard let url = apiURL("config/") else { return fail(.configuration, .badAddress) }
        state = .askingConfiguration(since: now)
        ask("GET", url, id: configuration.firstRequestID)
    }

    /// Takes an event of the carrier; those of other requests are ignored.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        switch (state, event) {
        case (.askingConfiguration, .response(configuration.firstRequestID, let response)):
            receiveConfiguration(response, now: now)
        case (.askingConfiguration, .requestFailed(configuration.firstRequestID, let failure)):
            fail(.configuration, Self.reason(failure))
        case (.askingRoom(let meet, _), .response(configuration.firstRequestID + 1, let response)):
            receiveRoom(response, configuration: meet)
        case (.askingRoom, .requestFailed(configuration.firstRequestID + 1, let failure)):
            fail(roomStage, Self.reason(failure))
        default: break
        }
    }

    /// Lets time pass.
    public mutating func tick(now: Instant) {
        guard let deadline, now >= deadline else { return }
        if case .askingConfiguration = state { return fail(.configuration, .timedOut) }
        fail(roomStage, .timedOut)
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { commands.isEmpty ? nil : commands.removeFirst() }

    /// The next thing that happened.
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    private var isStarted: Bool {
        if case .idle = state { return false }
        return true
    }

    private var roomStage: MeetFailure.Stage {
        if case .create = configuration.purpose { return .creation }
        return .room
    }

    private mutating func receiveConfiguration(_ response: HTTPResponseMessage, now: Instant) {
        guard response.status == 200 else { return fail(.configuration, MeetFailure.Reason(response)) }
        guard let meet = JSON.decode(MeetConfiguration.self, from: response.body) else {
            return fail(.configuration, Self.unreadable(response))
        }
        events.append(.configured(meet))
        askRoom(meet, now: now)
    }

    private mutating func askRoom(_ meet: MeetConfiguration, now: Instant) {
        let path: String
        var method = "GET"
        var body: [UInt8] = []
        switch configuration.purpose {
        case .join(let slug): path = "rooms/\(PercentEncoding.encode(slug))/"
        case .create(let name, let accessLevel):
            path = "rooms/"
            method = "POST"
            body = JSON.encode(["name": name, "access_level": accessLevel.rawValue])
        }
        guard let url = apiURL(path, query: "username=" + PercentEncoding.encode(configuration.username))
        else {
            return fail(roomStage, .badAddress)
        }
        state = .askingRoom(meet, since: now)
        ask(method, url, id: configuration.firstRequestID + 1, body: body)
    }

    private mutating func receiveRoom(_ response: HTTPResponseMessage, configuration meet: MeetConfiguration)
    {
        guard response.status == 200 || response.status == 201 else {
            return fail(roomStage, MeetFailure.Reason(response))
        }
        guard let room = JSON.decode(MeetRoom.self, from: response.body) else {
            return fail(roomStage, Self.unreadable(response))
        }
        guard let entry = room.entry else { return fail(roomStage, .lobbyRequired) }
        state = .done
        events.append(
            .admitted(
                Admission(liveKitURL: meet.webSocketURL, token: entry.token, room: room, configuration: meet))
        )
    }

    private mutating func ask(_ method: String, _ url: CarrierURL, id: Int, body: [UInt8] = []) {
        var headers = [
            HTTPMessageHeader(name: "Accept", value: "application/json"),
            HTTPMessageHeader(name: "Content-Type", value: "application/json"),
        ]
        // Django checks the origin of unsafe requests over TLS (CsrfViewMiddleware).
        if method != "GET" { headers.append(HTTPMessageHeader(name: "Origin", value: url.origin)) }
        headers += configuration.headers
        let message = HTTPRequestMessage(method: method, url: url.text, headers: headers, body: body)
        commands.append(.request(id: id, message))
    }

    private func apiURL(_ path: String, query: String = "") -> CarrierURL? {
        guard let base = CarrierURL(configuration.baseURL)?.asHTTP else { return nil }
        var url = base.appending(path: MeetReply.basePath + "/" + path)
        if !query.isEmpty { url.target += "?" + query }
        return url
    }

    private mutating func fail(_ stage: MeetFailure.Stage, _ reason: MeetFailure.Reason) {
        state = .done
        events.append(.failed(MeetFailure(stage: stage, reason: reason)))
    }

    private static func reason(_ failure: CarrierFailure) -> MeetFailure.Reason {
        failure == .timedOut ? .timedOut : .carrier(failure)
    }

    private static func unreadable(_ response: HTTPResponseMessage) -> MeetFailure.Reason {
        let isHTML = (response.header("Content-Type") ?? "").contains("html")
        return isHTML ? .html(status: response.status) : .unreadable(status: response.status)
    }
}
