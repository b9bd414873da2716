import Primitives
import Scenario
import Visio

/// HTTP and WebSocket messages on an emulated access network.
///
/// Loss, jitter and order are TCP's business and do not show here; what does show is the delay of every message,
/// the round trips that opening a connection takes, and outages, which messages wait out.
struct CarrierMessages {
    typealias Event = CarrierEvent
    typealias Command = CarrierCommand

    private let up: LinkImpairment
    private let down: LinkImpairment
    private var events = EventQueue<Event>()
    private var commands = EventQueue<Command>()
    /// When the latest message of each direction arrives: TCP keeps the order.
    private var latestEvent = Instant.zero
    private var latestCommand = Instant.zero
    /// Whether a connection for requests is open.
    private var hasConnection = false

    /// Makes an empty network.
    init(_ network: AccessNetwork) {
        up = network.up
        down = network.down
    }

    /// When something arrives next, on either side.
    var deadline: Instant? { earliest(events.soonest, commands.soonest) }
    /// When the next event arrives at the participant.
    var nextEvent: Instant? { events.soonest }

    /// A message of the deployment's side enters.
    mutating func receive(_ event: Event, now: Instant) {
        latestEvent = max(latestEvent, Self.arrival(of: now, over: down))
        events.schedule(event, at: latestEvent)
    }

    /// A message of the participant enters.
    mutating func send(_ command: Command, now: Instant) {
        let opening = (up.delay + down.delay) * openingRoundTrips(command)
        latestCommand = max(latestCommand, Self.arrival(of: now + opening, over: up))
        commands.schedule(command, at: latestCommand)
    }

    /// The next event that has arrived by `now`, and when it did.
    mutating func takeEvent(by now: Instant) -> (instant: Instant, event: Event)? { events.popDue(now: now) }

    /// The next command that has arrived by `now`.
    mutating func takeCommand(by now: Instant) -> Command? { commands.popDue(now: now)?.event }

    /// One for TCP, one for TLS 1.3 (RFC 8446 section 2); requests share a connection, a WebSocket has its own.
    private mutating func openingRoundTrips(_ command: Command) -> Int {
        switch command {
        case .request(_, let message):
            defer { hasConnection = true }
            return hasConnection ? 0 : Self.roundTrips(toOpen: message.url)
        case .openWebSocket(let url, _): return Self.roundTrips(toOpen: url)
        case .resolve, .sendBinary, .closeWebSocket: return 0
        }
    }

    private static func roundTrips(toOpen url: String) -> Int {
        url.hasPrefix("https:") || url.hasPrefix("wss:") ? 2 : 1
    }

    private static func arrival(of now: Instant, over link: LinkImpairment) -> Instant {
        var start = now
        for outage in link.outages where start >= .zero + outage.start && start < .zero + outage.end {
            start = .zero + outage.end
        }
        return start + link.delay
    }
}
