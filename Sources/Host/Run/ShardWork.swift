import Connections
import LoadGen
import Primitives
import Probe
import Reactor
import Scenario
import Synchronization
import Visio

/// A shard of participants on its reactor.
final class ShardWork: ReactorWork {
    /// What other threads may ask of a shard.
    enum Command: Sendable {
        /// An event of a participant's HTTP or WebSocket carrier.
        case carrier(CarrierEvent, participant: Int)
        /// End every call now.
        case cut
    }

    private let plan: Plan
    private let participants: [Int]
    private let makeEnvironment: (UDPSockets, TCPStreams) -> ShardEnvironment
    private let carrier: Inlet<(participant: Int, command: CarrierCommand)>
    private let samples: SampleQueue
    private var shard: ClientShard?
    private var nextHandOver = Instant.zero
    private var isDone = false

    /// Samples leave the thread this often.
    private static let handOver = Interval.milliseconds(250)

    init(
        plan: Plan, participants: [Int],
        makeEnvironment: @escaping (UDPSockets, TCPStreams) -> ShardEnvironment,
        carrier: Inlet<(participant: Int, command: CarrierCommand)>, samples: SampleQueue
    ) {
        self.plan = plan
        self.participants = participants
        self.makeEnvironment = makeEnvironment
        self.carrier = carrier
        self.samples = samples
    }

    func start(sockets: UDPSockets, streams: TCPStreams, now: Instant) {
        shard = ClientShard(
            plan: plan, participants: participants, environment: makeEnvironment(sockets, streams))
    }

    func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, owner: Int, from source: SocketAddress,
        now: Instant, into outbox: inout Outbox
    ) {
        shard?.receive(datagram, socket: socket, owner: owner, from: source, now: now, into: &outbox)
    }

    func receive(_ event: StreamEvent, socket: Int32, owner: Int, now: Instant, into outbox: inout Outbox) {
        shard?.receive(event, socket: socket, owner: owner, now: now, into: &outbox)
        settle(now: now)
    }

    func receive(_ command: Command, now: Instant, into outbox: inout Outbox) {
        switch command {
        case .carrier(let event, let participant):
            shard?.receive(event, participant: participant, now: now, into: &outbox)
        case .cut: shard?.cut(now: now, into: &outbox)
        }
        settle(now: now)
    }

    func tick(now: Instant, into outbox: inout Outbox) {
        shard?.tick(now: now, into: &outbox)
        settle(now: now)
    }

    var deadline: Instant? { isDone ? nil : shard?.deadline }

    private func settle(now: Instant) {
        guard let shard, !isDone else { return }
        for command in shard.takeCommands() { carrier.put(command) }
        if shard.isFinished {
            isDone = true
            shard.finish(now: now)
            samples.put(shard.takeBatch(), isLast: true)
        } else if now >= nextHandOver {
            nextHandOver = now + Self.handOver
            samples.put(shard.takeBatch(), isLast: false)
        }
    }
}

/// Samples on their way from the shards to the run file.
final class SampleQueue: Sendable {
    private struct State {
        var batch = SampleBatch()
        var finishedShards = 0
    }

    private let state = Mutex(State())

    /// Adds what a shard measured; never blocks for longer than an append.
    func put(_ batch: SampleBatch, isLast: Bool) {
        state.withLock { state in
            state.batch.append(batch)
            if isLast { state.finishedShards += 1 }
        }
    }

    /// Takes everything, and tells how many shards are done.
    func take() -> (batch: SampleBatch, finishedShards: Int) {
        state.withLock { state in
            defer { state.batch = SampleBatch() }
            return (state.batch, state.finishedShards)
        }
    }
}
