/// Extends a stream's sequence numbers and remembers which of the last 1024 arrived (RFC 3550 appendix A.1).
///
/// Extended numbers never wrap and never go back, not even when a source restarts its numbering: such a restart is
/// accepted after two packets in sequence, and the numbers go on in a later cycle.
struct SequenceTracker {
    /// Where a packet's number lies.
    enum Position: Equatable {
        /// The first packet, or the first after the source restarted its numbering.
        case first(isRestart: Bool)
        /// Beyond the highest number so far; `skipped` numbers before it have not arrived.
        case ahead(skipped: Int)
        /// Shortly before the first number, which others had overtaken; `missing` numbers lie between the two.
        case early(missing: Int)
        /// Below the highest number; `isMarked` says whether it arrived before.
        case behind(isMarked: Bool)
        /// Long before the first packet of the stream, or too old to remember.
        case outside
        /// So far from the others that it is believed only if the next packet follows it.
        case implausible
    }

    /// How many numbers are remembered.
    static let window: Int64 = 1024
    /// The largest jump forward that counts as loss (MAX_DROPOUT).
    static let maximumDropout: Int64 = 3000
    /// How far before the first packet a stream may still turn out to begin.
    static let maximumEarliness: Int64 = 16

    /// The lowest number that counts.
    private(set) var base: Int64 = 0
    /// The highest number so far; nil before the first packet.
    private(set) var highest: Int64?
    /// Numbers that were left out because the source restarted, which nobody expects.
    private var uncounted: Int64 = 0
    /// The number that would confirm a restart.
    private var confirmation: UInt16?
    /// One bit per number, at its position modulo `window`.
    private var marks: ContiguousArray<UInt64>

    init() { marks = ContiguousArray(repeating: 0, count: Int(Self.window) / 64) }

    /// How many packets the source has sent as far as we can tell.
    var expectedCount: Int64 {
        guard let highest else { return 0 }
        return highest - base + 1 - uncounted
    }

    /// Marks a packet as arrived and says where its number lies.
    ///
    /// - Parameter canRestart: Whether an implausible number may begin a new numbering; a retransmission may not.
    mutating func receive(_ sequenceNumber: UInt16, canRestart: Bool) -> (extended: Int64, position: Position)
    {
        guard let highest else {
            start(at: Int64(sequenceNumber))
            base = Int64(sequenceNumber)
            return (Int64(sequenceNumber), .first(isRestart: false))
        }
        let delta = Int64(Int16(truncatingIfNeeded: Int64(sequenceNumber) &- highest))
        let extended = highest + delta
        if delta > Self.maximumDropout || delta < -Self.window {
            return implausible(sequenceNumber, extended, highest, canRestart)
        }
        if canRestart { confirmation = nil }
        if delta > 0 {
            for skipped in highest + 1..<extended { setMark(skipped, false) }
            setMark(extended, true)
            self.highest = extended
            return (extended, .ahead(skipped: Int(delta - 1)))
        }
        guard delta > -Self.window else { return (extended, .outside) }
        guard extended >= base else { return early(extended, isPrimary: canRestart) }
        let isMarked = mark(extended)
        setMark(extended, true)
        return (extended, .behind(isMarked: isMarked))
    }

    private mutating func early(_ extended: Int64, isPrimary: Bool) -> (Int64, Position) {
        // Numbers stay positive, so that their remainders do.
        guard isPrimary, extended >= 0, base - extended <= Self.maximumEarliness else {
            return (extended, .outside)
        }
        for missing in extended + 1..<base { setMark(missing, false) }
        setMark(extended, true)
        let missing = base - extended - 1
        base = extended
        return (extended, .early(missing: Int(missing)))
    }

    private mutating func implausible(
        _ sequenceNumber: UInt16, _ extended: Int64, _ highest: Int64, _ canRestart: Bool
    ) -> (Int64, Position) {
        guard canRestart else { return (extended, .implausible) }
        guard confirmation == sequenceNumber else {
            confirmation = sequenceNumber &+ 1
            return (extended, .implausible)
        }
        confirmation = nil
        var restart = highest - highest % 0x1_0000 + Int64(sequenceNumber)
        if restart <= highest { restart += 0x1_0000 }
        uncounted += restart - 1 - highest
        start(at: restart)
        return (restart, .first(isRestart: true))
    }

    private mutating func start(at extended: Int64) {
        for index in marks.indices { marks[index] = 0 }
        highest = extended
        setMark(extended, true)
    }

    private func mark(_ extended: Int64) -> Bool {
        let bit = Int(extended % Self.window)
        return marks[bit / 64] & (1 << UInt64(bit % 64)) != 0
    }

    private mutating func setMark(_ extended: Int64, _ isMarked: Bool) {
        let bit = Int(extended % Self.window)
        if isMarked {
            marks[bit / 64] |= 1 << UInt64(bit % 64)
        } else {
            marks[bit / 64] &= ~(1 << UInt64(bit % 64))
        }
    }
}
