public import Primitives
public import Scenario
public import Visio

/// Makes the rooms of a plan before the run begins: by their owners' pages, or by an application.
///
/// Pure: events of the carrier in, commands out. A few jobs run side by side, so that a plan of a thousand rooms is
/// neither slow to prepare nor a load by itself. The first failure ends it all: a run in rooms that are not there
/// would measure nothing.
public final class RoomPreparation {
    /// Jobs side by side.
    public static let parallelJobs = 4

    private enum Job {
        case owner(MeetClient, room: Int, participant: Int)
        case application(ExternalAPIClient, rooms: [Int], made: Int)
    }

    private let baseURL: String
    private let wallClock: WallClockOrigin
    private let redaction: Redaction
    private let isShared: Bool
    private var waiting: [(number: Int, job: Job)] = []
    private var running: [(number: Int, job: Job)] = []
    private var commands: [(job: Int, command: CarrierCommand)] = []

    /// What was made so far.
    public private(set) var rooms = PreparedRooms()
    /// Why it ended early; nil when it did not.
    public private(set) var failure: String?
    /// How many rooms are to be made.
    public let roomCount: Int

    /// Prepares to make the rooms of a plan's participants.
    public init(plan: Plan, baseURL: String, material: SignInMaterial, wallClock: WallClockOrigin) {
        self.baseURL = baseURL
        self.wallClock = wallClock
        redaction = Redaction(material.secrets)
        isShared = plan.shard.map { plan.rooms.count < $0.count } ?? false
        let used = Set(plan.participants.map(\.room))
        let planned = plan.rooms.filter { $0.making != .none && used.contains($0.index) }
        roomCount = planned.count
        var batches: [(owner: String, rooms: [PlannedRoom])] = []
        for room in planned {
            let owner = plan.participants.first { $0.room == room.index && $0.login == .owner }
            if room.making == .owner, let owner {
                waiting.append((waiting.count, ownerJob(room, owner, material)))
                continue
            }
            let account = owner.flatMap { owner in
                material.accounts.isEmpty
                    ? nil : material.accounts[(owner.account ?? 0) % material.accounts.count]
            }
            let email = account?.email ?? material.applicationOwner ?? ""
            if let index = batches.firstIndex(where: { $0.owner == email }) {
                batches[index].rooms.append(room)
            } else {
                batches.append((email, [room]))
            }
        }
        for batch in batches {
            guard let application = material.application, !batch.owner.isEmpty, !isShared else {
                failure =
                    isShared
                    ? "rooms whose names the server chooses cannot be shared between generators"
                    : "nobody is named as the owner of rooms that the application makes; name one by "
                        + "\"owner\" in external-api"
                return
            }
            let client = ExternalAPIClient(
                baseURL: baseURL, application: application, owner: batch.owner,
                accessLevels: batch.rooms.map { MeetRoom.AccessLevel($0.access) },
                browser: UserAgent(wallClock: wallClock))
            waiting.append(
                (waiting.count, .application(client, rooms: batch.rooms.map(\.index), made: 0)))
        }
    }

    private func ownerJob(_ room: PlannedRoom, _ owner: PlannedParticipant, _ material: SignInMaterial) -> Job
    {
        var configuration = MeetClient.Configuration(
            baseURL: baseURL,
            purpose: .create(slug: room.slug, accessLevel: MeetRoom.AccessLevel(room.access)),
            username: owner.name)
        let (visitor, cookies) = material.visitor(for: owner, at: CarrierURL(baseURL)?.asHTTP)
        configuration.visitor = visitor
        var browser = UserAgent(wallClock: wallClock)
        browser.cookies = cookies
        return .owner(
            MeetClient(configuration, browser: browser), room: room.index, participant: owner.index)
    }

    /// Whether there is nothing left to do, or no sense in it.
    public var isFinished: Bool { failure != nil || waiting.isEmpty && running.isEmpty }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        running.reduce(nil) { soonest, entry in
            switch entry.job {
            case .owner(let client, _, _): earliest(soonest, client.deadline)
            case .application(let client, _, _): earliest(soonest, client.deadline)
            }
        }
    }

    /// Starts what may be started, and lets time pass.
    public func tick(now: Instant) {
        for index in running.indices {
            change(index, now: now) {
                $0.tick(now: now)
            } application: {
                $0.tick(now: now)
            }
        }
        settle(now: now)
    }

    /// Takes an event of a job's carrier.
    public func receive(_ event: CarrierEvent, job: Int, now: Instant) {
        guard let index = running.firstIndex(where: { $0.number == job }) else { return }
        change(index, now: now) {
            $0.receive(event, now: now)
        } application: {
            $0.receive(event, now: now)
        }
        settle(now: now)
    }

    /// What jobs want their carriers to do, in order.
    public func takeCommands() -> [(job: Int, command: CarrierCommand)] {
        defer { commands = [] }
        return commands
    }

    private func change(
        _ index: Int, now: Instant, owner: (inout MeetClient) -> Void,
        application: (inout ExternalAPIClient) -> Void
    ) {
        switch running[index].job {
        case .owner(var client, let room, let participant):
            owner(&client)
            running[index].job = .owner(client, room: room, participant: participant)
        case .application(var client, let rooms, let made):
            application(&client)
            running[index].job = .application(client, rooms: rooms, made: made)
        }
    }

    private func settle(now: Instant) {
        var index = 0
        while index < running.count {
            if drain(index) { running.remove(at: index) } else { index += 1 }
            guard failure == nil else { return }
        }
        while running.count < Self.parallelJobs, !waiting.isEmpty {
            running.append(waiting.removeFirst())
            change(running.count - 1, now: now) {
                $0.start(now: now)
            } application: {
                $0.start(now: now)
            }
            if drain(running.count - 1) { running.removeLast() }
            guard failure == nil else { return }
        }
    }

    /// Takes what a job has to say; true when it is done.
    private func drain(_ index: Int) -> Bool {
        let number = running[index].number
        var isDone = false
        switch running[index].job {
        case .owner(var client, let room, let participant):
            while let event = client.nextEvent() {
                switch event {
                case .admitted:
                    rooms.cookies[participant] = client.browser.cookies
                    isDone = true
                case .failed(let problem):
                    // Another generator of the same plan was faster.
                    if isShared, Self.isTaken(problem) {
                        rooms.cookies[participant] = client.browser.cookies
                        isDone = true
                    } else {
                        fail(problem)
                    }
                default: break
                }
            }
            while let command = client.nextCommand() { commands.append((number, command)) }
            running[index].job = .owner(client, room: room, participant: participant)
        case .application(var client, let planned, var made):
            while let event = client.nextEvent() {
                switch event {
                case .created(let slug):
                    rooms.slugs[planned[made]] = slug
                    made += 1
                case .finished: isDone = true
                case .failed(let problem): fail(problem)
                }
            }
            while let command = client.nextCommand() { commands.append((number, command)) }
            running[index].job = .application(client, rooms: planned, made: made)
        }
        return isDone
    }

    private func fail(_ problem: MeetFailure) {
        if failure == nil { failure = redaction.apply(to: FailureText.of(problem)) }
    }

    private static func isTaken(_ problem: MeetFailure) -> Bool {
        if problem.stage == .creation, case .rejected(400, let text) = problem.reason {
            return text.contains("slug")
        }
        return false
    }
}

extension MeetRoom.AccessLevel {
    /// The level that a scenario names; nil for the deployment's own choice.
    init?(_ access: RoomAccess?) {
        switch access {
        case .public: self = .public
        case .trusted: self = .trusted
        case .restricted: self = .restricted
        case nil: return nil
        }
    }
}
