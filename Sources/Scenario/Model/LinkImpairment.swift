public import Primitives

/// What one direction of an access network does to the datagrams of a participant.
public struct LinkImpairment: Codable, Hashable, Sendable {
    /// How a datagram's delay varies.
    public struct Jitter: Codable, Hashable, Sendable {
        /// What is added to the delay in the mean.
        public var mean: Interval
        /// How it is spread around the mean.
        public var spread: JitterSpread

        /// Describes a variation.
        public init(mean: Interval, spread: JitterSpread = .exponential) {
            self.mean = mean
            self.spread = spread
        }
    }

    /// Which datagrams are lost.
    public enum Loss: Codable, Hashable, Sendable {
        /// None.
        case none
        /// Each with the same probability.
        case independent(share: Double)
        /// In spells: how many in all, how many datagrams a spell lasts in the mean, and how many are lost within.
        case bursts(share: Double, length: Double, inside: Double)
    }

    /// How long a datagram travels when nothing else happens.
    public var delay: Interval
    /// How its delay varies; nil for not at all.
    public var jitter: Jitter?
    /// Which datagrams are lost.
    public var loss: Loss
    /// The share of datagrams that are held back, so that later ones overtake them.
    public var reorder: Double
    /// The share of datagrams that arrive twice.
    public var duplicate: Double
    /// The bottleneck's rate in bit/s; nil for no bottleneck.
    public var bitsPerSecond: Int?
    /// How long the bottleneck takes to send what its queue may hold; what comes on top is lost.
    public var queue: Interval
    /// When nothing gets through, since the start of the run, in order and apart.
    public var outages: [TimeSpan]

    /// Half a second of queue is what home routers and mobile networks have ("bufferbloat").
    public static let defaultQueue = Interval.milliseconds(500)

    /// Describes one direction; by default nothing is changed.
    public init(
        delay: Interval = .zero, jitter: Jitter? = nil, loss: Loss = .none, reorder: Double = 0,
        duplicate: Double = 0, bitsPerSecond: Int? = nil, queue: Interval = Self.defaultQueue,
        outages: [TimeSpan] = []
    ) {
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
        self.reorder = reorder
        self.duplicate = duplicate
        self.bitsPerSecond = bitsPerSecond
        self.queue = queue
        self.outages = outages
    }

    /// Whether datagrams pass as they are.
    public var isNone: Bool {
        delay == .zero && jitter == nil && loss == .none && reorder == 0 && duplicate == 0
            && bitsPerSecond == nil && outages.isEmpty
    }
}

/// How jitter is spread around its mean; the shortest addition is always none.
public enum JitterSpread: String, CaseIterable, Codable, Hashable, Sendable {
    /// Anything up to twice the mean is as likely as anything else.
    case uniform
    /// Half of a normal distribution: most datagrams are hardly late.
    case normal
    /// As behind a short queue with random arrivals.
    case exponential
    /// Rare but long additions, as over busy radio: Pareto of the second kind with shape 2.5.
    case pareto
}

extension LinkImpairment {
    /// The direction in a few words, as a scenario writes them: `40ms ±5ms 1Mbit/s 1% lost`.
    public var summary: String {
        var parts: [String] = []
        if delay > .zero { parts.append(delay.scenarioText) }
        if let jitter { parts.append("+\(jitter.mean.scenarioText)") }
        if let bitsPerSecond { parts.append(Self.text(ofRate: bitsPerSecond)) }
        switch loss {
        case .none: break
        case .independent(let share): parts.append("\(Self.text(ofShare: share)) lost")
        case .bursts(let share, let length, _):
            parts.append("\(Self.text(ofShare: share)) lost in bursts of \(Self.text(ofNumber: length))")
        }
        if reorder > 0 { parts.append("\(Self.text(ofShare: reorder)) reordered") }
        if duplicate > 0 { parts.append("\(Self.text(ofShare: duplicate)) doubled") }
        if !outages.isEmpty { parts.append(outages.count == 1 ? "an outage" : "\(outages.count) outages") }
        return parts.isEmpty ? "as it is" : parts.joined(separator: " ")
    }

    private static func text(ofRate rate: Int) -> String {
        for (unit, size) in [("Gbit/s", 1_000_000_000), ("Mbit/s", 1_000_000), ("kbit/s", 1000)]
        where rate >= size {
            return text(ofNumber: Double(rate) / Double(size)) + unit
        }
        return "\(rate)bit/s"
    }

    private static func text(ofShare share: Double) -> String { text(ofNumber: share * 100) + "%" }

    /// Two decimals at most.
    private static func text(ofNumber number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        if hundredths % 100 == 0 { return "\(hundredths / 100)" }
        let fraction = String(100 + hundredths % 100).dropFirst()
        return "\(hundredths / 100)." + (fraction.hasSuffix("0") ? fraction.dropLast() : fraction)
    }
}
