import Primitives

/// The server's side of negotiating the connection for which it makes the offers: never two of them at a time.
struct Offering {
    /// The id of the next offer; LiveKit starts anywhere from 2 to 257.
    var nextID: UInt32
    /// When the offer was sent whose answer is awaited.
    var sentAt: Instant?
    /// Whether something changed since that offer.
    var isStale = false

    /// LiveKit ends a session that does not answer within this time.
    static let timeout = Interval.seconds(15)

    /// When the answer is overdue.
    var deadline: Instant? { sentAt.map { $0 + Self.timeout } }

    /// Starts before the first offer.
    init(nextID: UInt32) { self.nextID = nextID }
}
