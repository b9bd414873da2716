public import Primitives

/// One direction of a network path as a Sans-IO machine: it decides, and whoever owns the datagrams carries them.
///
/// A simulated network schedules the deliveries in virtual time; live sockets may hold datagrams back by the same
/// answers. Each kind of impairment draws from its own generator, so that changing one leaves the others as they
/// were, and each draws for every datagram, so that one loss more does not change the fate of all that follow.
public struct NetworkPathEmulator: Sendable {
    /// What happens to a datagram: when it arrives, and when once more.
    public struct Delivery: Hashable, Sendable {
        /// When it arrives; nil if it is lost.
        public var first: Instant?
        /// When it arrives again; nil unless it is duplicated.
        public var second: Instant?
        /// Why it is lost.
        public var cause: DropCause?

        /// How often it arrives.
        public var copyCount: Int { (first == nil ? 0 : 1) + (second == nil ? 0 : 1) }
    }

    /// Why a datagram was lost.
    public enum DropCause: Hashable, Sendable {
        /// By chance.
        case loss
        /// By plan: its ordinal was listed.
        case planned
        /// The bottleneck's queue was full.
        case queueOverflow
        /// There was an outage.
        case outage
    }

    /// How many datagrams met which fate.
    public struct Statistics: Hashable, Sendable {
        /// Datagrams admitted.
        public var admitted = 0
        /// Datagrams that arrive, once or twice.
        public var delivered = 0
        /// Datagrams lost by chance.
        public var lost = 0
        /// Datagrams lost by plan.
        public var plannedLosses = 0
        /// Datagrams that found the bottleneck's queue full.
        public var overflowed = 0
        /// Datagrams lost in outages.
        public var lostInOutages = 0
        /// Datagrams that arrive twice.
        public var duplicated = 0
        /// Datagrams held back so that others overtake them.
        public var reordered = 0
    }

    /// What the path does; may be changed at any time, and holds for the datagrams admitted from then on.
    public var profile: NetworkPathProfile
    /// How many datagrams met which fate.
    public private(set) var statistics = Statistics()

    /// Draws losses and the states of the link.
    private var lossGenerator: SeededGenerator
    /// Draws delays.
    private var jitterGenerator: SeededGenerator
    /// Draws which datagrams arrive twice.
    private var duplicationGenerator: SeededGenerator
    /// Draws which datagrams are held back.
    private var reorderingGenerator: SeededGenerator
    /// Whether the Gilbert-Elliott link is in its bad state.
    private var isBad = false
    /// When the bottleneck has sent all it holds.
    private var bottleneckFree = Instant(nanoseconds: .min)
    /// The latest arrival so far of a datagram that was not held back.
    private var latestArrival = Instant(nanoseconds: .min)

    /// Makes a path that draws from forks of `generator`.
    public init(profile: NetworkPathProfile, generator: SeededGenerator) {
        self.profile = profile
        lossGenerator = generator.fork("loss")
        jitterGenerator = generator.fork("jitter")
        duplicationGenerator = generator.fork("duplication")
        reorderingGenerator = generator.fork("reordering")
    }

    /// Decides the fate of a datagram that enters the path now.
    ///
    /// - Parameters:
    ///   - byteCount: The datagram's payload.
    ///   - now: Not before the `now` of the call before.
    public mutating func admit(byteCount: Int, now: Instant) -> Delivery {
        let ordinal = statistics.admitted
        statistics.admitted += 1
        let isLost = drawLoss()
        let jitter = profile.jitter.draw(&jitterGenerator)
        let isDuplicated = duplicationGenerator.chance(profile.duplication)
        let isHeldBack = reorderingGenerator.chance(profile.reordering)

        if profile.outages.contains(where: { $0.contains(now) }) { return drop(.outage) }
        // The bottleneck comes first: what is lost behind it has taken its share of the rate.
        guard let departure = passBottleneck(byteCount: byteCount, now: now) else {
            return drop(.queueOverflow)
        }
        if isPlannedLoss(ordinal) { return drop(.planned) }
        if isLost { return drop(.loss) }

        var arrival = departure + profile.delay + jitter
        if isHeldBack {
            statistics.reordered += 1
            arrival += profile.reorderingDelay
        } else {
            if profile.keepsOrder { arrival = max(arrival, latestArrival) }
            latestArrival = max(latestArrival, arrival)
        }
        statistics.delivered += 1
        guard isDuplicated else { return Delivery(first: arrival) }
        statistics.duplicated += 1
        return Delivery(first: arrival, second: arrival + Self.duplicateDelay)
    }

    /// Decides when a message of a TCP connection arrives that enters the path now: what the path loses is sent again
    /// until it gets through, and an outage is waited out.
    ///
    /// The first retransmission follows after a round trip, when later segments tell of the gap (RFC 5681 section 3.2),
    /// or after the time that voice takes to send one; further ones follow after doubling timeouts.
    ///
    /// - Parameters:
    ///   - byteCount: The message's bytes.
    ///   - now: Not before the `now` of the call before.
    /// - Returns: Nil if the bottleneck's queue is full: a connection that takes no more loses whole messages.
    public mutating func carry(byteCount: Int, now: Instant) -> Instant? {
        var waited = Interval.zero
        for outage in profile.outages where outage.contains(now + waited) { waited = outage.upperBound - now }
        var departure: Instant?
        var retransmissions = 0
        while true {
            let ordinal = statistics.admitted
            statistics.admitted += 1
            let isLost = drawLoss()
            guard let sent = passBottleneck(byteCount: byteCount, now: now) ?? departure else {
                _ = drop(.queueOverflow)
                return nil
            }
            departure = sent
            guard isLost || isPlannedLoss(ordinal), retransmissions < Self.mostRetransmissions else { break }
            _ = drop(isLost ? .loss : .planned)
            waited +=
                retransmissions == 0
                ? max(profile.delay * 2, Self.segmentDistance)
                : Self.retransmissionTimeout * (1 << (retransmissions - 1))
            retransmissions += 1
        }
        var arrival = (departure ?? now) + profile.delay + profile.jitter.draw(&jitterGenerator)
        if profile.keepsOrder { arrival = max(arrival, latestArrival) }
        latestArrival = max(latestArrival, arrival)
        statistics.delivered += 1
        return arrival + waited
    }

    /// The shortest time after which TCP sends again without being told of a gap (Linux's `TCP_RTO_MIN`).
    private static let retransmissionTimeout: Interval = .milliseconds(200)
    /// The distance of voice packets: after it there is a segment that tells of a gap.
    private static let segmentDistance: Interval = .milliseconds(20)
    /// More retransmissions of one message than any emulated loss needs.
    private static let mostRetransmissions = 8

    /// How much later the second copy of a duplicated datagram arrives.
    private static let duplicateDelay: Interval = .microseconds(100)

    private mutating func drop(_ cause: DropCause) -> Delivery {
        switch cause {
        case .loss: statistics.lost += 1
        case .planned: statistics.plannedLosses += 1
        case .queueOverflow: statistics.overflowed += 1
        case .outage: statistics.lostInOutages += 1
        }
        return Delivery(cause: cause)
    }

    private mutating func drawLoss() -> Bool {
        // Two draws per datagram under every model, so that a change of model keeps the streams aligned.
        let change = lossGenerator.uniform()
        let fate = lossGenerator.uniform()
        switch profile.loss {
        case .none: return false
        case .random(let probability): return fate < probability
        case .gilbertElliott(let link):
            if change < (isBad ? link.badToGood : link.goodToBad) { isBad.toggle() }
            return fate < (isBad ? link.lossInBad : link.lossInGood)
        }
    }

    private func isPlannedLoss(_ ordinal: Int) -> Bool {
        let planned = profile.lostOrdinals
        var low = 0
        var high = planned.count
        while low < high {
            let middle = (low + high) / 2
            if planned[middle] < ordinal { low = middle + 1 } else { high = middle }
        }
        return low < planned.count && planned[low] == ordinal
    }

    /// When the last bit has left the bottleneck; nil if its queue is full.
    private mutating func passBottleneck(byteCount: Int, now: Instant) -> Instant? {
        guard let rate = profile.bitsPerSecond, rate > 0 else { return now }
        let start = max(bottleneckFree, now)
        guard start - now <= profile.queueLimit else { return nil }
        let bits = Double((byteCount + profile.overheadByteCount) * 8)
        bottleneckFree = start + .seconds(bits / Double(rate))
        return bottleneckFree
    }
}
