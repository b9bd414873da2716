/// Turns 16-bit sequence numbers that wrap into 64-bit ones that do not (RFC 3550 appendix A.1).
public struct SequenceUnwrapper: Sendable {
    private var last: Int64?

    /// Starts without a reference; the first number stands for itself.
    public init() {}

    /// The extended number nearest to the last one seen.
    @inlinable
    public mutating func unwrap(_ sequence: UInt16) -> Int64 {
        guard let reference = reference else {
            remember(Int64(sequence))
            return Int64(sequence)
        }
        let delta = Int16(truncatingIfNeeded: Int64(sequence) &- reference)
        let extended = reference &+ Int64(delta)
        if extended > reference { remember(extended) }
        return extended
    }

    @usableFromInline
    var reference: Int64? { last }

    @usableFromInline
    mutating func remember(_ value: Int64) { last = value }
}

/// Turns 32-bit RTP timestamps that wrap into 64-bit ones that do not.
public struct TimestampUnwrapper: Sendable {
    private var last: Int64?

    /// Starts without a reference; the first timestamp stands for itself.
    public init() {}

    /// The extended timestamp nearest to the last one seen.
    public mutating func unwrap(_ timestamp: UInt32) -> Int64 {
        guard let reference = last else {
            last = Int64(timestamp)
            return Int64(timestamp)
        }
        let delta = Int32(truncatingIfNeeded: Int64(timestamp) &- reference)
        let extended = reference &+ Int64(delta)
        if extended > reference { last = extended }
        return extended
    }
}
