public import Primitives
public import Probe
public import Scenario
public import Visio

/// Watches the server beside the run: reads its metrics pages, and asks its API who is there.
///
/// Sans-IO, and carried like one more participant: commands out, carrier events in, one deadline. What a page tells is
/// kept as it stands there; rates and quantiles are the report's to work out.
public struct ServerWatch {
    /// A page to read, with its login already made.
    public struct Page: Sendable {
        /// What it is called.
        public var name: String
        /// Where it is.
        public var url: String
        /// The time from one reading to the next.
        public var interval: Interval
        /// The value of the `Authorization` header; nil where everybody may read.
        public var authorization: String?

        /// Describes a page.
        public init(name: String, url: String, interval: Interval, authorization: String? = nil) {
            self.name = name
            self.url = url
            self.interval = interval
            self.authorization = authorization
        }
    }

    /// The way to LiveKit's API.
    public struct API: Sendable {
        /// LiveKit's address.
        public var url: String
        /// The key that signs calls.
        public var credentials: AccessToken.Credentials

        /// Describes the way.
        public init(url: String, credentials: AccessToken.Credentials) {
            self.url = url
            self.credentials = credentials
        }
    }

    private enum Request {
        case page(Int)
        case rooms
        case participants(room: String)
    }

    private var readers: [PageReader]
    private var census: CensusTaker?
    private let wallClock: WallClockOrigin
    private var numbering = SeriesNumbering()
    private var requests: [Int: Request] = [:]
    private var nextRequest = 1
    private var commands: [CarrierCommand] = []
    private var batch = ServerBatch()
    private var isEnding = false

    /// Watches nothing before the first `tick`.
    ///
    /// - Parameters:
    ///   - pages: The pages, in the order of the run file.
    ///   - api: The way to LiveKit's API; nil when it is not asked.
    ///   - phases: The plan's phases: a census is taken at the end of each that holds.
    ///   - wallClock: The run's wall clock, for tokens.
    public init(pages: [Page], api: API?, phases: [PlannedPhase], wallClock: WallClockOrigin) {
        readers = pages.enumerated().map { PageReader(index: $0.offset, page: $0.element) }
        census = api.map { CensusTaker(api: $0, phases: phases) }
        self.wallClock = wallClock
    }

    /// Whether there is anything to watch.
    public var isWatching: Bool { !readers.isEmpty || census != nil }

    /// Whether no answer is awaited.
    public var isQuiet: Bool { requests.isEmpty }

    /// When `tick` must be called next; nil when nothing is left to do.
    public var deadline: Instant? {
        guard !isEnding else { return nil }
        var soonest = census?.deadline
        for reader in readers { soonest = earliest(soonest, reader.deadline) }
        return soonest
    }

    /// Asks for what is due by `now`.
    public mutating func tick(now: Instant) {
        guard !isEnding else { return }
        for index in readers.indices {
            guard let due = readers[index].deadline, due <= now else { continue }
            ask(readers[index].begin(now: now), .page(index))
        }
        if let due = census?.deadline, due <= now {
            if let message = census?.begin(now: now, unixSeconds: wallClock.unixSeconds(at: now)) {
                ask(message, .rooms)
            }
            collectCensus()
        }
    }

    /// Reads every page a last time; call once, when everybody has left, and then wait until `isQuiet`.
    public mutating func finish(now: Instant) {
        isEnding = true
        for index in readers.indices where !readers[index].isAsking {
            ask(readers[index].begin(now: now), .page(index))
        }
    }

    /// Notes in which room a participant of ours is, by the server's own names.
    public mutating func note(_ session: ServerSession) { census?.note(session) }

    /// Takes an answer of the carrier.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        let answer: Result<HTTPResponseMessage, CarrierFailure>
        let id: Int
        switch event {
        case .response(let number, let message): (id, answer) = (number, .success(message))
        case .requestFailed(let number, let failure): (id, answer) = (number, .failure(failure))
        default: return
        }
        switch requests.removeValue(forKey: id) {
        case .page(let index):
            let reading = readers[index].finish(
                answer, now: now, numbering: &numbering, series: &batch.series)
            batch.readings.append(reading)
        case .rooms:
            for message in census?.receiveRooms(answer, now: now, unixSeconds: wallClock.unixSeconds(at: now))
                ?? []
            {
                ask(message.request, .participants(room: message.room))
            }
            collectCensus()
        case .participants(let room):
            census?.receiveParticipants(answer, room: room, now: now)
            collectCensus()
        case nil: break
        }
    }

    /// What the carrier shall do, in order.
    public mutating func takeCommands() -> [CarrierCommand] {
        defer { commands.removeAll(keepingCapacity: true) }
        return commands
    }

    /// What was seen since the last call.
    public mutating func takeBatch() -> ServerBatch {
        defer { batch = ServerBatch() }
        return batch
    }

    private mutating func ask(_ message: HTTPRequestMessage, _ request: Request) {
        requests[nextRequest] = request
        commands.append(.request(id: nextRequest, message))
        nextRequest += 1
    }

    private mutating func collectCensus() {
        if let finished = census?.takeFinished() { batch.censuses.append(finished) }
    }
}

/// Numbers for series, over all pages.
struct SeriesNumbering {
    private var next = 0

    mutating func take() -> Int {
        defer { next += 1 }
        return next
    }
}
