import EmbeddedVisio
import Primitives
import Testing
import Visio

extension MeetOptions {
    /// A deployment on which this many people can log in.
    static func withAccounts(_ count: Int, configure: (inout MeetOptions) -> Void = { _ in }) -> MeetOptions {
        var options = MeetOptions()
        options.accounts = accounts(count: count, seed: 1)
        configure(&options)
        return options
    }
}

/// Somebody's page, played by the real client against the embedded deployment without any network.
final class Page {
    let deployment: Deployment
    private var client: MeetClient
    private(set) var calls: MeetCalls?
    private(set) var events: [MeetClient.Event] = []
    /// What calls came to, in order.
    private(set) var outcomes: [MeetCalls.Outcome] = []

    /// Opens the page and goes as far as it goes at once.
    init(
        _ deployment: Deployment, slug: String, purpose: MeetClient.Purpose? = nil, account: Int? = nil,
        browser: UserAgent = UserAgent(wallClock: Deployment.wallClock),
        configure: (inout MeetClient.Configuration) -> Void = { _ in }
    ) throws {
        self.deployment = deployment
        var configuration = MeetClient.Configuration(
            baseURL: "http://127.0.0.1:8080", purpose: purpose ?? .join(slug: slug), username: "somebody")
        if let account {
            configuration.visitor = .account(MeetOptions.accounts(count: account + 1, seed: 1)[account])
        }
        configure(&configuration)
        client = MeetClient(configuration, browser: browser)
        client.start(now: deployment.now)
        try run()
    }

    /// Lets time pass.
    func wait(_ interval: Interval) throws {
        let end = deployment.now + interval
        while let due = client.deadline, due <= end {
            deployment.advance(by: max(.zero, due - deployment.now))
            client.tick(now: deployment.now)
            try run()
        }
        deployment.advance(by: end - deployment.now)
    }

    /// The page in the room asks something and gets its answer.
    @discardableResult
    func ask(_ call: MeetCalls.Call) throws -> MeetCalls.Outcome {
        if calls == nil, let admission {
            calls = MeetCalls(
                baseURL: "http://127.0.0.1:8080", admission: admission, browser: client.browser,
                isPrivileged: isOwner)
        }
        calls?.start(call, now: deployment.now)
        while let command = calls?.nextCommand() {
            if let event = try answer(to: command) { calls?.receive(event, now: deployment.now) }
        }
        let next = calls?.nextAnswer()
        let answer = try #require(next)
        outcomes.append(answer.outcome)
        return answer.outcome
    }

    var admission: MeetClient.Admission? {
        for case .admitted(let admission) in events { return admission }
        return nil
    }

    var failure: MeetFailure? {
        for case .failed(let failure) in events { return failure }
        return nil
    }

    /// The token as the server reads it.
    func token() throws -> AccessToken {
        let text = try #require(admission).token
        return try AccessToken.verify(
            text, credentials: Deployment.credentials,
            unixSeconds: Deployment.wallClock.unixSeconds(at: deployment.now))
    }

    var cookies: CookieJar { client.browser.cookies }

    var browser: UserAgent { client.browser }

    private var isOwner: Bool { (try? token().attributes["room_role"]) == "owner" }

    private func run() throws {
        while let command = client.nextCommand() {
            if let event = try answer(to: command) { client.receive(event, now: deployment.now) }
            while let event = client.nextEvent() { events.append(event) }
        }
        while let event = client.nextEvent() { events.append(event) }
    }

    private func answer(to command: CarrierCommand) throws -> CarrierEvent? {
        guard case .request(let id, let message) = command else { return nil }
        return .response(id: id, try deployment.request(message))
    }
}
