public import Primitives

/// One time that a participant lost its connection, and how it came back.
///
/// A network change and a page reload count as losses too: it is the participant's doing that the connection broke, and
/// the deployment's how long it takes to be back.
public struct ConnectionLoss: Sendable, Hashable {
    /// Why the connection was lost.
    public enum Cause: String, Sendable, Hashable, Codable, CaseIterable {
        /// The WebSocket broke.
        case signalling
        /// The server answered nothing on an open WebSocket.
        case silence
        /// The server sent the participant away for a while.
        case server
        /// The path by which the participant sends failed, or the only one.
        case publisher
        /// The path by which the participant receives failed.
        case subscriber
        /// An offer was not answered.
        case negotiation
        /// The device moved to another network.
        case network
        /// The page was loaded anew.
        case reload
    }

    /// How it ended.
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// The same session went on.
        case resumed
        /// A new session took its place, with everything published again.
        case restarted
        /// The participant joined again, from Meet's API on.
        case rejoined
        /// It never came back.
        case lost
        /// The participant left before it was back.
        case left
    }

    /// The participant's index in the plan.
    public var participant: Int
    /// When it happened, or was noticed where there was nothing to be noticed earlier.
    public var at: Instant
    /// Why.
    public var cause: Cause
    /// How it ended.
    public var outcome: Outcome
    /// Attempts to come back, the successful one included.
    public var attempts: Int
    /// From the loss until signalling stood again; nil if it never did.
    public var signalling: Interval?
    /// From the loss until every transport had a path again; nil if they never had.
    public var media: Interval?

    /// Describes a loss.
    public init(
        participant: Int, at: Instant, cause: Cause, outcome: Outcome, attempts: Int,
        signalling: Interval? = nil, media: Interval? = nil
    ) {
        self.participant = participant
        self.at = at
        self.cause = cause
        self.outcome = outcome
        self.attempts = attempts
        self.signalling = signalling
        self.media = media
    }

    /// From the loss until signalling and media were both back; nil if they never were.
    public var recovery: Interval? {
        guard let signalling, let media else { return nil }
        return max(signalling, media)
    }
}
