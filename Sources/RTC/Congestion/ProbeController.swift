import Primitives

/// Why the estimate is not higher, as far as it decides about probing.
enum EstimateLimit: Sendable, Hashable {
    /// The delay-based control leads, and the delay is steady.
    case delay
    /// The delay has just changed, or the round trip is far too long: no time to send more.
    case risingDelay
    /// Loss holds the estimate down or lets it grow only slowly.
    case loss
}

/// Decides when to probe, and at which rate (libwebrtc's `ProbeController`).
///
/// Probes come in exponential steps at the start, when more could be sent than the estimate allows while the
/// application is the limit, after a large drop that may have been an accident, and periodically while a screen that
/// hardly changes leaves the path idle.
struct ProbeController: Sendable {
    private enum State { case idle, waiting, complete }

    /// The first probes, as multiples of the start rate.
    private static let initialFactors = (3.0, 6.0)
    /// The next probe after a success, as a multiple of what was found (`step_size`).
    private static let furtherFactor = 2.0
    /// The share of a probe's rate that counts as its success (`further_probe_threshold`).
    private static let successShare = 0.7
    /// How long a result is waited for.
    private static let patience = Interval.seconds(1)
    /// Nothing above this is probed unless a limit was given.
    private static let defaultMaximum = Bitrate.kilobitsPerSecond(5000)
    /// A drop below this share of the estimate is a large one.
    private static let largeDrop = 0.66
    /// A large drop is looked into within this time.
    private static let dropMemory = Interval.seconds(5)
    /// The share of the rate before the drop that is probed, and how much less still counts as an improvement.
    private static let dropFactor = 0.85
    private static let uncertainty = 0.05
    /// For so long after the application was the limit a drop may be looked into.
    private static let limitMemory = Interval.seconds(3)
    /// Least time between two looks at drops, and between two periodic probes.
    private static let spacing = Interval.seconds(5)
    /// A periodic probe, as a multiple of the estimate.
    private static let periodicFactor = 2.0

    /// Whether periodic probes are sent while the application is the limit: for screens.
    var probesPeriodically = false
    /// Since when the application has been the limit.
    var applicationLimitedSince: Instant?

    private var state = State.idle
    private var start: Bitrate
    private var estimate: Bitrate
    private var maximum: Bitrate?
    /// The most that there is to send; zero while unknown.
    private var wanted = Bitrate.zero
    private var furtherAbove = Bitrate.unlimited
    private var limit = EstimateLimit.delay
    private var initiatedAt: Instant?
    private var applicationLimitEndedAt: Instant?
    private var droppedAt: Instant?
    private var beforeDrop = Bitrate.zero
    private var dropProbedAt: Instant?
    private var nextID: UInt16 = 1
    /// Clusters that wait to be sent.
    private var clusters = BoundedQueue<ProbeCluster>(limit: 5)

    init(start: Bitrate) {
        self.start = start
        estimate = start
    }

    /// The next cluster to be sent.
    mutating func takeCluster() -> ProbeCluster? { clusters.popFirst() }

    /// When `tick` is due: to stop waiting for a result, or to probe periodically.
    var deadline: Instant? {
        guard let initiatedAt else { return nil }
        if state == .waiting { return initiatedAt + Self.patience + .milliseconds(1) }
        guard state == .complete, probesPeriodically, let since = applicationLimitedSince else { return nil }
        return max(since, initiatedAt) + Self.spacing
    }

    /// The connection can send: begins the exponential probing.
    mutating func begin(now: Instant) {
        guard state == .idle, start > .zero else { return }
        probe(start * Self.initialFactors.0, start * Self.initialFactors.1, further: true, now: now)
    }

    /// Starts over at a rate, as a new description told.
    mutating func restart(at rate: Bitrate) {
        start = rate
        estimate = rate
    }

    /// Takes a limit for the estimate; one that was raised is tried out.
    mutating func setMaximum(_ rate: Bitrate?, now: Instant) {
        let old = maximum ?? Self.defaultMaximum
        maximum = rate
        let new = rate ?? Self.defaultMaximum
        if state == .complete, old < new, estimate < new { probe(new, nil, further: false, now: now) }
    }

    /// Takes how much there is to send at most; if it grew while the application was the limit, it is tried out.
    mutating func setWanted(_ rate: Bitrate, now: Instant) {
        let changed = rate != wanted
        wanted = rate
        guard state == .complete, changed, estimate < maximum ?? Self.defaultMaximum, estimate < rate,
            applicationLimitedSince != nil
        else { return }
        let most = estimate * 2
        guard most >= rate else { return probe(most, nil, further: true, now: now) }
        let second = min(rate * 2, most)
        probe(rate, second > rate ? second : nil, further: most < rate * 2, now: now)
    }

    /// The application is not the limit any more.
    mutating func noteApplicationLimitEnded(now: Instant) { applicationLimitEndedAt = now }

    /// Takes a new estimate; a probe that succeeded is followed by a higher one.
    mutating func setEstimate(_ rate: Bitrate, limit: EstimateLimit, now: Instant) {
        self.limit = limit
        if rate < estimate * Self.largeDrop {
            droppedAt = now
            beforeDrop = estimate
        }
        estimate = rate
        if state == .waiting, rate > furtherAbove {
            probe(rate * Self.furtherFactor, nil, further: true, now: now)
        }
    }

    /// The queue has emptied after an overuse: looks whether a large drop was an accident.
    mutating func noteRecovery(now: Instant) {
        let ended = applicationLimitEndedAt.map { now - $0 < Self.limitMemory } ?? false
        guard applicationLimitedSince != nil || ended, state == .complete, let droppedAt else { return }
        let rate = beforeDrop * Self.dropFactor
        guard rate * (1 - Self.uncertainty) > estimate, now - droppedAt < Self.dropMemory,
            dropProbedAt.map({ now - $0 > Self.spacing }) ?? true
        else { return }
        dropProbedAt = now
        probe(rate, nil, further: false, now: now)
    }

    /// Does what is due.
    mutating func tick(now: Instant) {
        guard let initiatedAt else { return }
        if state == .waiting, now - initiatedAt > Self.patience { complete() }
        guard state == .complete, probesPeriodically, let since = applicationLimitedSince,
            now >= max(since, initiatedAt) + Self.spacing
        else { return }
        probe(estimate * Self.periodicFactor, nil, further: true, now: now)
    }

    private mutating func complete() {
        state = .complete
        furtherAbove = .unlimited
    }

    private mutating func probe(_ first: Bitrate, _ second: Bitrate?, further: Bool, now: Instant) {
        // While the delay changes, or loss rules, a probe would only make things worse.
        guard limit == .delay else { return }
        var most = maximum ?? Self.defaultMaximum
        // Twice of what can be sent leaves room for uneven pictures.
        if wanted > .zero { most = min(most, wanted * 2) }
        var goesOn = further && (second ?? first) < most
        if first >= most { goesOn = false }
        request(min(first, most), now: now)
        if let second { request(min(second, most), now: now) }
        initiatedAt = now
        guard goesOn else { return complete() }
        state = .waiting
        furtherAbove = (second ?? first) * Self.successShare
    }

    private mutating func request(_ rate: Bitrate, now: Instant) {
        guard clusters.append(ProbeCluster(id: nextID, rate: rate, requestedAt: now)) else { return }
        nextID = nextID == .max ? 1 : nextID + 1
    }
}
