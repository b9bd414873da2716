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

    private enum Event {
        case toServer([UInt8], from: SocketAddress)
        case toParticipant([UInt8], socket: Int32)
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
    public private(set) var datagramCount = 0
    /// Hostile datagrams that were thrown in.
    public private(set) var hostileCount = 0
    /// Gets every frame of signalling as it is sent: whose, whether from the participant, and its bytes.
    public var onSignal: ((_ participant: Int, _ isFromParticipant: Bool, _ bytes: [UInt8]) -> Void)?
    /// Most rounds of work at one instant: a machine whose deadline never moves on makes it grow.
    public private(set) var mostRoundsPerInstant = 0

    private let network: Network
    private let sockets: SimulatedSockets
    private var queue = EventQueue<Event>()
    private var upward: [NetworkPathEmulator] = []
    private var downward: [NetworkPathEmulator] = []
    private let generator: SeededGenerator
    private var hostility: SeededGenerator
    private var rounds = 0
    private var outbox = Outbox()
    private let room: UnsafeMutableRawBufferPointer
    private var participantOfConnection: [UInt64: Int] = [:]
    private var connectionOfParticipant: [Int: UInt64] = [:]
    private var requestOfExchange: [UInt64: (participant: Int, request: Int)] = [:]
    private var nextExchange: UInt64 = 1

    /// More rounds at one instant than any number of participants can need.
    private static let roundLimit = 1_000_000
    private static let mediaAddress = SocketAddress.loopback(port: 7882)
    private static let serverSocket: Int32 = -1
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
        behaviour: EmbeddedConfiguration.Behaviour = .init(),
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
        configuration.meet = MeetOptions(plan)
        let material = SignInMaterial(
            accounts: configuration.meet.accounts, application: configuration.meet.application,
            applicationOwner: configuration.meet.steward?.email)
        adjust(&configuration.meet)
        configuration.keepsAccessLog = true
        var handshakes = 0
        let serverGenerator = run.fork("server")
        let deployment = EmbeddedVisio(
            configuration: configuration, mediaAddress: Self.mediaAddress, socket: Self.serverSocket,
            generator: serverGenerator,
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
            direction: Self.mediaAddress, permitsMedia: { $0.isLoopback },
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
        case .toServer(let bytes, let source):
            let datagram = place(bytes)
            server.receive(datagram, from: source, now: now, into: &outbox)
        case .toParticipant(let bytes, let socket):
            guard let owner = sockets.owner(of: socket), sockets.takes(socket: socket) else { return }
            let datagram = place(bytes)
            shard.receive(
                datagram, socket: socket, owner: owner, from: Self.mediaAddress, now: now, into: &outbox)
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
        for (participant, command) in shard.takeCommands() { carry(command, of: participant) }
        for command in watch?.takeCommands() ?? [] { carry(command, of: Self.watchNumber) }
        for command in server.takeCommands() { carry(command) }
    }

    private func send(_ entry: Outbox.Entry, _ bytes: [UInt8]) {
        datagramCount += 1
        if entry.socket == Self.serverSocket {
            guard let socket = sockets.socket(at: entry.destination) else { return }
            let delivery = admit(bytes.count, path: Int(socket), isUp: false)
            if let at = delivery.first { queue.schedule(.toParticipant(bytes, socket: socket), at: at) }
            if let at = delivery.second { queue.schedule(.toParticipant(bytes, socket: socket), at: at) }
            if let at = delivery.first, let fake = makeHostile(bytes) {
                queue.schedule(.toParticipant(fake, socket: socket), at: at)
            }
        } else {
            guard entry.destination == Self.mediaAddress else { return }
            let delivery = admit(bytes.count, path: Int(entry.socket), isUp: true)
            let source = sockets.address(of: entry.socket)
            if let at = delivery.first { queue.schedule(.toServer(bytes, from: source), at: at) }
            if let at = delivery.second { queue.schedule(.toServer(bytes, from: source), at: at) }
            if let at = delivery.first, let fake = makeHostile(bytes) {
                queue.schedule(.toServer(fake, from: source), at: at)
            }
        }
    }

    /// What an attacker makes of a datagram it sees, if it does anything this time.
    private func makeHostile(_ bytes: [UInt8]) -> [UInt8]? {
        guard network.hostility > 0, hostility.chance(network.hostility), !bytes.isEmpty else { return nil }
        hostileCount += 1
        guard hostility.chance(0.5) else { return hostility.bytes(Int(hostility.next() % 200) + 1) }
        var fake = bytes
        for _ in 0...hostility.next() % 4 {
            fake[Int(hostility.next() % UInt64(fake.count))] ^= 1 << UInt8(hostility.next() % 8)
        }
        // An even number of flips in one place may have undone each other.
        return fake == bytes ? Array(fake.dropLast()) : fake
    }

    /// A frame that makes no sense, in one of three ways.
    private func makeBabble() -> [UInt8] {
        switch hostility.next() % 3 {
        case 0: return hostility.bytes(Int(hostility.next() % 60) + 1)
        // Field 200 of a response, which no version has, with an empty message in it.
        case 1: return [0xc2, 0x0c, 0x00]
        default:
            var leave = LiveKitLeaveRequest()
            leave.action = LiveKitLeaveRequest.Action(rawValue: 77) ?? .disconnect
            leave.reason = LiveKitDisconnectReason(rawValue: 99) ?? .unknownReason
            return LiveKitSignalResponse(.leave(leave)).encoded()
        }
    }

    private func admit(_ byteCount: Int, path: Int, isUp: Bool) -> NetworkPathEmulator.Delivery {
        while upward.count <= path {
            let index = upward.count
            upward.append(NetworkPathEmulator(profile: network.up, generator: generator.fork("up", index)))
            downward.append(
                NetworkPathEmulator(profile: network.down, generator: generator.fork("down", index)))
        }
        if isUp { return upward[path].admit(byteCount: byteCount, now: now) }
        return downward[path].admit(byteCount: byteCount, now: now)
    }

    private func carry(_ command: CarrierCommand, of participant: Int) {
        let at = now + network.signallingDelay
        switch command {
        case .request(let id, let message):
            let exchange = takeExchange()
            requestOfExchange[exchange] = (participant, id)
            queue.schedule(.serverCarrier(.request(exchange: exchange, Self.local(message))), at: at)
        case .openWebSocket(let url, let headers):
            let exchange = takeExchange()
            participantOfConnection[exchange] = participant
            connectionOfParticipant[participant] = exchange
            let message = HTTPRequestMessage(method: "GET", url: url, headers: headers)
            queue.schedule(.serverCarrier(.upgradeRequested(exchange: exchange, Self.local(message))), at: at)
        case .sendBinary(let bytes):
            guard let connection = connectionOfParticipant[participant] else { return }
            onSignal?(participant, true, bytes)
            queue.schedule(.serverCarrier(.binary(connection: connection, bytes)), at: at)
        case .closeWebSocket(let code):
            guard let connection = connectionOfParticipant[participant] else { return }
            queue.schedule(.serverCarrier(.closed(connection: connection)), at: at)
            queue.schedule(.socket(.webSocketClosed(code: code), connection: connection), at: at)
        }
    }

    private func forget(_ connection: UInt64) {
        guard let participant = participantOfConnection.removeValue(forKey: connection) else { return }
        if connectionOfParticipant[participant] == connection { connectionOfParticipant[participant] = nil }
    }

    private func carry(_ command: ServerCarrierCommand) {
        let at = now + network.signallingDelay
        switch command {
        case .respond(let exchange, let message):
            guard let (participant, id) = requestOfExchange.removeValue(forKey: exchange) else { return }
            queue.schedule(.participantCarrier(.response(id: id, message), participant: participant), at: at)
        case .acceptUpgrade(let exchange):
            queue.schedule(.socket(.webSocketOpened, connection: exchange), at: at)
        case .rejectUpgrade(let exchange, let message):
            let body = String(decoding: message.body, as: UTF8.self)
            queue.schedule(
                .socket(.webSocketRefused(status: message.status, body: body), connection: exchange), at: at)
        case .sendBinary(let connection, let bytes):
            if let participant = participantOfConnection[connection] { onSignal?(participant, false, bytes) }
            queue.schedule(.socket(.binary(bytes), connection: connection), at: at)
            if network.babble > 0, hostility.chance(network.babble) {
                queue.schedule(.socket(.binary(makeBabble()), connection: connection), at: at)
            }
        case .close(let connection, let code):
            queue.schedule(.socket(.webSocketClosed(code: code), connection: connection), at: at)
        case .drop(let connection):
            queue.schedule(.socket(.webSocketClosed(code: 1006), connection: connection), at: at)
        }
    }

    private func takeExchange() -> UInt64 {
        defer { nextExchange += 1 }
        return nextExchange
    }

    /// A server sees paths, not whole addresses.
    private static func local(_ message: HTTPRequestMessage) -> HTTPRequestMessage {
        var message = message
        message.url = CarrierURL(message.url)?.target ?? message.url
        return message
    }
}
