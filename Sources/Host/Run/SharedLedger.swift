import LoadGen
import Primitives
import Probe
import Synchronization

/// A ledger that all shards of a process share: those who act and those who notice may be on different threads.
final class SharedLedger: ActionLedger, Sendable {
    private let book = Mutex(LedgerBook())

    func enrol(_ identity: String) { book.withLock { $0.enrol(identity) } }

    func isOurs(_ identity: String) -> Bool { book.withLock { $0.isOurs(identity) } }

    func note(_ action: Action, at instant: Instant) { book.withLock { $0.note(action, at: instant) } }

    func confirm(_ action: Action, at instant: Instant) { book.withLock { $0.confirm(action, at: instant) } }

    func entry(of action: Action) -> LedgerBook.Entry? { book.withLock { $0.entry(of: action) } }

    func count(_ kind: Interaction, room: Int, except doer: Int, in span: Range<Instant>) -> Int {
        book.withLock { $0.count(kind, room: room, except: doer, in: span) }
    }
}
