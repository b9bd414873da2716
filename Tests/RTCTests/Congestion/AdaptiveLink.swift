import Primitives
import RTC
import WireFormats

/// Senders that adapt, each with a receiver of its own, behind one emulated bottleneck in virtual time.
///
/// Every sender has an encoder that makes thirty pictures a second out of what it may send. The way back is never
/// the limit.
final class AdaptiveLink {
    /// One sender and its receiver.
    final class Flow {
        let sender: PeerConnection
        let receiver: PeerConnection
        /// The most that the encoder makes.
        var most: Bitrate
        /// When the encoder begins.
        let start: Instant
        /// Bytes that entered the path in each tenth of a second, headers included.
        var sentBytes: [Int] = []
        /// The rate that could be sent at the end of each tenth of a second.
        var targets: [Bitrate] = []
        /// Pictures that the encoder made.
        var frameCount = 0

        fileprivate let senderAddress: SocketAddress
        fileprivate let receiverAddress: SocketAddress
        fileprivate var section = 0
        fileprivate var nextFrame: Instant
        fileprivate var sizes: [UInt64: Int] = [:]
        fileprivate var nextToken: UInt64 = 0

        fileprivate init(
            index: Int, settings: CongestionSettings?, most: Bitrate, start: Instant, seed: UInt64
        ) {
            self.most = most
            self.start = start
            nextFrame = start
            let generator = SeededGenerator(seed: seed).fork("flow", index)
            let origin = WallClockOrigin(unixNanoseconds: 1_700_000_000_000_000_000)
            var client = PeerConnection.Configuration(role: .client, wallClock: origin, cname: "sender")
            client.congestion = settings
            let server = PeerConnection.Configuration(role: .server, wallClock: origin, cname: "receiver")
            sender = PeerConnection(
                configuration: client,
                handshake: SimulatedHandshake(generator: generator.fork("client dtls")),
                generator: generator.fork("client"))
            receiver = PeerConnection(
                configuration: server,
                handshake: SimulatedHandshake(generator: generator.fork("server dtls")),
                generator: generator.fork("server"))
            senderAddress = SocketAddress(v4: 0x0a00_0001 + UInt32(index), port: 1000)
            receiverAddress = SocketAddress(v4: 0x0a00_1001 + UInt32(index), port: 7882)
            sender.addLocalCandidate(senderAddress, socket: 1)
            receiver.addLocalCandidate(receiverAddress, socket: 2)
        }
    }

    private struct Flight {
        var flow: Int
        var isUp: Bool
        var bytes: [UInt8]
    }

    /// The senders.
    private(set) var flows: [Flow] = []
    /// The way to the receivers.
    var bottleneck: NetworkPathEmulator
    /// How long the way back is.
    var returnDelay = Interval.milliseconds(25)
    /// The longest time that a packet waited in the bottleneck, in each tenth of a second.
    private(set) var queueDelays: [Interval] = []
    private(set) var now = Instant.zero
    private var queue = EventQueue<Flight>()
    private var outbox = Outbox(capacity: 1 << 20)
    private let seed: UInt64

    /// Bytes of a packet besides its payload: RTP with extensions, SRTP, UDP and IP.
    private static let overhead = 12 + 20 + 16 + 28
    private static let payload = 1100
    private static let frameInterval = Interval.microseconds(33_333)

    init(_ profile: NetworkPathProfile, seed: UInt64 = 1) {
        bottleneck = NetworkPathEmulator(profile: profile, generator: SeededGenerator(seed: seed))
        self.seed = seed
    }

    /// Adds a sender whose encoder begins at `start`.
    func addFlow(
        _ settings: CongestionSettings? = CongestionSettings(), most: Bitrate = .kilobitsPerSecond(5000),
        padding: Bitrate = .zero, start: Instant = .zero + .seconds(1)
    ) throws {
        let flow = Flow(index: flows.count, settings: settings, most: most, start: start, seed: seed)
        flows.append(flow)
        flow.sender.addReceiveSections(audio: 1, video: 1)
        flow.sender.addDataSection()
        flow.section = flow.sender.addSendSection(
            OutgoingTrack(
                kind: .video, streamID: "-", trackID: "camera", codec: .vp8,
                layers: [OutgoingLayer(ssrc: 1000, rtxSSRC: 2000)]))
        try flow.receiver.applyOffer(flow.sender.createOffer(), now: now)
        try flow.sender.applyAnswer(flow.receiver.createAnswer(now: now), now: now)
        flow.sender.setWantedBitrates(
            minimum: .kilobitsPerSecond(30), maximum: most, padding: padding, probesPeriodically: false,
            now: now)
    }

    /// Lets time pass.
    func run(for interval: Interval) {
        let end = now + interval
        while true {
            var next: Instant? = queue.soonest
            for flow in flows {
                next = earliest(next, earliest(flow.sender.deadline, flow.receiver.deadline))
                next = earliest(next, flow.nextFrame)
            }
            guard let next, next <= end else { break }
            advance(to: max(now, next))
            while let event = queue.popDue(now: now) { deliver(event.event) }
            for index in flows.indices { work(index) }
        }
        advance(to: end)
    }

    private func advance(to next: Instant) {
        now = next
        let tenth = Int(now.nanoseconds / 100_000_000)
        while queueDelays.count <= tenth { queueDelays.append(.zero) }
        for flow in flows {
            let target = flow.sender.congestionState?.target ?? .zero
            while flow.sentBytes.count <= tenth {
                flow.sentBytes.append(0)
                flow.targets.append(target)
            }
            flow.targets[tenth] = target
        }
    }

    private func work(_ index: Int) {
        let flow = flows[index]
        if let due = flow.sender.deadline, due <= now { flow.sender.tick(now: now, into: &outbox) }
        drain(flow.sender)
        if flow.nextFrame <= now { makeFrame(flow) }
        while let packet = flow.sender.nextOutgoing(now: now, into: &outbox) { send(packet, of: flow) }
        launch(index, isUp: true)
        if let due = flow.receiver.deadline, due <= now { flow.receiver.tick(now: now, into: &outbox) }
        drain(flow.receiver)
        launch(index, isUp: false)
    }

    private func drain(_ peer: PeerConnection) { while peer.nextEvent() != nil {} }

    private func makeFrame(_ flow: Flow) {
        flow.nextFrame += Self.frameInterval
        guard flow.sender.isConnected else { return }
        flow.frameCount += 1
        let allowed = min(flow.most, flow.sender.congestionState?.mediaTarget ?? flow.most)
        let share = Double(Self.payload) / Double(Self.payload + Self.overhead)
        var left = max(60, Int(allowed.bytes(in: Self.frameInterval) * share))
        let timestamp = UInt32(truncatingIfNeeded: flow.nextFrame.nanoseconds / 1_000_000 * 90)
        while left > 0 {
            let size = min(left, Self.payload)
            left -= size
            let packet = PacedPacket(
                section: flow.section, layer: 0, payloadType: 96, marker: left == 0, timestamp: timestamp,
                token: flow.nextToken)
            flow.sizes[flow.nextToken] = size
            flow.nextToken += 1
            if flow.sender.isAdaptive {
                _ = flow.sender.pace(packet, byteCount: size, now: now)
            } else {
                send(.first(packet), of: flow)
            }
        }
    }

    private func send(_ packet: OutgoingPacket, of flow: Flow) {
        func write(_ token: UInt64) -> (UnsafeMutableRawBufferPointer) -> Int {
            let size = flow.sizes[token] ?? 0
            return { buffer in
                buffer[0] = 1
                return size
            }
        }
        switch packet {
        case .first(let packet):
            _ = flow.sender.send(
                section: packet.section, layer: packet.layer, payloadType: packet.payloadType,
                timestamp: packet.timestamp, marker: packet.marker, sequenceNumber: nil, token: packet.token,
                audioLevel: nil, now: now, into: &outbox, writing: write(packet.token))
        case .again(let packet):
            flow.sender.retransmit(packet, now: now, into: &outbox, writing: write(packet.token))
        }
    }

    private func launch(_ index: Int, isUp: Bool) {
        for entry in outbox.entries {
            let flight = Flight(flow: index, isUp: isUp, bytes: Array(outbox.bytes(of: entry)))
            guard isUp else {
                queue.schedule(flight, at: now + returnDelay)
                continue
            }
            let tenth = Int(now.nanoseconds / 100_000_000)
            flows[index].sentBytes[tenth] += flight.bytes.count + bottleneck.profile.overheadByteCount
            guard let arrival = bottleneck.admit(byteCount: flight.bytes.count, now: now).first else {
                continue
            }
            queueDelays[tenth] = max(queueDelays[tenth], arrival - now - bottleneck.profile.delay)
            queue.schedule(flight, at: arrival)
        }
        outbox.removeAll()
    }

    private func deliver(_ flight: Flight) {
        let flow = flows[flight.flow]
        var bytes = flight.bytes
        bytes.withUnsafeMutableBytes { buffer in
            if flight.isUp {
                _ = flow.receiver.receive(
                    buffer, on: 2, from: flow.senderAddress, now: now, into: &outbox)
                drain(flow.receiver)
                launch(flight.flow, isUp: false)
            } else {
                _ = flow.sender.receive(
                    buffer, on: 1, from: flow.receiverAddress, now: now, into: &outbox)
                drain(flow.sender)
                launch(flight.flow, isUp: true)
            }
        }
    }

    // MARK: What came of it

    /// The mean rate of sending of a flow between two seconds of the run, headers included.
    func sentRate(_ flow: Int = 0, from start: Int, to end: Int) -> Bitrate {
        let bytes = flows[flow].sentBytes[start * 10..<min(end * 10, flows[flow].sentBytes.count)].reduce(
            0, +)
        return Bitrate(bytes: Double(bytes), over: .seconds(Int64(end - start)))
    }

    /// The mean target of a flow between two seconds of the run.
    func target(_ flow: Int = 0, from start: Int, to end: Int) -> Bitrate {
        let targets = flows[flow].targets[start * 10..<end * 10]
        return targets.reduce(Bitrate.zero, +) * (1 / Double(targets.count))
    }

    /// The longest queueing delay in a share of the tenths of a second between two seconds of the run.
    func queueDelay(quantile: Double, from start: Int, to end: Int) -> Interval {
        let sorted = queueDelays[start * 10..<end * 10].sorted()
        return sorted[min(sorted.count - 1, Int(quantile * Double(sorted.count)))]
    }

    /// The first instant from `start` on at which a flow's target reached a rate, in seconds after `start`.
    func timeToReach(_ rate: Bitrate, flow: Int = 0, from start: Double) -> Double? {
        let first = Int(start * 10)
        let tenth = flows[flow].targets[first...].firstIndex { $0 >= rate }
        return tenth.map { Double($0) / 10 - start }
    }

    /// The first instant from `start` on at which a flow's target had fallen to a rate, in seconds after `start`.
    func timeToFall(to rate: Bitrate, flow: Int = 0, from start: Double) -> Double? {
        let first = Int(start * 10)
        let tenth = flows[flow].targets[first...].firstIndex { $0 <= rate }
        return tenth.map { Double($0) / 10 - start }
    }
}
