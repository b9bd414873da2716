import Primitives
import Probe
import RTC
import Scenario

/// The access network of one participant, emulated in front of its sockets and its carrier.
///
/// Datagrams take an emulated path in each direction, and so do the messages of media streams, which wait for what is
/// lost instead of losing it. HTTP and WebSocket messages take the path's delay, wait out its outages, and pay the
/// round trips of opening a connection.
/// Whatever arrives is told the instant at which it left the emulated path, however late the host's tick took it
/// from there, so that the tick distorts no delay.
struct AccessLink {
    /// Something that has arrived at the participant.
    enum Arrival {
        /// A datagram, with its bytes in the buffer that was given.
        case datagram(EmulatedPath.Arrival)
        /// A message of the carrier.
        case event(CarrierMessages.Event, at: Instant)
        /// What happened to a stream.
        case stream(StreamEvent, socket: Int32, at: Instant)
    }

    private var up: EmulatedPath
    private var down: EmulatedPath
    private var messages: CarrierMessages
    private var streamEvents = EventQueue<(event: StreamEvent, socket: Int32)>()
    /// The latest instant the participant was told: its time never runs backwards.
    private var told = Instant.zero

    /// Makes a link that draws from forks of `generator`; nil for a network that changes nothing.
    init?(_ network: AccessNetwork?, generator: SeededGenerator) {
        guard let network, !network.isTransparent else { return nil }
        up = EmulatedPath(profile: NetworkPathProfile(network.up), generator: generator.fork("up"))
        down = EmulatedPath(profile: NetworkPathProfile(network.down), generator: generator.fork("down"))
        messages = CarrierMessages(network)
    }

    /// When something arrives next, on either side.
    var deadline: Instant? {
        earliest(
            earliest(up.deadline, down.deadline), earliest(messages.deadline, streamEvents.soonest))
    }

    /// What was done to datagrams in each direction.
    var counts: (up: PathCounts, down: PathCounts) {
        (PathCounts(up.statistics), PathCounts(down.statistics))
    }

    /// The participant's time at `now`.
    mutating func time(at now: Instant) -> Instant {
        told = max(told, now)
        return told
    }

    /// A datagram, or a message of a stream, from the deployment enters.
    mutating func receive(
        _ datagram: UnsafeMutableRawBufferPointer, socket: Int32, isStream: Bool, from source: SocketAddress,
        now: Instant
    ) {
        let bytes = UnsafeRawBufferPointer(datagram)
        if isStream {
            down.carry(bytes, socket: socket, peer: source, now: now)
        } else {
            down.admit(bytes, socket: socket, peer: source, now: now)
        }
    }

    /// What happened to a stream becomes known to the participant as late as the network makes it.
    ///
    /// - Parameter roundTrips: How many it takes to open it.
    mutating func receive(_ event: StreamEvent, socket: Int32, roundTrips: Int, now: Instant) {
        var arrival = now
        switch event {
        case .opened, .accepted:
            for _ in 0..<roundTrips { arrival += up.segmentTime(now: now) + down.segmentTime(now: now) }
        case .closed:
            arrival += down.segmentTime(now: now)
            arrival = max(arrival, down.latestArrival(ofStream: socket) ?? arrival)
        }
        streamEvents.schedule((event, socket), at: arrival)
    }

    /// A message from the deployment's carrier enters.
    mutating func receive(_ event: CarrierMessages.Event, now: Instant) { messages.receive(event, now: now) }

    /// What has arrived at the participant first, by `now`; nil when there is nothing more.
    ///
    /// - Parameter room: Gets a datagram's bytes; `EmulatedPath.maximumDatagramSize` at least.
    mutating func takeArrival(by now: Instant, into room: UnsafeMutableRawBufferPointer) -> Arrival? {
        let next = earliest(down.deadline, streamEvents.soonest) ?? .distantFuture
        if let message = messages.nextEvent, message <= next {
            return messages.takeEvent(by: now).map { .event($0.event, at: time(at: $0.instant)) }
        }
        // The end of a stream comes after all that it carried.
        if let happening = streamEvents.soonest, happening < down.deadline ?? .distantFuture {
            return streamEvents.popDue(now: now).map {
                .stream($0.event.event, socket: $0.event.socket, at: time(at: $0.instant))
            }
        }
        guard var arrival = down.takeArrival(by: now, into: room) else { return nil }
        arrival.instant = time(at: arrival.instant)
        return .datagram(arrival)
    }

    /// Everything that the participant wrote enters.
    ///
    /// - Parameter isStream: Tells streams from UDP sockets by their number.
    mutating func send(_ outbox: inout Outbox, isStream: (Int32) -> Bool, now: Instant) {
        guard !outbox.isEmpty else { return }
        for entry in outbox.entries {
            let bytes = outbox.bytes(of: entry)
            if isStream(entry.socket) {
                up.carry(bytes, socket: entry.socket, peer: entry.destination, now: now)
            } else {
                up.admit(bytes, socket: entry.socket, peer: entry.destination, now: now)
            }
        }
        outbox.removeAll()
    }

    /// A command to the carrier enters.
    mutating func send(_ command: CarrierMessages.Command, now: Instant) { messages.send(command, now: now) }

    /// Passes on the datagrams that have left the path to the deployment by `now`.
    mutating func release(
        by now: Instant, through room: UnsafeMutableRawBufferPointer, into outbox: inout Outbox
    ) {
        while let arrival = up.takeArrival(by: now, into: room) {
            outbox.append(from: arrival.socket, to: arrival.peer) { buffer in
                guard arrival.count <= buffer.count else { return 0 }
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: room[..<arrival.count]))
                return arrival.count
            }
        }
    }

    /// The next command that has reached the carrier by `now`.
    mutating func takeCommand(by now: Instant) -> CarrierMessages.Command? { messages.takeCommand(by: now) }
}

extension PathCounts {
    /// What an emulated path has counted.
    init(_ statistics: NetworkPathEmulator.Statistics) {
        self.init()
        entered = UInt64(clamping: statistics.admitted)
        delivered = UInt64(clamping: statistics.delivered)
        lost = UInt64(clamping: statistics.lost)
        overflowed = UInt64(clamping: statistics.overflowed)
        lostInOutages = UInt64(clamping: statistics.lostInOutages)
        duplicated = UInt64(clamping: statistics.duplicated)
        reordered = UInt64(clamping: statistics.reordered)
    }
}
