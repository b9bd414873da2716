import CLinux
import Primitives

/// The loop of one thread: sleep, carry out commands, read the sockets dry, tick, send.
struct Reactor<Work: ReactorWork>: ~Copyable {
    /// Events taken from the kernel at a time.
    private static var batchSize: Int { 64 }
    /// Datagrams that may wait before they are sent within a batch.
    private static var outboxHighWater: Int { 1024 }
    /// How often `tick` may be called at most between two ticks, for deadlines.
    private static var deadlinesPerTick: Int { 4 }
    /// How many ticks reading may take before `tick` gets its turn, whatever is still unread.
    private static var readingTicks: Int { 4 }

    private let configuration: ReactorConfiguration
    private let clock: MonotonicClock
    private let shared: ReactorShared
    private let mailbox: Mailbox<Work.Command>
    private let sockets: UDPSockets
    private let streams: TCPStreams
    private let work: Work
    private let startedAt: Instant
    private var outbox: Outbox
    private var health = ReactorHealth()
    private var commands: [Work.Command] = []
    private let ready: UnsafeMutableBufferPointer<UInt32>
    private let room: UnsafeMutableRawBufferPointer

    init(
        configuration: ReactorConfiguration, clock: MonotonicClock, shared: ReactorShared,
        mailbox: Mailbox<Work.Command>, sockets: UDPSockets, streams: TCPStreams, work: Work
    ) {
        self.configuration = configuration
        self.clock = clock
        self.shared = shared
        self.mailbox = mailbox
        self.sockets = sockets
        self.streams = streams
        self.work = work
        startedAt = clock.now
        outbox = Outbox(capacity: configuration.outboxCapacity)
        ready = .allocate(capacity: Self.batchSize)
        ready.initialize(repeating: 0)
        room = .allocate(byteCount: ReactorConfiguration.receiveRoom, alignment: 64)
        if let cpu = configuration.cpu { health.isPinned = clinux_thread_pin(Int32(clamping: cpu)) == 0 }
    }

    deinit {
        ready.deallocate()
        room.deallocate()
    }

    /// Runs until it is told to stop.
    mutating func run() {
        let period = configuration.tick
        work.start(sockets: sockets, streams: streams, now: startedAt)
        var nextTick = startedAt + period
        var nextPublication = startedAt + .seconds(1)
        var earliestWake = startedAt
        while !shared.isStopping {
            var wake = nextTick
            if let due = work.deadline { wake = min(wake, max(due, earliestWake)) }
            var now = clock.now
            if now < wake {
                mailbox.sleep(nanoseconds: (wake - now).nanoseconds)
                now = clock.now
            }
            carryOutCommands(now: now)
            guard now >= wake else { continue }
            if now >= nextTick { note(lateness: now - nextTick) }
            now = readSockets(until: now + period * Self.readingTicks, now: now)
            work.tick(now: now, into: &outbox)
            send()
            earliestWake = now + period / Self.deadlinesPerTick
            while nextTick <= now {
                nextTick += period
                if nextTick <= now { health.skippedTicks += 1 }
            }
            watchSockets()
            if now >= nextPublication {
                publish(now: now)
                nextPublication = now + .seconds(1)
            }
        }
        mailbox.close()
        work.stop(now: clock.now, into: &outbox)
        send()
        sockets.readDrops()
        publish(now: clock.now)
    }

    private mutating func carryOutCommands(now: Instant) {
        mailbox.clear()
        mailbox.drain(into: &commands)
        guard !commands.isEmpty else { return }
        health.commands += commands.count
        for command in commands {
            work.receive(command, now: now, into: &outbox)
            if outbox.entries.count >= Self.outboxHighWater { send() }
        }
        commands.removeAll(keepingCapacity: true)
        send()
    }

    /// Reads one datagram of each ready socket until none is ready; returns the time of the last batch.
    private mutating func readSockets(until limit: Instant, now: Instant) -> Instant {
        var now = now
        while now < limit {
            let count = sockets.poll(into: ready)
            let hasStreams = serveStreams(now: now)
            if count == 0, !hasStreams { break }
            now = clock.now
            for index in 0..<count {
                let socket = Int32(bitPattern: ready[index])
                guard let datagram = sockets.receive(socket, into: room) else { continue }
                work.receive(
                    UnsafeMutableRawBufferPointer(rebasing: room[..<datagram.count]), socket: socket,
                    owner: datagram.owner, from: datagram.source, now: now, into: &outbox)
                if outbox.entries.count >= Self.outboxHighWater { send() }
            }
            send()
        }
        return now
    }

    /// Reads the streams that are ready once; tells whether there were any.
    private mutating func serveStreams(now: Instant) -> Bool {
        streams.serve(into: room, now: now) { socket, owner, delivery in
            switch delivery {
            case .message(let message, let source):
                work.receive(
                    message, socket: socket, owner: owner, from: source, now: now, into: &outbox)
            case .event(let event):
                work.receive(event, socket: socket, owner: owner, now: now, into: &outbox)
            }
            if outbox.entries.count >= Self.outboxHighWater { send() }
        }
    }

    private mutating func send() {
        if !outbox.isEmpty { sockets.flush(&outbox, streams: streams) }
    }

    private mutating func note(lateness: Interval) {
        health.ticks += 1
        health.lateness.add(lateness)
        health.totalLateness += lateness
        health.worstLateness = max(health.worstLateness, lateness)
    }

    /// Reads some drop counters, so that all are read about once a second.
    private func watchSockets() {
        let ticksPerSecond = max(1, Int(Interval.seconds(1) / configuration.tick))
        sockets.readDrops(limit: (sockets.openCount + ticksPerSecond - 1) / ticksPerSecond)
    }

    private mutating func publish(now: Instant) {
        health.cpuTime = .nanoseconds(clinux_thread_cpu_time())
        health.elapsed = now - startedAt
        health.traffic = sockets.counts
        health.streams = streams.counts
        health.openSockets = sockets.openCount
        health.outboxDrops = outbox.droppedCount
        shared.publish(health)
        health.worstLateness = .zero
    }
}
