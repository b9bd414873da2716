import Primitives
import WireFormats

/// The packets of one stream that are missing but not given up, in order, and when to ask for them (RFC 4585
/// section 6.2.1).
struct GapList {
    /// One missing packet.
    struct Gap {
        /// Its extended sequence number.
        var sequence: Int64
        /// When a later packet arrived first.
        var detectedAt: Instant
        /// When something is to be done about it: count it as lost, ask for it, give it up.
        var dueAt: Instant
        /// How often it has been asked for.
        var requestCount: Int32 = 0
        /// Whether it has been counted as lost before repair.
        var isCountedLost = false
    }

    /// The rules.
    let policy: RetransmissionPolicy
    /// When something is to be done next; may be early, never late.
    private(set) var deadline: Instant?
    /// The missing packets in ascending order; never grows beyond what was reserved.
    private var gaps: ContiguousArray<Gap> = []

    init(policy: RetransmissionPolicy) {
        self.policy = policy
        gaps.reserveCapacity(Int(policy.giveUpDistance))
    }

    /// How many packets are missing.
    var count: Int { gaps.count }

    /// Adds the packets in `range` and gives up those that are now too far behind.
    mutating func open(_ range: Range<Int64>, now: Instant, account: inout LossAccount) {
        giveUp(below: range.upperBound - policy.giveUpDistance, account: &account)
        let oldest = max(range.lowerBound, range.upperBound - policy.giveUpDistance)
        account.giveUpUnseen(Int(oldest - range.lowerBound))
        let dueAt = now + policy.reorderTolerance
        for sequence in oldest..<range.upperBound {
            gaps.append(Gap(sequence: sequence, detectedAt: now, dueAt: dueAt))
        }
        if !range.isEmpty { deadline = earliest(deadline, dueAt) }
    }

    /// Adds packets that are older than all others, because the stream began earlier than it seemed.
    mutating func prepend(_ range: Range<Int64>, now: Instant, account: inout LossAccount) {
        guard gaps.count + range.count <= Int(policy.giveUpDistance) else {
            return account.giveUpUnseen(range.count)
        }
        let dueAt = now + policy.reorderTolerance
        for sequence in range.reversed() {
            gaps.insert(Gap(sequence: sequence, detectedAt: now, dueAt: dueAt), at: 0)
        }
        if !range.isEmpty { deadline = earliest(deadline, dueAt) }
    }

    /// Gives up the packets below `sequence`.
    mutating func giveUp(below sequence: Int64, account: inout LossAccount) {
        var count = 0
        while count < gaps.count, gaps[count].sequence < sequence {
            account.giveUp(isCountedLost: gaps[count].isCountedLost)
            count += 1
        }
        if count > 0 { gaps.removeFirst(count) }
    }

    /// Takes out a packet that has arrived; nil if it was not missing.
    mutating func close(_ sequence: Int64) -> Gap? {
        var low = 0
        var high = gaps.count
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        guard low < gaps.count, gaps[low].sequence == sequence else { return nil }
        return gaps.remove(at: low)
    }

    /// Counts as lost what has been missing for longer than the tolerance, and gives up what is too old.
    mutating func tick(now: Instant, account: inout LossAccount) {
        guard let deadline, deadline <= now else { return }
        let oldest = now - policy.giveUpAge
        var kept = 0
        for index in gaps.indices {
            var gap = gaps[index]
            if !gap.isCountedLost, gap.detectedAt + policy.reorderTolerance <= now {
                gap.isCountedLost = true
                account.lostBeforeRepair += 1
                if !policy.requestsRetransmission { gap.dueAt = gap.detectedAt + policy.giveUpAge }
            }
            if gap.detectedAt <= oldest {
                account.giveUp(isCountedLost: gap.isCountedLost)
                continue
            }
            gaps[kept] = gap
            kept += 1
        }
        gaps.removeLast(gaps.count - kept)
        findDeadline()
    }

    /// Writes a NACK for the packets whose request is due.
    ///
    /// - Returns: How many packets were asked for; what finds no room stays due.
    mutating func writeRequests(
        into writer: inout RTCPWriter, _ sources: FeedbackSources, now: Instant, roundTripTime: Interval?
    ) -> Int {
        guard policy.requestsRetransmission, let deadline, deadline <= now else { return 0 }
        var requested = 0
        for index in gaps.indices {
            guard isRequestDue(gaps[index], now) else { continue }
            if requested == 0, !writer.beginNACK(sources) { return 0 }
            guard writer.append(lost: UInt16(truncatingIfNeeded: gaps[index].sequence)) else { break }
            requested += 1
            gaps[index].requestCount += 1
            let count = Int(gaps[index].requestCount)
            gaps[index].dueAt =
                count < policy.maximumRequestCount
                ? now + policy.retryInterval(after: count, roundTripTime: roundTripTime)
                : gaps[index].detectedAt + policy.giveUpAge
        }
        findDeadline()
        return requested
    }

    private func isRequestDue(_ gap: Gap, _ now: Instant) -> Bool {
        gap.dueAt <= now && gap.requestCount < policy.maximumRequestCount
    }

    private mutating func findDeadline() {
        var due: Instant?
        for gap in gaps { due = earliest(due, min(gap.dueAt, gap.detectedAt + policy.giveUpAge)) }
        deadline = due
    }
}

/// How many packets of a stream were lost, and what became of them.
///
/// A missing packet is *lost before repair* once it has been missing for longer than the reorder tolerance, or as soon
/// as a retransmission fills its place. From then on it is still missing, or *repaired* (a retransmission stream brought
/// it), or *late recovered* (the primary stream brought it after all: heavy reordering, or a sender that repeats packets
/// there), or *lost after repair* (given up, for good). So at every moment
///
///     lostBeforeRepair = repaired + lateRecovered + lostAfterRepair + (missing packets past the tolerance)
///     expected = unique + lostAfterRepair + (all missing packets)
public struct LossAccount: Sendable, Hashable {
    /// Packets that did not arrive in time on the primary stream.
    public internal(set) var lostBeforeRepair = 0
    /// Of these, packets that a retransmission stream brought.
    public internal(set) var repaired = 0
    /// Of these, packets that the primary stream brought later than the tolerance.
    public internal(set) var lateRecovered = 0
    /// Of these, packets that were given up.
    public internal(set) var lostAfterRepair = 0

    /// Makes an account without losses.
    public init() {}

    mutating func giveUp(isCountedLost: Bool) {
        if !isCountedLost { lostBeforeRepair += 1 }
        lostAfterRepair += 1
    }

    mutating func giveUpUnseen(_ count: Int) {
        lostBeforeRepair += count
        lostAfterRepair += count
    }
}
