import FoundationEssentials
public import Primitives

/// The way of one participant through Meet's page to the key of a room.
///
/// Pure: events of the carrier in, commands out. It asks what the page asks, in the page's order: configuration, the
/// own account, if need be the login, the room, the lobby for as long as somebody waits there, and the `HEAD` with
/// which the page warms up its connection to LiveKit.
///
/// It tries again what the page tries again, and tells so: the configuration, the account and the lobby after a
/// failure of the network or of the server, and whatever was throttled. The rest fails at once.
public struct MeetClient: Sendable {
    /// What to ask for.
    public enum Purpose: Hashable, Sendable {
        /// The key to a room that exists, or to any room where the deployment allows unregistered ones.
        case join(slug: String)
        /// A new room and its key; needs a session. The deployment's own access level unless one is given.
        case create(slug: String, accessLevel: MeetRoom.AccessLevel?)
    }

    /// Who asks.
    public enum Visitor: Hashable, Sendable {
        /// Somebody without an account.
        case guest
        /// Somebody who logs in unless the cookies are good already.
        case account(Account)
        /// Somebody whose session somebody else has opened: the cookies have to be good.
        case session
    }

    /// Everything the client needs to know.
    public struct Configuration: Hashable, Sendable {
        /// The deployment, such as `https://visio.example.org`.
        public var baseURL: String
        /// What to ask for.
        public var purpose: Purpose
        /// The name to be shown to others.
        public var username: String
        /// Who asks.
        public var visitor = Visitor.guest
        /// Whether a guest's page looks for a session at the identity provider, where the deployment wants that.
        public var triesSilentLogin = false
        /// The language and time zone of the browser, which the page writes into the account when they differ.
        public var preferences = Preferences()

        /// Makes the configuration of an anonymous participant.
        public init(baseURL: String, purpose: Purpose, username: String) {
            self.baseURL = baseURL
            self.purpose = purpose
            self.username = username
        }
    }

    /// What a browser knows about its owner.
    public struct Preferences: Hashable, Sendable, Encodable {
        /// The language in Meet's form.
        public var language = "fr-fr"
        /// The time zone.
        public var timezone = "Europe/Paris"

        /// A browser in Paris.
        public init() {}
    }

    /// What came of it.
    public enum Event: Hashable, Sendable {
        /// A question was answered, well or not, after this long.
        case answered(MeetExchange, Interval)
        /// A question failed that the page asks again; it counts, but the way goes on.
        case stumbled(MeetFailure)
        /// The configuration arrived.
        case configured(MeetConfiguration)
        /// The identity provider and Meet know who this is.
        case loggedIn
        /// The room has a lobby; the participant waits there under this id.
        case waiting(id: String)
        /// Somebody opened the door.
        case accepted(id: String)
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

        /// Puts a key together.
        public init(liveKitURL: String, token: String, room: MeetRoom, configuration: MeetConfiguration) {
            self.liveKitURL = liveKitURL
            self.token = token
            self.room = room
            self.configuration = configuration
        }
    }

    enum Step {
        case idle
        case configuration
        case user
        case silentLogin
        case login(LoginFlow)
        case room(isSecondTry: Bool)
        case creation
        case knocking
        case waiting(until: Instant)
        case pausing(until: Instant, MeetFailure.Stage)
        case warmUp(Admission)
        case done
    }

    /// What was asked for.
    let configuration: Configuration
    /// Cookies, redirects and requests; whoever goes on after the admission takes it along.
    public internal(set) var browser: UserAgent
    /// Where the conversation is.
    var step = Step.idle
    /// The request whose answer is awaited.
    var ticket: Int?
    /// How often the current question has failed in a row.
    var failureCount = 0
    /// What the deployment is like, once known.
    var meet: MeetConfiguration?
    /// Whether the page was loaded again after a way over the identity provider.
    var hasReturned = false
    /// The room without its key, while its lobby is waited in.
    var lobbyRoom: MeetRoom?
    /// Who the participant is in the lobby.
    var lobbyID: String?
    /// When the page gives up to wait.
    var lobbyEnd: Instant?
    /// What the owner has not seen yet.
    private var events: [Event] = []

    /// Makes a client that has asked nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: What to ask for, and as whom.
    ///   - browser: With the cookies of a session, if there is one.
    public init(_ configuration: Configuration, browser: UserAgent) {
        self.configuration = configuration
        self.browser = browser
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        switch step {
        case .idle, .done: nil
        case .waiting(let until), .pausing(let until, _): earliest(until, lobbyEnd)
        default: browser.deadline
        }
    }

    /// Whether somebody in the room has to open first.
    public var isInLobby: Bool { lobbyID != nil }

    /// Asks the first question.
    public mutating func start(now: Instant) {
        guard case .idle = step else { preconditionFailure("a MeetClient asks once") }
        loadPage(now: now)
    }

    /// Takes an event of the carrier; those of other requests are ignored.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        browser.receive(event, now: now)
        drain(now: now)
    }

    /// Lets time pass.
    public mutating func tick(now: Instant) {
        if case .done = step { return }
        browser.tick(now: now)
        drain(now: now)
        if let lobbyEnd, now >= lobbyEnd { return fail(.lobby, .expired) }
        switch step {
        case .waiting(let until) where now >= until: knock(now: now)
        case .pausing(let until, let stage) where now >= until: askAgain(stage, now: now)
        default: break
        }
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { browser.nextCommand() }

    /// The next thing that happened.
    public mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    mutating func report(_ event: Event) { events.append(event) }

    mutating func fail(_ stage: MeetFailure.Stage, _ reason: MeetFailure.Reason) {
        step = .done
        browser.abandonAll()
        events.append(.failed(MeetFailure(stage: stage, reason: reason)))
    }

    private mutating func drain(now: Instant) {
        while let answer = browser.nextAnswer() {
            // The preferences are written beside everything else; nobody waits for them.
            guard answer.ticket == ticket else { continue }
            ticket = nil
            take(answer, now: now)
        }
    }
}

/// The questions that Meet is asked, by the part of the page that asks.
public enum MeetExchange: String, CaseIterable, Hashable, Sendable {
    /// `GET config/`.
    case configuration
    /// `GET users/me`, over its redirect.
    case user
    /// From `GET authenticate/` to the callback, one hop at a time or the whole way between two forms.
    case login
    /// `GET rooms/<slug>/`.
    case room
    /// `POST rooms/`.
    case creation
    /// `POST request-entry/`.
    case entry
    /// `HEAD` on LiveKit's address.
    case warmUp
    /// `POST toggle-hand/`.
    case hand
    /// `POST rename/`.
    case rename
    /// `POST mute-participant/`.
    case mute
    /// `POST remove-participant/`.
    case removal
    /// `POST update-participant/`.
    case permission
    /// `PATCH rooms/<slug>/`.
    case settings
    /// `GET waiting-participants/`.
    case waitingList
    /// `POST enter/`.
    case admission
}
