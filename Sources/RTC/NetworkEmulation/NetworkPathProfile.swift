public import Primitives

/// What one direction of a network path does to datagrams.
public struct NetworkPathProfile: Hashable, Sendable {
    /// How long a datagram travels when nothing else happens.
    public var delay: Interval
    /// What is added to `delay`, differently for each datagram.
    public var jitter: NetworkJitter
    /// Whether a datagram that jitter lets overtake another waits for it: true for queues, false for parallel paths.
    public var keepsOrder: Bool
    /// Which datagrams are lost by chance.
    public var loss: NetworkLoss
    /// Datagrams that are lost by plan: their ordinals from zero on, ascending.
    public var lostOrdinals: [Int]
    /// The chance that a datagram arrives twice.
    public var duplication: Double
    /// The chance that a datagram is held back by `reorderingDelay`, so that later ones overtake it.
    public var reordering: Double
    /// How long a reordered datagram is held back.
    public var reorderingDelay: Interval
    /// The bottleneck's rate in bit/s; nil for no bottleneck.
    public var bitsPerSecond: Int?
    /// How much the bottleneck's queue may hold, as the time to send it; what comes on top is lost.
    public var queueLimit: Interval
    /// Bytes that each datagram has on the link besides its payload: IPv4 and UDP headers.
    public var overheadByteCount: Int
    /// When nothing gets through: from the lower bound on, before the upper, ascending.
    public var outages: [Range<Instant>]

    /// Describes a path; without arguments one that changes nothing.
    public init(
        delay: Interval = .zero, jitter: NetworkJitter = .none, keepsOrder: Bool = true,
        loss: NetworkLoss = .none, lostOrdinals: [Int] = [], duplication: Double = 0, reordering: Double = 0,
        reorderingDelay: Interval = .milliseconds(20 as Int64), bitsPerSecond: Int? = nil,
        queueLimit: Interval = .milliseconds(200 as Int64), overheadByteCount: Int = 28,
        outages: [Range<Instant>] = []
    ) {
        self.delay = delay
        self.jitter = jitter
        self.keepsOrder = keepsOrder
        self.loss = loss
        self.lostOrdinals = lostOrdinals
        self.duplication = duplication
        self.reordering = reordering
        self.reorderingDelay = reorderingDelay
        self.bitsPerSecond = bitsPerSecond
        self.queueLimit = queueLimit
        self.overheadByteCount = overheadByteCount
        self.outages = outages
    }
}

/// How a datagram's delay varies.
public enum NetworkJitter: Hashable, Sendable {
    /// Not at all.
    case none
    /// Evenly between nothing and a maximum.
    case uniform(maximum: Interval)
    /// The absolute value of a normal variable with this deviation: most datagrams are hardly late.
    case halfNormal(deviation: Interval)
    /// Exponentially with this mean, as behind a short queue with random arrivals.
    case exponential(mean: Interval)
    /// Pareto (Lomax) with this mean and shape: rare but long delays, as over busy radio. The shape is above 1.
    case pareto(mean: Interval, shape: Double)

    /// Draws one delay.
    func draw(_ generator: inout SeededGenerator) -> Interval {
        switch self {
        case .none: return .zero
        case .uniform(let maximum): return maximum * generator.uniform()
        case .halfNormal(let deviation): return deviation * abs(generator.standardNormal())
        case .exponential(let mean): return mean * generator.standardExponential()
        case .pareto(let mean, let shape):
            // Lomax = Pareto II with scale mean * (shape - 1), by an exponential of an exponential.
            let factor = Elementary.exponential(generator.standardExponential() / shape) - 1
            return mean * ((shape - 1) * min(factor, 1e3))
        }
    }
}

/// Which datagrams are lost by chance.
public enum NetworkLoss: Hashable, Sendable {
    /// None.
    case none
    /// Each with the same probability, whatever happened before.
    case random(Double)
    /// In bursts.
    case gilbertElliott(GilbertElliott)
}

/// A link that is in a good or a bad state (Gilbert 1960, Elliott 1963), one step per datagram.
public struct GilbertElliott: Hashable, Sendable {
    /// The probability to change from good to bad, p.
    public var goodToBad: Double
    /// The probability to change from bad to good, r; bad spells last 1/r datagrams on average.
    public var badToGood: Double
    /// The probability of loss in the good state.
    public var lossInGood: Double
    /// The probability of loss in the bad state.
    public var lossInBad: Double

    /// Makes a model from its four probabilities.
    public init(goodToBad: Double, badToGood: Double, lossInGood: Double = 0, lossInBad: Double = 1) {
        self.goodToBad = goodToBad
        self.badToGood = badToGood
        self.lossInGood = lossInGood
        self.lossInBad = lossInBad
    }

    /// Makes the simple model (all is lost in the bad state, nothing in the good one) of a mean loss and burst length.
    public init(meanLoss: Double, meanBurst: Double) {
        let recovery = 1 / max(meanBurst, 1)
        // Stationary share of the bad state: p / (p + r) = meanLoss.
        self.init(goodToBad: min(1, meanLoss * recovery / max(1 - meanLoss, 1e-9)), badToGood: recovery)
    }

    /// The share of datagrams lost in the long run.
    public var meanLoss: Double {
        let sum = goodToBad + badToGood
        guard sum > 0 else { return lossInGood }
        return (goodToBad * lossInBad + badToGood * lossInGood) / sum
    }
}
