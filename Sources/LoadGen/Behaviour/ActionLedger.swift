public import Primitives
public import Probe

/// What has been done in the rooms of a run, so that whoever notices it can tell how long it took.
///
/// The ones who act and the ones who notice are both ours and go by one clock: the first write down when something was
/// due, the others look it up. Shards on several threads share one ledger, so its host makes it safe for that.
public protocol ActionLedger: AnyObject {
    /// Writes down that an identity, of a participant or of somebody in a lobby, is one of ours.
    func enrol(_ identity: String)
    /// Whether an identity is one of ours: hosts do nothing to people who are not.
    func isOurs(_ identity: String) -> Bool
    /// Writes down that something was due at `instant`; a later entry for the same action replaces an earlier one.
    func note(_ action: Action, at instant: Instant)
    /// The deployment has agreed to what was due at `instant`: others are to notice it.
    func confirm(_ action: Action, at instant: Instant)
    /// When an action was due, and by whom; nil for one that nobody of ours did.
    func entry(of action: Action) -> LedgerBook.Entry?
    /// How many confirmed actions of a kind others than `doer` did in a room, due in `span`.
    func count(_ kind: Interaction, room: Int, except doer: Int, in span: Range<Instant>) -> Int
}

/// Something that was done in a room, with what those who notice it know it by.
public struct Action: Hashable, Sendable {
    /// What was done.
    public var kind: Interaction
    /// Position of the room in the plan.
    public var room: Int
    /// Who did it, or to whom it was done, or the id of what was said, as the server names it.
    public var subject: String
    /// Who did it, by index in the plan; not known to those who notice, and no part of what makes actions equal.
    public var doer: Int

    /// Describes an action.
    public init(_ kind: Interaction, room: Int, subject: String, doer: Int = -1) {
        self.kind = kind
        self.room = room
        self.subject = subject
        self.doer = doer
    }

    /// Whether two descriptions are of the same action.
    public static func == (left: Action, right: Action) -> Bool {
        left.kind == right.kind && left.room == right.room && left.subject == right.subject
    }

    /// Hashes what makes actions equal.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(room)
        hasher.combine(subject)
    }
}

/// The pages of a ledger: pure, for whoever guards it as the run needs.
public struct LedgerBook {
    /// What a ledger knows about an action.
    public struct Entry: Sendable {
        /// When it was due.
        public var at: Instant
        /// Who did it, by index in the plan.
        public var doer: Int
    }

    /// What happened longer ago is no longer looked up.
    static let memory = Interval.seconds(120)
    /// Entries between two looks for old ones.
    private static let pruneInterval = 4096

    private struct Page {
        var instants: [Instant] = []
        var doers: [Int] = []
    }

    private var entries: [Action: Entry] = [:]
    private var identities: Set<String> = []
    private var pages: [Interaction: [Page]] = [:]
    private var sincePruning = 0

    /// An empty book.
    public init() {}

    /// Writes down one of ours.
    public mutating func enrol(_ identity: String) { identities.insert(identity) }

    /// Whether an identity is one of ours.
    public func isOurs(_ identity: String) -> Bool { identities.contains(identity) }

    /// Writes an entry.
    public mutating func note(_ action: Action, at instant: Instant) {
        entries[action] = Entry(at: instant, doer: action.doer)
        sincePruning += 1
        guard sincePruning >= Self.pruneInterval else { return }
        sincePruning = 0
        // Only what is looked up goes away; what is counted stays.
        entries = entries.filter { $0.value.at + Self.memory > instant }
    }

    /// Counts an action that others are to notice.
    public mutating func confirm(_ action: Action, at instant: Instant) {
        var rooms = pages[action.kind] ?? []
        while rooms.count <= action.room { rooms.append(Page()) }
        rooms[action.room].instants.append(instant)
        rooms[action.room].doers.append(action.doer)
        pages[action.kind] = rooms
    }

    /// Looks an entry up.
    public func entry(of action: Action) -> Entry? { entries[action] }

    /// Counts entries.
    public func count(_ kind: Interaction, room: Int, except doer: Int, in span: Range<Instant>) -> Int {
        guard let rooms = pages[kind], room < rooms.count else { return 0 }
        return zip(rooms[room].instants, rooms[room].doers).count { span.contains($0) && $1 != doer }
    }
}

/// A ledger for a single thread.
public final class PlainLedger: ActionLedger {
    private var book = LedgerBook()

    /// An empty ledger.
    public init() {}

    /// Writes down one of ours.
    public func enrol(_ identity: String) { book.enrol(identity) }

    /// Whether an identity is one of ours.
    public func isOurs(_ identity: String) -> Bool { book.isOurs(identity) }

    /// Writes an entry.
    public func note(_ action: Action, at instant: Instant) { book.note(action, at: instant) }

    /// Counts an action that others are to notice.
    public func confirm(_ action: Action, at instant: Instant) { book.confirm(action, at: instant) }

    /// Looks an entry up.
    public func entry(of action: Action) -> LedgerBook.Entry? { book.entry(of: action) }

    /// Counts entries.
    public func count(_ kind: Interaction, room: Int, except doer: Int, in span: Range<Instant>) -> Int {
        book.count(kind, room: room, except: doer, in: span)
    }
}
