import Primitives
import Probe

/// What one participant does and notices of others, by kind.
struct Notices {
    /// What happened this shortly before the end need not have been noticed.
    static let patience = Interval.seconds(3)

    private var stretch: [InteractionCounts] = []
    private var outcomes: [InteractionOutcome] = []
    /// When what was noticed lately had been due, by kind, oldest first.
    private var recent: [Interaction: [Instant]] = [:]

    /// Something was due.
    mutating func due(_ kind: Interaction) { outcome(kind) { $0.due += 1 } }

    /// Something was done.
    mutating func done(_ kind: Interaction) { outcome(kind) { $0.done += 1 } }

    /// Something was refused.
    mutating func refused(_ kind: Interaction) { outcome(kind) { $0.refused += 1 } }

    /// Something of others was noticed that had been due at `instant`.
    ///
    /// - Parameter isExpected: Whether the participant was there when it was due.
    mutating func noticed(
        _ kind: Interaction, dueAt instant: Instant, isTimed: Bool, isExpected: Bool, now: Instant
    ) {
        let index = stretch.firstIndex { $0.kind == kind } ?? stretch.count
        if index == stretch.count { stretch.append(InteractionCounts(kind)) }
        stretch[index].add(microseconds: isTimed ? (now - instant).wholeMicroseconds : nil)
        guard isExpected else { return }
        var list = recent[kind] ?? []
        let settled = list.prefix { $0 + Self.patience < now }.count
        list.removeFirst(settled)
        list.append(instant)
        recent[kind] = list
        if settled > 0 { outcome(kind) { $0.seen += UInt64(settled) } }
    }

    /// What was noticed since the last call, by kind in the order of `Interaction`.
    mutating func take() -> [InteractionCounts] {
        defer { stretch = [] }
        return Interaction.allCases.compactMap { kind in stretch.first { $0.kind == kind } }
    }

    /// The whole call, for somebody who was there in `span`.
    mutating func settle(
        in span: Range<Instant>?, expected: (Interaction, Range<Instant>) -> Int
    ) -> [InteractionOutcome] {
        if let span {
            for kind in Interaction.allCases where kind != .lobby {
                let late = recent[kind] ?? []
                // When a reaction was due its receiver cannot know: all of them count, up to what was expected.
                let seen = kind == .reaction ? late.count : late.count { $0 < span.upperBound }
                let count = expected(kind, span)
                guard seen > 0 || count > 0 else { continue }
                outcome(kind) {
                    $0.seen = min($0.seen + UInt64(seen), UInt64(count))
                    $0.expected = UInt64(count)
                }
            }
        }
        return Interaction.allCases.compactMap { kind in
            outcomes.first { $0.kind == kind && !$0.isEmpty }
        }
    }

    private mutating func outcome(_ kind: Interaction, _ change: (inout InteractionOutcome) -> Void) {
        let index = outcomes.firstIndex { $0.kind == kind } ?? outcomes.count
        if index == outcomes.count { outcomes.append(InteractionOutcome(kind)) }
        change(&outcomes[index])
    }
}
