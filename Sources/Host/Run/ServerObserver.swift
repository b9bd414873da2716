import Connections
import Dispatch
import Foundation
import LoadGen
import Primitives
import Probe
import Reactor
import Scenario
import Synchronization
import Visio

/// Drives a server watch on the wall clock.
///
/// It has a carrier of its own, so that reading a page neither waits behind joins nor holds them up.
final class ServerObserver {
    /// Answers to the first readings are waited for this long, so that they are from before the first join.
    private static let patience = 3.0

    /// The pages that are read, in the order of the run file.
    let pages: [ServerWatch.Page]
    private var watch: ServerWatch
    private let carrier: ClientCarrier
    private let inbox = Inbox()

    /// Prepares to watch what the plan names; nothing is contacted yet.
    ///
    /// - Parameters:
    ///   - plan: Names pages and API; logins come from the environment.
    ///   - allow: What may be contacted.
    ///   - embedded: The address of the embedded deployment, whose page and API are read without being named.
    init(plan: Plan, allow: HostAllowList, embedded: String?) throws(HostError) {
        pages = try Self.pages(of: plan, embedded: embedded)
        watch = ServerWatch(
            pages: pages, api: try Self.api(of: plan, embedded: embedded), phases: plan.phases,
            wallClock: MonotonicClock().wallClock)
        let inbox = inbox
        do {
            carrier = try ClientCarrier(allow: allow) { _, event in inbox.put(event) }
        } catch {
            throw .carrier(String(describing: error))
        }
    }

    /// Tells whether the logins that a plan names are there; nothing is contacted.
    static func check(_ plan: Plan) throws(HostError) {
        _ = try pages(of: plan, embedded: nil)
        _ = try api(of: plan, embedded: nil)
    }

    /// Reads every page once; what it tells counts as the beginning of the run.
    func begin() {
        watch.tick(now: .zero)
        passOn()
        let limit = DispatchTime.now() + Self.patience
        while !watch.isQuiet, inbox.wait(until: limit) { takeAnswers() }
    }

    /// Takes the run's clock, by which answers are stamped from now on.
    func start(_ clock: MonotonicClock) { inbox.clock.withLock { $0 = clock } }

    /// Takes answers and asks for what is due; returns what was seen.
    func turn(now: Instant, sessions: [ServerSession]) -> ServerBatch {
        for session in sessions { watch.note(session) }
        takeAnswers()
        if let due = watch.deadline, due <= now { watch.tick(now: now) }
        passOn()
        return watch.takeBatch()
    }

    /// Reads every page a last time, when everybody has left.
    func finish(now: Instant) -> ServerBatch {
        takeAnswers()
        watch.finish(now: now)
        passOn()
        let limit = DispatchTime.now() + Self.patience
        while !watch.isQuiet, inbox.wait(until: limit) { takeAnswers() }
        return watch.takeBatch()
    }

    /// Drops connections; blocks until the carrier's thread is gone.
    func stop() { carrier.shutdown() }

    private func takeAnswers() {
        for (event, at) in inbox.take() { watch.receive(event, now: at) }
    }

    private func passOn() {
        for command in watch.takeCommands() { carrier.submit(command, client: 0) }
    }

    private static func pages(of plan: Plan, embedded: String?) throws(HostError) -> [ServerWatch.Page] {
        var pages: [ServerWatch.Page] = []
        if let embedded {
            pages.append(
                ServerWatch.Page(
                    name: "embedded", url: embedded + "/metrics", interval: MetricsPage.usualInterval))
        }
        for page in plan.observation.pages {
            var authorization: String?
            if let login = page.login {
                let text = "\(try RunTarget.secret(login.user)):\(try RunTarget.secret(login.password))"
                authorization = "Basic " + Base64.encode(Array(text.utf8))
            }
            pages.append(
                ServerWatch.Page(
                    name: page.name, url: page.url.description, interval: page.interval,
                    authorization: authorization))
        }
        return pages
    }

    private static func api(of plan: Plan, embedded: String?) throws(HostError) -> ServerWatch.API? {
        if let embedded {
            return ServerWatch.API(url: embedded, credentials: RunTarget.embeddedCredentials(seed: plan.seed))
        }
        var api = plan.observation.api
        if case .livekit(let url, let key, let secret) = plan.target, api == nil {
            api = ServerAPI(url: url, key: key, secret: secret)
        }
        guard let api else { return nil }
        return ServerWatch.API(
            url: api.url.description,
            credentials: AccessToken.Credentials(
                key: try RunTarget.secret(api.key), secret: try RunTarget.secret(api.secret)))
    }
}

/// Answers on their way from the carrier's thread, each with the moment at which it came.
private final class Inbox: Sendable {
    /// The run's clock; before there is one everything counts as its beginning.
    let clock = Mutex<MonotonicClock?>(nil)
    private let events = Mutex<[(CarrierEvent, Instant)]>([])
    private let news = DispatchSemaphore(value: 0)

    func put(_ event: CarrierEvent) {
        let now = clock.withLock { $0?.now } ?? .zero
        events.withLock { $0.append((event, now)) }
        news.signal()
    }

    func take() -> [(CarrierEvent, Instant)] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }

    /// Sleeps until something came; false when nothing did in time.
    func wait(until limit: DispatchTime) -> Bool { news.wait(timeout: limit) == .success }
}
