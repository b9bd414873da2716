import Primitives

/// Deliberate loss of forwarded media packets, by rate and by number.
struct Egress {
    private let rate: Double
    private let numbers: Set<UInt64>
    private var generator: SeededGenerator

    init(behaviour: EmbeddedConfiguration.Behaviour, generator: SeededGenerator) {
        rate = behaviour.lossRate
        numbers = Set(behaviour.lossNumbers)
        self.generator = generator
    }

    /// Whether a packet is lost on the way, given its number in its forwarded stream, from 1.
    mutating func loses(number: UInt64) -> Bool {
        if numbers.contains(number) { return true }
        return rate > 0 && generator.chance(rate)
    }
}

/// A token bucket that limits how many packets are forwarded: a server of known capacity.
struct ForwardingBudget {
    private let rate: Double
    private var tokens: Double
    private var filledAt = Instant.zero

    /// A tenth of a second of packets may go at once.
    init(packetsPerSecond: Int) {
        rate = Double(packetsPerSecond)
        tokens = rate / 10
    }

    /// Whether one more packet may be forwarded at `now`.
    mutating func take(now: Instant) -> Bool {
        guard rate > 0 else { return true }
        tokens = min(rate / 10, tokens + (now - filledAt).seconds * rate)
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
