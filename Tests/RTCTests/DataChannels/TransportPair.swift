import Primitives
import RTC
import Testing

/// Two transports joined by two emulated paths, in virtual time.
struct TransportPair {
    enum Side { case left, right }

    private struct Packet {
        var target: Side
        var bytes: [UInt8]
    }

    var left: DataChannelTransport
    var right: DataChannelTransport
    var toRight: NetworkPathEmulator
    var toLeft: NetworkPathEmulator
    private(set) var leftEvents: [DataChannelEvent] = []
    private(set) var rightEvents: [DataChannelEvent] = []
    private(set) var now = Instant.zero
    private(set) var packetCount = 0
    /// Sees every packet before it enters its path; false takes it away.
    var filter: (_ target: Side, _ packet: [UInt8]) -> Bool = { _, _ in true }
    private var wire = EventQueue<Packet>()

    init(
        seed: UInt64 = 1, path: NetworkPathProfile = NetworkPathProfile(delay: .milliseconds(10 as Int64)),
        leftRole: DTLSRole = .client
    ) {
        let generator = SeededGenerator(seed: seed)
        left = DataChannelTransport(role: leftRole, generator: generator.fork("left"))
        right = DataChannelTransport(
            role: leftRole == .client ? .server : .client, generator: generator.fork("right"))
        toRight = NetworkPathEmulator(profile: path, generator: generator.fork("to right"))
        toLeft = NetworkPathEmulator(profile: path, generator: generator.fork("to left"))
    }

    /// A pair whose association is up.
    static func connected(
        seed: UInt64 = 1, path: NetworkPathProfile = NetworkPathProfile(delay: .milliseconds(10 as Int64))
    ) -> TransportPair {
        var pair = TransportPair(seed: seed, path: path)
        pair.left.start(now: .zero)
        pair.right.start(now: .zero)
        pair.run(for: .milliseconds(200 as Int64))
        return pair
    }

    /// The two ends of an association that is idle after some traffic, without the network between them.
    static func idle(seed: UInt64) -> (DataChannelTransport, DataChannelTransport) {
        var pair = connected(seed: seed)
        for label in ["_reliable", "_lossy", "_data_track"] {
            let stream = pair.left.open(label: label, isOrdered: true, reliability: .reliable)
            pair.send(patterned(0, count: 3000), on: stream)
            pair.run(for: .milliseconds(300 as Int64))
        }
        return (pair.left, pair.right)
    }

    /// Carries on for a while.
    mutating func run(for duration: Interval) { run(until: now + duration) }

    /// Carries on until nothing is left to happen before `end`.
    mutating func run(until end: Instant) {
        drain()
        while let next = earliest(wire.soonest, earliest(left.deadline, right.deadline)), next <= end {
            now = max(now, next)
            while let (_, packet) = wire.popDue(now: now) {
                packet.bytes.withUnsafeBytes { bytes in
                    switch packet.target {
                    case .left: left.receive(bytes, now: now)
                    case .right: right.receive(bytes, now: now)
                    }
                }
                drain()
            }
            left.tick(now: now)
            right.tick(now: now)
            drain()
        }
        now = end
    }

    /// Sends bytes from a side, which must accept them.
    mutating func send(
        _ bytes: [UInt8], from side: Side = .left, on stream: UInt16, isBinary: Bool = true,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isAccepted =
            side == .left
            ? left.send(bytes, isBinary: isBinary, on: stream, now: now)
            : right.send(bytes, isBinary: isBinary, on: stream, now: now)
        #expect(isAccepted, sourceLocation: sourceLocation)
    }

    /// Gives `packet` to a side as if it had arrived.
    mutating func inject(_ packet: [UInt8], to side: Side) {
        packet.withUnsafeBytes { bytes in
            if side == .left { left.receive(bytes, now: now) } else { right.receive(bytes, now: now) }
        }
        drain()
    }

    private mutating func drain() {
        withUnsafeTemporaryAllocation(byteCount: 1500, alignment: 8) { buffer in
            while true {
                let count = left.pollTransmit(into: buffer)
                guard count > 0 else { break }
                carry(Array(buffer[..<count]), to: .right)
            }
            while true {
                let count = right.pollTransmit(into: buffer)
                guard count > 0 else { break }
                carry(Array(buffer[..<count]), to: .left)
            }
        }
        while let event = left.nextEvent() { leftEvents.append(event) }
        while let event = right.nextEvent() { rightEvents.append(event) }
    }

    private mutating func carry(_ bytes: [UInt8], to target: Side) {
        packetCount += 1
        guard filter(target, bytes) else { return }
        let delivery =
            target == .right
            ? toRight.admit(byteCount: bytes.count, now: now) : toLeft.admit(byteCount: bytes.count, now: now)
        for instant in [delivery.first, delivery.second] {
            if let instant { wire.schedule(Packet(target: target, bytes: bytes), at: instant) }
        }
    }
}

extension [DataChannelEvent] {
    /// The messages among the events.
    var messages: [[UInt8]] {
        compactMap { if case .message(_, let bytes, _) = $0 { bytes } else { nil } }
    }

    /// The labels of the channels that opened.
    var openedLabels: [String] {
        compactMap { if case .opened(_, let label, _) = $0 { label } else { nil } }
    }

    /// The streams of the channels that closed.
    var closedStreams: [UInt16] {
        compactMap { if case .closed(let stream) = $0 { stream } else { nil } }
    }

    /// Why the transport ended.
    var failure: String? {
        compactMap { if case .failed(let reason) = $0 { reason } else { nil } }.first
    }
}

/// `count` bytes that tell messages and places in them apart.
func patterned(_ index: Int, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: index &* 31 &+ $0 &* 7 &+ $0 >> 8) }
}
