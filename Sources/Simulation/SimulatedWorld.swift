public import EmbeddedVisio
public import LoadGen
public import Media
public import Primitives
public import RTC
public import Scenario
public import Visio

/// A whole deployment with its participants in virtual time: the same shard and the same server as in a real run,
/// on an emulated network.
///
/// The same plan gives the same samples, bit for bit.
public final class SimulatedWorld {
    /// How the network between participants and server behaves.
    public struct Network: Sendable {
        /// From participants to the server.
        public var up: NetworkPathProfile
        /// From the server to participants.
        public var down: NetworkPathProfile
        /// One way of an HTTP or WebSocket message.
        public var signallingDelay: Interval
        /// Numbers of the datagrams that each participant's own socket drops, counted from 1, as a full buffer would.
        public var socketDrops: Set<UInt64>
        /// The chance that a hostile datagram follows one on its way, in both directions: half of them are copies
        /// with flipped bits, half are random bytes.
        public var hostility: Double
        /// The chance that a frame of signalling from the server is followed by one that makes no sense: random bytes,
        /// or a message of a kind and with values that no version knows.
        public var babble = 0.0

        /// A network with the given paths; by default 1 ms one way and nothing else.
        public init(
            up: NetworkPathProfile = NetworkPathProfile(delay: .milliseconds(1)),
            down: NetworkPathProfile = NetworkPathProfile(delay: .milliseconds(1)),
            signallingDelay: Interval = .milliseconds(2), socketDrops: Set<UInt64> = [], hostility: Double = 0
        ) {
            self.up = up
            self.down = down
            self.signallingDelay = signallingDelay
            self.socketDrops = socketDrops
            self.hostility = hostility
        }
    }

    enum Event {
        /// A datagram, or a message of a stream.
        case message([UInt8], to: Int32, from: SocketAddress)
        case stream(StreamEvent, Int32)
        case serverCarrier(ServerCarrierEvent)
        case participantCarrier(CarrierEvent, participant: Int)
        /// Of a WebSocket, which may have been replaced meanwhile.
        case socket(CarrierEvent, connection: UInt64)
    }

    /// The participants.
    public let shard: ClientShard
    /// The deployment.
    public let server: EmbeddedVisio
    /// What looks at the deployment beside the run; nil for nothing.
    public var watch: ServerWatch?
    /// Why rooms of the plan could not be made; nil when they could.
    public let preparationFailure: String?
    /// Virtual time.
    public private(set) var now = Instant.zero
    /// Datagrams that were carried, in both directions.
    public internal(set) var datagramCount = 0
    /// Hostile datagrams that were thrown in.
    public internal(set) var hostileCount = 0
    /// Gets every frame of signalling as it is sent: whose, whether from the participant, and its bytes.
    public var onSignal: ((_ participant: Int, _ isFromParticipant: Bool, _ bytes: [UInt8]) -> Void)?
    /// Most rounds of work at one instant: a machine whose deadline never moves on makes it grow.
    public private(set) var mostRoundsPerInstant = 0

    var network: Network
    let sockets: SimulatedSockets
    var queue = EventQueue<Event>()
    /// Paths of participants' UDP sockets to the server, and back.
    var upward: [NetworkPathEmulator] = []
    var downward: [NetworkPathEmulator] = []
    /// Streams between participants and the server, and which of them a socket is an end of.
    var streams: [SimulatedStream] = []
    var streamOfSocket: [Int32: Int] = [:]
    let generator: SeededGenerator
    var hostility: SeededGenerator
    private var rounds = 0
    private var outbox = Outbox()
    private let room: UnsafeMutableRawBufferPointer
    var participantOfConnection: [UInt64: Int] = [:]
    var connectionOfParticipant: [Int: UInt64] = [:]
    var requestOfExchange: [UInt64: (participant: Int, request: Int)] = [:]
    var nextExchange: UInt64 = 1
    /// The doors at which streams are accepted.
    let listeners: [Int32]

    /// More rounds at one instant than any number of participants can need.
    private static let roundLimit = 1_000_000
    /// Base URL of the deployment's HTTP side.
    public static let publicURL = "http://127.0.0.1:8080"
    /// The key that signs and checks tokens: nobody outside of the world needs it.
    public static let credentials = AccessToken.Credentials(key: "simulation", secret: "simulation-secret")
    /// A fixed date, so that tokens and capture times repeat: 28 January 2026, 09:00 in Paris.
    public static let wallClock = WallClockOrigin(unixNanoseconds: 1_769_587_200_000_000_000)
    /// The watch is carried like a participant with this number.
    private static let watchNumber = -1

    /// Builds a world in which nothing has happened yet.
    public init(
        plan: Plan, clips: ClipLibrary, network: Network = Network(),
        behaviour: EmbeddedConfiguration.Behaviour = .init(), isICELite: Bool = false,
        adjusting adjust: (inout MeetOptions) -> Void = { _ in }
    ) {
        self.network = network
        sockets = SimulatedSockets(dropNumbers: network.socketDrops)
        let run = SeededGenerator(seed: plan.seed)
        generator = run.fork("network")
        hostility = run.fork("hostility")
        room = .allocate(byteCount: 2048, alignment: 64)
        let wallClock = Self.wallClock
        var configuration = EmbeddedConfiguration(
            credentials: Self.credentials, publicURL: Self.publicURL, wallClock: wallClock)
        configuration.behaviour = behaviour
        configuration.isICELite = isICELite
        configuration.meet = MeetOptions(plan)
        let material = SignInMaterial(
            accounts: configuration.meet.accounts, application: configuration.meet.application,
            applicationOwner: configuration.meet.steward?.email)
        adjust(&configuration.meet)
        configuration.keepsAccessLog = true
        var handshakes = 0
        let serverGenerator = run.fork("server")
        let ways = Self.openWays(behaviour.ways, sockets)
        listeners = (ways.tcp + [ways.turnTCP, ways.turnTLS].compactMap { $0 }).map(\.socket)
        let deployment = EmbeddedVisio(
            configuration: configuration, ways: ways, generator: serverGenerator,
            makeHandshake: {
                handshakes += 1
                return SimulatedHandshake(generator: serverGenerator.fork("handshake", handshakes))
            })
        server = deployment
        let preparation = RoomPreparation(
            plan: plan, baseURL: Self.publicURL, material: material, wallClock: wallClock)
        Self.run(preparation, on: deployment)
        preparationFailure = preparation.failure
        var environment = ShardEnvironment(
            entrance: .meet(baseURL: Self.publicURL), wallClock: wallClock, clips: clips, sockets: sockets,
            streams: sockets, permitsMedia: { $0.isLoopback },
            makeHandshake: { SimulatedHandshake(generator: $0) })
        environment.signIn = material
        environment.prepared = preparation.rooms
        environment.triesSilentLogin = plan.signIn.isSilent
        shard = ClientShard(
            plan: plan, participants: plan.participants.map(\.index), environment: environment)
    }

    deinit { room.deallocate() }

    /// Makes the rooms of the plan before time begins: every question is answered at once.
    private static func run(_ preparation: RoomPreparation, on server: EmbeddedVisio) {
        preparation.tick(now: .zero)
        var questions = preparation.takeCommands()
        while !questions.isEmpty {
            for (job, command) in questions {
                guard case .request(let id, let message) = command else { continue }
                server.receive(.request(exchange: 0, local(message)), now: .zero)
                for case .respond(_, let response) in server.takeCommands() {
                    preparation.receive(.response(id: id, response), job: job, now: .zero)
                }
            }
            questions = preparation.takeCommands()
        }
    }

    /// Lets time pass until `end` or until every call is over; returns false when they all are.
    @discardableResult
    public func run(until end: Instant) -> Bool {
        while let next = earliest(
            earliest(queue.soonest, watch?.deadline), earliest(shard.deadline, server.deadline))
        {
            guard next <= end else { break }
            advance(to: next)
            while let event = queue.popDue(now: now) { deliver(event.event) }
            if let due = shard.deadline, due <= now {
                shard.tick(now: now, into: &outbox)
                flush()
            }
            if let due = watch?.deadline, due <= now {
                watch?.tick(now: now)
                flush()
            }
            if let due = server.deadline, due <= now {
                server.tick(now: now, into: &outbox)
                flush()
            }
            if shard.isFinished { return false }
        }
        now = max(now, end)
        return true
    }

    /// Reads the deployment's pages a last time, and waits for the answers.
    public func finishWatch() {
        watch?.finish(now: now)
        flush()
        while watch?.isQuiet == false, let next = queue.soonest {
            advance(to: next)
            while let event = queue.popDue(now: now) { deliver(event.event) }
        }
    }

    /// Changes the network from now on; what is under way arrives as it would have.
    public func change(to network: Network) {
        self.network = network
        for path in upward.indices {
            upward[path].profile = network.up
            downward[path].profile = network.down
        }
    }

    /// What each participant's path to the server did, in the order in which their sockets were opened.
    public var upwardStatistics: [NetworkPathEmulator.Statistics] { upward.map(\.statistics) }

    /// What the path from the server to each participant did, in the order in which their sockets were opened.
    public var downwardStatistics: [NetworkPathEmulator.Statistics] { downward.map(\.statistics) }

    private func advance(to next: Instant) {
        rounds = next > now ? 1 : rounds + 1
        precondition(rounds < Self.roundLimit, "a deadline does not move on")
        mostRoundsPerInstant = max(mostRoundsPerInstant, rounds)
        now = max(now, next)
    }

    /// Ends every call that is still going.
    public func cut() {
        shard.cut(now: now, into: &outbox)
        flush()
    }

    private func deliver(_ event: Event) {
        switch event {
        case .message(let bytes, let socket, let source):
            guard sockets.isOpen(socket) else { return }
            let owner = sockets.entries[Int(socket)].owner
            let message = place(bytes)
            if owner == SimulatedSockets.server {
                server.receive(message, on: socket, from: source, now: now, into: &outbox)
            } else if sockets.takes(socket: socket) {
                shard.receive(
                    message, socket: socket, owner: owner, from: source, now: now, into: &outbox)
            }
        case .stream(let event, let socket):
            let owner = sockets.entries[Int(socket)].owner
            if owner == SimulatedSockets.server {
                server.receive(event, socket: socket, now: now)
            } else {
                shard.receive(event, socket: socket, owner: owner, now: now, into: &outbox)
            }
        case .serverCarrier(let event): server.receive(event, now: now)
        case .participantCarrier(let event, Self.watchNumber): watch?.receive(event, now: now)
        case .participantCarrier(let event, let participant):
            shard.receive(event, participant: participant, now: now, into: &outbox)
        case .socket(let event, let connection):
            guard let participant = participantOfConnection[connection],
                connectionOfParticipant[participant] == connection
            else { return }
            if case .webSocketClosed = event { forget(connection) }
            shard.receive(event, participant: participant, now: now, into: &outbox)
        }
        flush()
    }

    private func place(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        room.copyBytes(from: bytes)
        return UnsafeMutableRawBufferPointer(rebasing: room[..<bytes.count])
    }

    /// Carries what the machines wrote into the network.
    private func flush() {
        for entry in outbox.entries { send(entry, Array(outbox.bytes(of: entry))) }
        outbox.removeAll()
        for opening in sockets.takeOpenings() { open(opening) }
        for socket in sockets.takeClosings() { close(socket) }
        for (participant, command) in shard.takeCommands() { carry(command, of: participant) }
        for command in watch?.takeCommands() ?? [] { carry(command, of: Self.watchNumber) }
        for command in server.takeCommands() { carry(command) }
    }
}
