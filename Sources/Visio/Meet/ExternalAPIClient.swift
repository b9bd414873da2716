import FoundationEssentials
public import Primitives

/// Rooms made through Meet's external API with an application's token (BE/core/external_api).
///
/// A token speaks for one account. It costs the backend a third of a second of processor time, so it is fetched once
/// and used for all rooms of that account.
public struct ExternalAPIClient: Sendable {
    /// The application, as the deployment's administrators know it.
    public struct Application: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// Its secret; not for logs.
        public var secret: String

        /// Names an application.
        public init(id: String, secret: String) {
            self.id = id
            self.secret = secret
        }
    }

    /// What came of it.
    public enum Event: Hashable, Sendable {
        /// One more room is there; its slug was chosen by the server.
        case created(slug: String)
        /// All rooms are there; done.
        case finished
        /// It ended otherwise; done.
        case failed(MeetFailure)
    }

    private enum Step {
        case idle
        case token
        case rooms(token: String, left: Int)
        case done
    }

    /// Where the external API lives.
    public static let basePath = "/external-api/v1.0"

    private let baseURL: String
    private let application: Application
    private let owner: String
    private let accessLevels: [MeetRoom.AccessLevel?]
    private var browser: UserAgent
    private var step = Step.idle
    private var ticket: Int?
    private var events: [Event] = []

    /// Prepares to make rooms.
    ///
    /// - Parameters:
    ///   - baseURL: The deployment.
    ///   - application: Who asks.
    ///   - owner: The e-mail address of the account that shall own the rooms.
    ///   - accessLevels: For each room, who may enter it without the lobby; nil for the deployment's own choice.
    ///   - browser: A browser without cookies.
    public init(
        baseURL: String, application: Application, owner: String,
        accessLevels: [MeetRoom.AccessLevel?], browser: UserAgent
    ) {
        self.baseURL = baseURL
        self.application = application
        self.owner = owner
        self.accessLevels = accessLevels
        self.browser = browser
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? { browser.deadline }

    /// Asks for the token.
    public mutating func start(now: Instant) {
        step = .token
        ask(
            "application/token/",
            [
                "client_id": application.id, "client_secret": application.secret,
                "grant_type": "client_credentials", "scope": owner,
            ], bearer: nil, now: now)
    }

    /// Takes an event of the carrier.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        browser.receive(event, now: now)
        drain(now: now)
    }

    /// Lets time pass.
    public mutating func tick(now: Instant) {
        browser.tick(now: now)
        drain(now: now)
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { browser.nextCommand() }

    /// The next thing that happened.
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    private mutating func drain(now: Instant) {
        while let answer = browser.nextAnswer() {
            guard answer.ticket == ticket else { continue }
            ticket = nil
            switch step {
            case .token: takeToken(answer.result, now: now)
            case .rooms(let token, let left): takeRoom(answer.result, token: token, left: left, now: now)
            case .idle, .done: break
            }
        }
    }

    private mutating func takeToken(_ result: UserAgent.Result, now: Instant) {
        guard let grant: ApplicationToken = value(of: result, .applicationToken) else { return }
        step = .rooms(token: grant.accessToken, left: accessLevels.count)
        askRoom(token: grant.accessToken, left: accessLevels.count, now: now)
    }

    private mutating func takeRoom(_ result: UserAgent.Result, token: String, left: Int, now: Instant) {
        guard let room: ExternalRoom = value(of: result, .applicationRoom) else { return }
        events.append(.created(slug: room.slug))
        askRoom(token: token, left: left - 1, now: now)
    }

    private mutating func askRoom(token: String, left: Int, now: Instant) {
        guard left > 0 else {
            step = .done
            return events.append(.finished)
        }
        step = .rooms(token: token, left: left)
        let wish = accessLevels[accessLevels.count - left].map { ["access_level": $0.rawValue] } ?? [:]
        ask("rooms/", wish, bearer: token, now: now)
    }

    private mutating func ask(_ path: String, _ body: some Encodable, bearer: String?, now: Instant) {
        guard let url = CarrierURL(baseURL)?.asHTTP.appending(path: Self.basePath + "/" + path) else {
            return fail(.applicationToken, .badAddress)
        }
        var headers = [
            HTTPMessageHeader(name: "Accept", value: "application/json"),
            HTTPMessageHeader(name: "Content-Type", value: "application/json"),
        ]
        if let bearer { headers.append(HTTPMessageHeader(name: "Authorization", value: "Bearer " + bearer)) }
        ticket = browser.send(
            UserAgent.Request("POST", url, headers: headers, body: JSON.encode(body)), now: now)
    }

    private mutating func value<Value: Decodable>(
        of result: UserAgent.Result, _ stage: MeetFailure.Stage
    ) -> Value? {
        guard case .response(let response, _) = result else {
            fail(stage, MeetFailure.Reason(result) ?? .misdirected)
            return nil
        }
        guard response.status == 200 || response.status == 201 else {
            fail(stage, MeetFailure.Reason(response))
            return nil
        }
        guard let value = JSON.decode(Value.self, from: response.body) else {
            fail(stage, .unreadable(response))
            return nil
        }
        return value
    }

    private mutating func fail(_ stage: MeetFailure.Stage, _ reason: MeetFailure.Reason) {
        step = .done
        events.append(.failed(MeetFailure(stage: stage, reason: reason)))
    }
}

private struct ApplicationToken: Decodable {
    var accessToken: String

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
    }
}

private struct ExternalRoom: Decodable {
    var slug: String
}
