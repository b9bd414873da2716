public import Primitives
public import RTC
public import Visio
import WireFormats

/// A small, known-good Visio: Meet's API, LiveKit's signalling and an SFU that forwards, as one state machine.
///
/// It is the reference against which the generator is tested and calibrated, so what it does, it does by the
/// contract of the genuine servers. One thread drives it: carrier events and datagrams in, carrier commands and
/// datagrams out, one deadline.
public final class EmbeddedVisio {
    let configuration: EmbeddedConfiguration
    let makeHandshake: () -> any SecureHandshake
    let generator: SeededGenerator
    let ways: EmbeddedWays
    /// The TURN server, if there is one.
    var turn: TURNServer?
    /// The connections that others opened to us.
    var streams: [Int32: ServerStream] = [:]
    var identifiers: SeededGenerator
    var rooms: [Room] = []
    var roomOfName: [String: Room] = [:]
    var meet = MeetState()
    var sessions: [Session?] = []
    var sessionOfConnection: [UInt64: Session] = [:]
    var endpointOfAddress: [SocketAddress: Endpoint] = [:]
    var endpointOfFragment: [String: Endpoint] = [:]
    var commands: [ServerCarrierCommand] = []
    var schedule = DeadlineHeap()
    var pending: [Session] = []
    var egress: Egress
    var budget: ForwardingBudget
    var discarded = Outbox(capacity: 1 << 16)
    /// Faults at an instant that are still to come, the last first.
    var faults: [ScheduledFault]
    /// What participants who are gone have carried.
    var closedTotals = MediaTotals()
    var forwardingTimes = ForwardingTimes()
    private var staging = Outbox()
    private var delayLine: DelayLine
    var now = Instant.zero

    /// Every request in order, as method and path, if the configuration asks for it.
    public internal(set) var accessLog: [String] = []
    /// What was counted since the start.
    public internal(set) var statistics = EmbeddedStatistics()

    /// What the server takes of its machine, for its metrics page; nil where the host does not say.
    public var usage: ServerUsage?

    /// Starts a deployment without rooms.
    ///
    /// - Parameters:
    ///   - configuration: Keys, addresses and deliberate faults.
    ///   - ways: The sockets by which it is reached; they become ICE candidates.
    ///   - generator: Source of ids, credentials and deliberate loss.
    ///   - makeHandshake: Makes the DTLS end of one participant.
    public init(
        configuration: EmbeddedConfiguration, ways: EmbeddedWays, generator: SeededGenerator,
        makeHandshake: @escaping () -> any SecureHandshake
    ) {
        self.configuration = configuration
        self.ways = ways
        turn = Self.makeRelayServer(configuration, ways: ways, generator: generator)
        self.generator = generator
        self.makeHandshake = makeHandshake
        identifiers = generator.fork("identifiers")
        faults = ScheduledFault.all(of: configuration.behaviour)
        egress = Egress(behaviour: configuration.behaviour, generator: generator.fork("egress"))
        delayLine = DelayLine(delay: configuration.behaviour.addedDelay)
        budget = ForwardingBudget(packetsPerSecond: configuration.behaviour.maximumForwardedPerSecond)
    }

    /// Takes what the carriers could not do without the world: answers, upgrades, frames and closes, in order.
    public func takeCommands() -> [ServerCarrierCommand] {
        defer { commands.removeAll(keepingCapacity: true) }
        return commands
    }

    /// Whether the deployment has fallen silent on purpose.
    var isSilent: Bool {
        guard let from = configuration.behaviour.silentFrom else { return false }
        return now >= from
    }

    /// Takes one datagram, or one message of a stream.
    ///
    /// - Parameters:
    ///   - datagram: Is decrypted in place; valid for the call.
    ///   - socket: The socket or stream that it came by.
    ///   - source: Where it came from.
    public func receive(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress, now: Instant,
        into outbox: inout Outbox
    ) {
        self.now = now
        guard !isSilent, !isBlackedOut, !isBlocked(socket, source),
            !receiveRelayed(datagram, on: socket, from: source, into: &outbox)
        else { return }
        guard let endpoint = endpoint(of: datagram, on: socket, from: source) else {
            statistics.strayDatagrams += 1
            return
        }
        guard delayLine.isActive else {
            return receive(datagram, on: socket, from: source, of: endpoint, into: &outbox)
        }
        receive(datagram, on: socket, from: source, of: endpoint, into: &staging)
        delayLine.take(from: &staging, now: now)
    }

    private func receive(
        _ datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress,
        of endpoint: Endpoint, into outbox: inout Outbox
    ) {
        let first = outbox.entries.count
        defer { dropBlocked(from: first, in: &outbox) }
        let inbound = endpoint.peer.receive(datagram, on: socket, from: source, now: now, into: &outbox)
        noteDestinations(of: endpoint, in: outbox, from: first)
        if case .media(let packet) = inbound, endpoint.peer === endpoint.session.uplink {
            forward(packet, in: datagram, of: endpoint.session, into: &outbox)
        }
        schedule(endpoint.session)
    }

    /// Does what is due; call at `deadline`, or on a tick.
    public func tick(now: Instant, into outbox: inout Outbox) {
        self.now = now
        guard !isSilent else { return }
        if isBlackedOut {
            work(into: &staging)
            return staging.removeAll()
        }
        guard delayLine.isActive else { return work(into: &outbox) }
        work(into: &staging)
        delayLine.take(from: &staging, now: now)
        delayLine.release(now: now, into: &outbox)
    }

    private func work(into outbox: inout Outbox) {
        let first = outbox.entries.count
        defer { dropBlocked(from: first, in: &outbox) }
        turn?.tick(now: now)
        commitFaults()
        serveScheduled(into: &outbox)
        while let index = schedule.popDue(now: now) {
            guard let session = sessions[Int(index)] else { continue }
            for peer in session.peers {
                let first = outbox.entries.count
                peer.tick(now: now, into: &outbox)
                noteDestinations(of: Endpoint(session: session, peer: peer), in: outbox, from: first)
            }
            schedule(session)
        }
        for room in rooms where room.deadline <= now { report(in: room) }
        serveScheduled(into: &outbox)
    }

    /// When `tick` must be called next; nil when there is nobody.
    public var deadline: Instant? {
        guard !isSilent else { return nil }
        guard pending.isEmpty else { return now }
        var soonest = earliest(schedule.soonest, earliest(delayLine.deadline, faults.last?.at))
        soonest = earliest(soonest, turn?.deadline)
        for room in rooms { soonest = earliest(soonest, room.deadline) }
        return soonest
    }

    /// Puts a session on the list of those whose events and deadline must be looked at.
    func schedule(_ session: Session) {
        guard !session.isScheduled else { return }
        session.isScheduled = true
        pending.append(session)
    }

    private func serveScheduled(into outbox: inout Outbox) {
        // Serving one session may schedule others; the list grows while it is walked.
        var position = 0
        while position < pending.count {
            let session = pending[position]
            position += 1
            session.isScheduled = false
            serve(session, into: &outbox)
        }
        pending.removeAll(keepingCapacity: true)
    }

    private func serve(_ session: Session, into outbox: inout Outbox) {
        guard sessions[session.index] === session else { return }
        for peer in session.peers {
            while let event = peer.nextEvent() { handle(event, of: session, by: peer, into: &outbox) }
        }
        guard sessions[session.index] === session else { return }
        while let request = session.downlink.nextRetransmission() {
            retransmit(request, to: session, into: &outbox)
        }
        checkTimers(of: session)
        guard sessions[session.index] === session else { return }
        var deadline = session.negotiateAt
        for peer in session.peers { deadline = earliest(deadline, peer.deadline) }
        deadline = earliest(deadline, earliest(session.offering.deadline, session.resumeBy))
        if !session.isActive { deadline = earliest(deadline, session.joinedAt + Self.joinTimeout) }
        deadline = earliest(deadline, session.nextTokenRefresh)
        for track in session.tracks { deadline = earliest(deadline, track.demandDeadline) }
        schedule.set(Int32(session.index), at: deadline)
    }

    /// A participant whose media is not up by then is sent away, as LiveKit does.
    static let joinTimeout = Interval.seconds(60)

    private func checkTimers(of session: Session) {
        if !session.isActive, now >= session.joinedAt + Self.joinTimeout {
            remove(session, reason: .joinFailure)
            return
        }
        if let due = session.resumeBy, due <= now { return remove(session, reason: .connectionTimeout) }
        if let due = session.offering.deadline, due <= now {
            return remove(session, reason: .stateMismatch, action: .reconnect)
        }
        if let due = session.negotiateAt, due <= now {
            if session.isDual { offer(to: session) } else { requestOffer(of: session) }
        }
        if now >= session.nextTokenRefresh { refreshToken(of: session) }
        for track in session.tracks where track.demandDeadline.map({ $0 <= now }) ?? false {
            updateDemand(of: track)
        }
    }

    private func endpoint(
        of datagram: UnsafeMutableRawBufferPointer, on socket: Int32, from source: SocketAddress
    ) -> Endpoint? {
        let bytes = UnsafeRawBufferPointer(datagram)
        if streams[socket] != nil { return endpoint(of: bytes, onStream: socket) }
        // A check says whose it is, even where the address belonged to somebody else before.
        if DatagramKind.classify(bytes) == .stun, let fragment = STUNMessage.localUsernameFragment(of: bytes),
            let endpoint = endpointOfFragment[fragment]
        {
            endpointOfAddress[source] = endpoint
            return endpoint
        }
        return endpointOfAddress[source]
    }

    /// Remembers whom our own checks went to, since their answers do not say whose they are.
    private func noteDestinations(of endpoint: Endpoint, in outbox: borrowing Outbox, from first: Int) {
        guard !endpoint.session.isActive || endpoint.peer.iceState != .connected else { return }
        for entry in outbox.entries[first...]
        where endpointOfAddress[entry.destination] == nil && streams[entry.socket] == nil {
            endpointOfAddress[entry.destination] = endpoint
        }
    }
}

/// One peer connection of one participant, as datagrams find it.
struct Endpoint {
    let session: Session
    let peer: PeerConnection
}
