import Primitives
import Scenario

/// What one participant is going to do in the meeting, and when.
struct Conduct {
    /// One thing that a participant does.
    enum Deed: Hashable {
        case chat
        case reaction
        case hand(Bool)
        case rename
        case mute
        case muteAll
        case remove
        case restrict(Restriction.Source, Bool)
    }

    private struct Row {
        var begin: Deed
        var end: Deed
        var table: Timetable
    }

    private var rows: [Row] = []

    /// Begins at the intended arrival; each kind of deed has a chance of its own, whatever else is done.
    init(_ behaviour: Behaviour, from start: Instant, generator: SeededGenerator) {
        func add(_ timing: Timing?, _ begin: Deed, _ end: Deed, _ label: Int, lasting: Interval? = nil) {
            guard let timing else { return }
            rows.append(
                Row(
                    begin: begin, end: end,
                    table: Timetable(
                        timing, from: start, lasting: lasting, generator: generator.fork("deed", label))))
        }
        add(behaviour.chat, .chat, .chat, 0)
        add(behaviour.reactions, .reaction, .reaction, 1)
        add(behaviour.hand, .hand(true), .hand(false), 2, lasting: Behaviour.handTime)
        add(behaviour.rename, .rename, .rename, 3)
        guard let moderation = behaviour.moderation else { return }
        add(moderation.mute, .mute, .mute, 4)
        add(moderation.muteAll, .muteAll, .muteAll, 5)
        add(moderation.remove, .remove, .remove, 6)
        for restriction in moderation.restrictions {
            let source = restriction.source
            add(.spans(restriction.spans), .restrict(source, true), .restrict(source, false), 7)
        }
    }

    /// When something is due next.
    var deadline: Instant? { rows.reduce(nil) { earliest($0, $1.table.next?.at) } }

    /// The earliest thing that is due by `now`.
    mutating func take(now: Instant) -> (deed: Deed, at: Instant)? {
        var first: (row: Int, stop: Timetable.Stop)?
        for (index, row) in rows.enumerated() {
            guard let stop = row.table.next, stop.at <= now else { continue }
            if let known = first, known.stop.at <= stop.at { continue }
            first = (index, stop)
        }
        guard let first else { return nil }
        rows[first.row].table.advance()
        return (first.stop.isStart ? rows[first.row].begin : rows[first.row].end, first.stop.at)
    }
}
