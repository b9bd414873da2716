public import Primitives
public import Probe
import RTC
public import Scenario
public import Visio

/// A share of a plan's participants on one thread: starts them, drives them, and folds what they measure.
///
/// Sans-IO: the host brings carrier events and datagrams and calls `tick` at `deadline` or on its own beat; the shard
/// answers with datagrams, carrier commands and sample batches.
public final class ClientShard {
    private let plan: Plan
    private let cohorts: [String]
    private var clients: [SyntheticClient] = []
    private var samplers: [ParticipantSampler] = []
    /// The access network of each client; nil where nothing is emulated.
    private var links: [AccessLink?] = []
    private var cohortOf: [Int] = []
    /// Position of a participant in `clients` by its index in the plan; -1 for others.
    private var positionOf: [Int] = []
    private var deadlines = DeadlineHeap()
    private var collectors: [DelayCollector]
    private var seconds: [CohortSecond] = []
    private var currentSecond = 0
    private var currentPhase = 0
    private var batch = SampleBatch()
    private var commands: [(participant: Int, command: CarrierCommand)] = []
    private var connected = 0
    private var ended = 0
    private let scratch: UnsafeMutableRawBufferPointer
    /// What a client behind an access network writes, before it enters there.
    private var staging = Outbox(capacity: 1 << 20)
    /// Where datagrams lie that come from an access network.
    private let room: UnsafeMutableRawBufferPointer

    /// Makes the clients of the given participants; nothing happens before the first `tick`.
    ///
    /// - Parameters:
    ///   - plan: The whole plan.
    ///   - participants: Indexes into the plan's participants that this shard plays.
    ///   - environment: What the host provides.
    public init(plan: Plan, participants: [Int], environment: ShardEnvironment) {
        self.plan = plan
        cohorts = plan.cohorts
        collectors = cohorts.map { _ in DelayCollector() }
        scratch = .allocate(byteCount: 4096, alignment: 16)
        room = .allocate(byteCount: EmulatedPath.maximumDatagramSize, alignment: 16)
        let run = SeededGenerator(seed: plan.seed)
        let company = RoomCompany(plan)
        let positions = Dictionary(uniqueKeysWithValues: cohorts.enumerated().map { ($1, $0) })
        let known = Dictionary(uniqueKeysWithValues: plan.participants.map { ($0.index, $0) })
        for index in participants {
            guard let planned = known[index] else { continue }
            while positionOf.count <= index { positionOf.append(-1) }
            positionOf[index] = clients.count
            clients.append(
                SyntheticClient(
                    planned: planned, plan: plan, environment: environment,
                    generator: run.fork("client", index), company: company.arrivals(beside: planned),
                    scratch: scratch))
            samplers.append(ParticipantSampler(index: index))
            links.append(
                AccessLink(plan.network(of: planned), generator: run.fork("access-network", index)))
            cohortOf.append(positions[planned.cohort] ?? 0)
        }
        for position in clients.indices {
            deadlines.set(
                Int32(position), at: earliest(clients[position].deadline, samplers[position].nextLook))
        }
        startSecond(0)
    }

    deinit {
        scratch.deallocate()
        room.deallocate()
    }

    /// Participants this shard plays.
    public var participantCount: Int { clients.count }
    /// Participants with media up now.
    public var connectedCount: Int { connected }
    /// Whether every call is over.
    public var isFinished: Bool { ended == clients.count }
    /// The worst delay of a media frame against its planned instant since the last call.
    public func takeWorstLateness() -> Interval {
        var worst = Interval.zero
        for client in clients {
            worst = max(worst, client.worstLateness)
            client.worstLateness = .zero
        }
        return worst
    }

    /// When `tick` must be called next; nil when every call is over.
    public var deadline: Instant? {
        isFinished ? nil : earliest(deadlines.soonest, Instant.seconds(Double(currentSecond + 1)))
    }

    /// Does everything that is due by `now`.
    public func tick(now: Instant, into outbox: inout Outbox) {
        while let id = deadlines.popDue(now: now) {
            let position = Int(id)
            let client = clients[position]
            let wasEnded = client.phase == .ended
            if links[position] != nil {
                tickBehindLink(position, now: now, into: &outbox)
            } else if !wasEnded {
                client.tick(now: now, into: &outbox)
            }
            if now >= samplers[position].nextLook { look(position, now: now) }
            settle(position, wasEnded: wasEnded, now: now, into: &outbox)
        }
        while now >= Instant.seconds(Double(currentSecond + 1)) { closeSecond(now: now) }
    }

    /// Takes a datagram for the participant that owns the socket.
    public func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        guard owner < positionOf.count, positionOf[owner] >= 0 else { return }
        let position = positionOf[owner]
        let client = clients[position]
        let wasEnded = client.phase == .ended
        guard links[position] == nil else {
            links[position]?.receive(
                datagram, socket: socket, isStream: client.isStream(socket), from: source, now: now)
            deliver(position, now: now)
            return settle(position, wasEnded: wasEnded, now: now, into: &outbox)
        }
        client.receive(
            datagram, on: socket, from: source, now: now, delays: &collectors[cohortOf[position]],
            into: &outbox)
        settle(position, wasEnded: wasEnded, now: now, into: &outbox)
    }

    /// Takes what happened to a stream, for the participant that owns it.
    public func receive(
        _ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox
    ) {
        guard owner < positionOf.count, positionOf[owner] >= 0 else { return }
        let position = positionOf[owner]
        let client = clients[position]
        let wasEnded = client.phase == .ended
        if links[position] != nil {
            let roundTrips = client.roundTrips(toOpen: socket)
            links[position]?.receive(event, socket: socket, roundTrips: roundTrips, now: now)
            deliver(position, now: now)
        } else {
            client.receive(event, socket: socket, now: now, into: &outbox)
        }
        settle(position, wasEnded: wasEnded, now: now, into: &outbox)
    }

    /// Takes an event of a participant's HTTP or WebSocket carrier.
    public func receive(_ event: CarrierEvent, participant: Int, now: Instant, into outbox: inout Outbox) {
        guard participant < positionOf.count, positionOf[participant] >= 0 else { return }
        let position = positionOf[participant]
        let client = clients[position]
        let wasEnded = client.phase == .ended
        if links[position] != nil {
            links[position]?.receive(event, now: now)
            deliver(position, now: now)
        } else {
            client.receive(event, now: now, into: &outbox)
        }
        settle(position, wasEnded: wasEnded, now: now, into: &outbox)
    }

    /// What participants want their HTTP and WebSocket carriers to do, in order.
    public func takeCommands() -> [(participant: Int, command: CarrierCommand)] {
        defer { commands.removeAll(keepingCapacity: true) }
        return commands
    }

    /// What was measured since the last call.
    public func takeBatch() -> SampleBatch {
        defer { batch = SampleBatch() }
        return batch
    }

    /// Ends every call that is still going; what was measured stays.
    public func cut(now: Instant, into outbox: inout Outbox) {
        for position in clients.indices where clients[position].phase != .ended {
            // The farewell takes no emulated path: nobody measures any more.
            clients[position].cut(now: links[position]?.time(at: now) ?? now, into: &outbox)
            settle(position, wasEnded: false, now: now, into: &outbox)
        }
    }

    /// Closes the last second and phase; call once, after `isFinished` or `cut`.
    public func finish(now: Instant) {
        closeSecond(now: now)
        closePhase()
    }

    /// Lets a client behind an access network take what has arrived by `now`.
    private func deliver(_ position: Int, now: Instant) {
        let client = clients[position]
        while let arrival = links[position]?.takeArrival(by: now, into: room) {
            switch arrival {
            case .datagram(let datagram):
                client.receive(
                    UnsafeMutableRawBufferPointer(rebasing: room[..<datagram.count]), on: datagram.socket,
                    from: datagram.peer, now: datagram.instant, delays: &collectors[cohortOf[position]],
                    into: &staging)
                links[position]?.send(&staging, isStream: client.isStream, now: datagram.instant)
            case .event(let event, let instant):
                client.receive(event, now: instant, into: &staging)
                links[position]?.send(&staging, isStream: client.isStream, now: instant)
            case .stream(let event, let socket, let instant):
                client.receive(event, socket: socket, now: instant, into: &staging)
                links[position]?.send(&staging, isStream: client.isStream, now: instant)
            }
        }
    }

    private func tickBehindLink(_ position: Int, now: Instant, into outbox: inout Outbox) {
        deliver(position, now: now)
        let client = clients[position]
        guard client.phase != .ended, let time = links[position]?.time(at: now) else { return }
        client.tick(now: time, into: &staging)
        links[position]?.send(&staging, isStream: client.isStream, now: time)
    }

    /// Passes on what has passed the access network, or everything once the call is over.
    private func release(_ position: Int, now: Instant, into outbox: inout Outbox) {
        let client = clients[position]
        let limit = client.phase == .ended ? Instant.distantFuture : now
        for command in client.commands { links[position]?.send(command, now: now) }
        client.commands.removeAll(keepingCapacity: true)
        links[position]?.release(by: limit, through: room, into: &outbox)
        while let command = links[position]?.takeCommand(by: limit) {
            commands.append((client.planned.index, command))
        }
    }

    private func settle(_ position: Int, wasEnded: Bool, now: Instant, into outbox: inout Outbox) {
        let client = clients[position]
        if links[position] != nil { release(position, now: now, into: &outbox) }
        for command in client.commands { commands.append((client.planned.index, command)) }
        client.commands.removeAll(keepingCapacity: true)
        for (quantity, microseconds) in client.delays {
            collectors[cohortOf[position]].add(quantity, microseconds: microseconds)
        }
        client.delays.removeAll(keepingCapacity: true)
        batch.events += client.events
        client.events.removeAll(keepingCapacity: true)
        batch.sessions += client.sessions
        client.sessions.removeAll()
        batch.losses += client.losses
        client.losses.removeAll(keepingCapacity: true)
        if client.phase == .ended {
            if !wasEnded { close(position, now: now) }
            deadlines.remove(Int32(position))
        } else {
            let deadline = earliest(client.deadline, links[position]?.deadline)
            deadlines.set(Int32(position), at: earliest(deadline, samplers[position].nextLook))
        }
    }

    private func close(_ position: Int, now: Instant) {
        look(position, now: now)
        let cohort = cohortOf[position]
        if let sample = samplers[position].cut(clients[position], force: true, now: now) {
            batch.participants.append(sample)
        }
        var outcome = clients[position].makeOutcome(delays: &collectors[cohort], now: now)
        outcome.emulated = links[position]?.counts
        batch.outcomes.append(outcome)
        ended += 1
    }

    private func look(_ position: Int, now: Instant) {
        let client = clients[position]
        let cohort = cohortOf[position]
        if now >= samplers[position].nextLook {
            let missed = (now - samplers[position].nextLook).nanoseconds / 1_000_000_000
            samplers[position].nextLook += .seconds(missed + 1)
        }
        guard client.transports != nil else { return }
        let growth = samplers[position].look(client, delays: &collectors[cohort], now: now)
        seconds[cohort].audio += growth.audio
        seconds[cohort].video += growth.video
        seconds[cohort].sentBytes += growth.sentBytes
        seconds[cohort].sentPackets += growth.sentPackets
        if let rating = growth.audio.rating(codec: client.codec) {
            seconds[cohort].ratingSum += rating
            seconds[cohort].ratingCount += 1
        }
        if let roundTrip = client.subscriber?.roundTripTime {
            seconds[cohort].roundTripSum += roundTrip.milliseconds
            seconds[cohort].roundTripCount += 1
        }
        if let sample = samplers[position].cut(client, force: false, now: now) {
            batch.participants.append(sample)
        }
    }

    private func startSecond(_ second: Int) {
        currentSecond = second
        seconds = cohorts.indices.map { CohortSecond(second: second, cohort: $0) }
    }

    private func closeSecond(now: Instant) {
        let end = Interval.seconds(Int64(currentSecond + 1))
        connected = 0
        for (position, client) in clients.enumerated() {
            let cohort = cohortOf[position]
            if client.planned.presence.contains(end) { seconds[cohort].planned += 1 }
            switch client.phase {
            case .entering, .signalling: seconds[cohort].connecting += 1
            case .connected where client.recovery.map { $0.startsOver } ?? false:
                seconds[cohort].connecting += 1
            case .connected:
                seconds[cohort].connected += 1
                connected += 1
            case .waiting, .leaving, .ended: break
            }
            if case .failed = client.end { seconds[cohort].failed += 1 }
        }
        batch.cohorts += seconds
        startSecond(currentSecond + 1)
        let next = plan.phases.lastIndex { $0.start <= end } ?? 0
        if next > currentPhase {
            for position in clients.indices where clients[position].phase != .ended {
                look(position, now: now)
                if let sample = samplers[position].cut(clients[position], force: true, now: now) {
                    batch.participants.append(sample)
                }
            }
            closePhase()
            currentPhase = next
        }
    }

    private func closePhase() {
        for cohort in cohorts.indices {
            batch.delays += collectors[cohort].take(phase: currentPhase, cohort: cohort)
        }
    }
}
