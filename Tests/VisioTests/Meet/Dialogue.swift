import Primitives
import Testing
import Visio

/// A conversation with Meet, question by question, in which the test plays the server.
struct Dialogue {
    var client: MeetClient
    var now = Instant.zero
    private(set) var events: [MeetClient.Event] = []
    private var open: [(id: Int, message: HTTPRequestMessage)] = []

    static let base = "https://visio.example.org"
    static let clock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)
    static let meet = MeetConfiguration(liveKitURL: "https://livekit.example.org")
    static let account = Account(username: "ada", password: "pass word", email: "ada@example.org")

    init(
        _ purpose: MeetClient.Purpose = .join(slug: "abc-defg-hij"), visitor: MeetClient.Visitor = .guest,
        browser: UserAgent = UserAgent(wallClock: clock),
        configure: (inout MeetClient.Configuration) -> Void = { _ in }
    ) {
        var configuration = MeetClient.Configuration(
            baseURL: Self.base + "/", purpose: purpose, username: "Zoé & co")
        configuration.visitor = visitor
        configure(&configuration)
        client = MeetClient(configuration, browser: browser)
        client.start(now: now)
        collect()
    }

    /// The next question; its path must be as expected.
    @discardableResult
    mutating func expect(_ method: String, _ path: String) throws -> HTTPRequestMessage {
        let next = try #require(open.first, "no question where \(method) \(path) was due")
        #expect(next.message.method == method)
        let url = next.message.url
        #expect(url == path || url == Self.base + path || url == Self.base + "/api/v1.0" + path)
        return next.message
    }

    /// Answers the oldest question.
    mutating func answer(_ response: HTTPResponseMessage) {
        guard !open.isEmpty else { return }
        let id = open.removeFirst().id
        client.receive(.response(id: id, response), now: now)
        collect()
    }

    /// The oldest question gets no answer.
    mutating func fail(_ failure: CarrierFailure) {
        guard !open.isEmpty else { return }
        let id = open.removeFirst().id
        client.receive(.requestFailed(id: id, failure), now: now)
        collect()
    }

    /// Lets time pass.
    mutating func wait(_ interval: Interval) {
        now += interval
        client.tick(now: now)
        collect()
    }

    /// Nothing is asked at the moment.
    var isQuiet: Bool { open.isEmpty }

    /// Everything that happened except for how long answers took.
    var news: [MeetClient.Event] {
        events.filter { if case .answered = $0 { false } else { true } }
    }

    /// The questions that were answered, in order.
    var exchanges: [MeetExchange] {
        events.compactMap { event in
            guard case .answered(let exchange, _) = event else { return nil }
            return exchange
        }
    }

    /// The failure at the end, if it is one.
    var failure: MeetFailure? {
        if case .failed(let failure)? = events.last { return failure }
        return nil
    }

    /// The admission at the end, if it is one.
    var admission: MeetClient.Admission? {
        if case .admitted(let admission)? = events.last { return admission }
        return nil
    }

    /// Plays a page load: the configuration and who is logged in.
    mutating func load(_ user: MeetUser? = nil, meet: MeetConfiguration = Self.meet) throws {
        try expect("GET", "/config/")
        answer(MeetReply.configuration(meet))
        try expect("GET", "/users/me")
        answer(MeetReply.redirect(to: "/api/v1.0/users/me/", status: 301))
        try expect("GET", "/users/me/")
        answer(user.map { MeetReply.user($0) } ?? MeetReply.unauthenticated)
    }

    /// Plays the warm-up at the end.
    mutating func warmUp() throws {
        try expect("HEAD", "https://livekit.example.org/")
        answer(HTTPResponseMessage(status: 200, text: ""))
    }

    static func room(entry: Bool = true, level: MeetRoom.AccessLevel = .public) -> MeetRoom {
        var room = MeetRoom(id: "5f0c", slug: "abc-defg-hij")
        room.accessLevel = level
        if entry { room.entry = MeetRoom.Entry(url: "http://internal", room: "5f0c", token: "t.o.k") }
        return room
    }

    static func user(isParisian: Bool = true) -> MeetUser {
        var user = MeetUser(id: "u-1", email: "ada@example.org", fullName: "Ada")
        if isParisian { (user.language, user.timezone) = ("fr-fr", "Europe/Paris") }
        return user
    }

    private mutating func collect() {
        while let event = client.nextEvent() { events.append(event) }
        while let command = client.nextCommand() {
            if case .request(let id, let message) = command { open.append((id, message)) }
        }
    }
}
