public import Primitives

/// Lets packets leave at the rate that the path carries: a leaky bucket with bursts, probes and padding (libwebrtc's
/// `PacingController`).
///
/// Retransmissions go before pictures, pictures of different layers take turns, and padding fills what is left. Sound
/// does not come here: it is never held back and takes nothing from the budget.
public struct Pacer: Sendable {
    /// What is to leave now.
    public enum Step: Sendable, Hashable {
        /// A picture's packet.
        case first(PacedPacket)
        /// A packet that the peer missed.
        case again(Retransmission)
        /// So many bytes of padding, or a few more; the smallest packet there is for 1.
        case padding(byteCount: Int)
    }

    private struct Waiting: Sendable {
        var packet: PacedPacket
        var byteCount: Int
        var since: Instant
    }

    private struct StreamQueue: Sendable {
        var stream: Int
        var packets = BoundedQueue<Waiting>(limit: Pacer.queueLimit)
    }

    /// More packets of one stream are never held.
    private static let queueLimit = 4096
    /// So much may leave at once, as the time it takes at the pacing rate (`kDefaultBurstInterval`), but no more than a
    /// socket surely takes (`kMaxBurstSize`).
    private static let burst = Interval.milliseconds(40)
    private static let longestBurst = 63_000.0
    /// The pacing rate grows so that nothing waits longer than this (`kMaxExpectedQueueLength`).
    private static let longestWait = Interval.seconds(2)
    /// A debt is never higher than what this time pays back (`kMaxDebtInTime`).
    private static let longestDebt = Interval.milliseconds(500)
    /// Padding comes in pieces that fill this time (`kTargetPaddingDuration`).
    private static let paddingPiece = Interval.milliseconds(5)

    /// The rate at which packets leave.
    public private(set) var rate: Bitrate
    /// Up to this rate padding fills what packets leave free.
    public private(set) var paddingRate = Bitrate.zero
    /// Clusters of packets that leave at their own rate.
    private(set) var prober = Prober()

    /// The rate, or more if the queue is long.
    private var adjustedRate: Bitrate
    /// Bytes sent that the rate has not paid back yet.
    private var mediaDebt = 0.0
    /// The same for the padding rate.
    private var paddingDebt = 0.0
    /// When the debts were last reduced.
    private var paidAt: Instant?
    /// Whether anything was ever sent: padding alone would have no timestamp.
    private var hasSent = false
    /// Packets that wait, by stream.
    private var queues: ContiguousArray<StreamQueue> = []
    /// The queue whose turn it is.
    private var turn = 0
    /// Packets to be sent again.
    private var repairs = BoundedQueue<Retransmission>(limit: 1024)
    /// Bytes that wait, repairs left out.
    public private(set) var waitingByteCount = 0
    /// Packets that wait, repairs left out.
    public private(set) var waitingCount = 0
    /// The sum of the instants since when they wait, in nanoseconds.
    private var waitingSince: Int64 = 0

    /// Starts with nothing to send.
    public init(rate: Bitrate) {
        self.rate = rate
        adjustedRate = rate
    }

    /// Takes new rates.
    public mutating func setRates(_ rate: Bitrate, padding: Bitrate, now: Instant) {
        pay(now)
        self.rate = rate
        paddingRate = min(padding, rate)
        adjustRate(now)
    }

    /// Takes a cluster to be sent.
    public mutating func add(_ cluster: ProbeCluster) { prober.add(cluster) }

    /// Takes a picture's packet; false if there are far too many.
    public mutating func enqueue(_ packet: PacedPacket, stream: Int, byteCount: Int, now: Instant) -> Bool {
        let place = queues.firstIndex { $0.stream == stream } ?? queues.count
        if place == queues.count { queues.append(StreamQueue(stream: stream)) }
        let waiting = Waiting(packet: packet, byteCount: byteCount, since: now)
        guard queues[place].packets.append(waiting) else { return false }
        pay(now)
        prober.notePacket(byteCount: byteCount)
        waitingByteCount += byteCount
        waitingCount += 1
        waitingSince += now.nanoseconds
        adjustRate(now)
        return true
    }

    /// Takes a packet that the peer missed; false if there are far too many.
    public mutating func enqueue(_ repair: Retransmission, now: Instant) -> Bool {
        pay(now)
        return repairs.append(repair)
    }

    /// When something can leave next; nil while there is nothing.
    public var deadline: Instant? {
        guard let paidAt else { return nil }
        if let due = prober.deadline { return max(due, paidAt) }
        if waitingCount > 0 || !repairs.isEmpty {
            let burst = min(adjustedRate.bytes(in: Self.burst), Self.longestBurst)
            return mediaDebt < burst ? paidAt : paidAt + adjustedRate.time(forBytes: mediaDebt)
        }
        guard paddingRate > .zero, hasSent else { return nil }
        return paidAt + max(adjustedRate.time(forBytes: mediaDebt), paddingRate.time(forBytes: paddingDebt))
    }

    /// What is to leave now; nil when it is enough.
    ///
    /// Call again after it was sent.
    public mutating func next(now: Instant) -> Step? {
        guard let due = deadline, due <= now else { return nil }
        if prober.begins(now: now) { return .padding(byteCount: 1) }
        if let isDue = prober.isDue(now: now) {
            // While a cluster is sent, packets leave at its pace or not at all.
            guard isDue else { return next(now: now) }
            return takePacket() ?? .padding(byteCount: prober.remainingByteCount)
        }
        pay(now)
        guard let packet = takePacket() else {
            guard let due = deadline, due <= now else { return nil }
            return .padding(byteCount: max(1, Int(paddingRate.bytes(in: Self.paddingPiece))))
        }
        return packet
    }

    /// A packet left.
    public mutating func noteSent(byteCount: Int, now: Instant) {
        hasSent = true
        pay(now)
        mediaDebt = min(mediaDebt + Double(byteCount), adjustedRate.bytes(in: Self.longestDebt))
        paddingDebt = min(paddingDebt + Double(byteCount), paddingRate.bytes(in: Self.longestDebt))
        prober.noteSent(byteCount: byteCount, now: now)
        adjustRate(now)
    }

    /// There was no padding to be had.
    public mutating func notePaddingFailed(byteCount: Int, now: Instant) {
        pay(now)
        paddingDebt = min(paddingDebt + Double(byteCount), paddingRate.bytes(in: Self.longestDebt))
        if waitingCount == 0, repairs.isEmpty { prober.noteFailed() }
    }

    private mutating func takePacket() -> Step? {
        if let repair = repairs.popFirst() { return .again(repair) }
        guard waitingCount > 0 else { return nil }
        for _ in queues.indices {
            turn = turn + 1 < queues.count ? turn + 1 : 0
            guard let waiting = queues[turn].packets.popFirst() else { continue }
            waitingByteCount -= waiting.byteCount
            waitingCount -= 1
            waitingSince -= waiting.since.nanoseconds
            return .first(waiting.packet)
        }
        return nil
    }

    /// Reduces the debts by what the time since the last call pays.
    private mutating func pay(_ now: Instant) {
        let elapsed = paidAt.map { max(.zero, min(now - $0, .seconds(2))) } ?? .zero
        paidAt = max(now, paidAt ?? now)
        guard elapsed > .zero else { return }
        mediaDebt = max(0, mediaDebt - adjustedRate.bytes(in: elapsed))
        paddingDebt = max(0, paddingDebt - paddingRate.bytes(in: elapsed))
    }

    private mutating func adjustRate(_ now: Instant) {
        adjustedRate = rate
        guard waitingCount > 0 else { return }
        let average = Interval(nanoseconds: now.nanoseconds - waitingSince / Int64(waitingCount))
        let left = max(.milliseconds(1), Self.longestWait - average)
        adjustedRate = max(rate, Bitrate(bytes: Double(waitingByteCount), over: left))
    }
}
