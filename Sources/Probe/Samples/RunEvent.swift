public import Primitives

/// Something worth a line in a participant's story.
public struct RunEvent: Sendable {
    /// The kinds of lines a story has.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The join began.
        case joining
        /// Media is up.
        case connected
        /// The first picture of another participant.
        case firstVideo = "first-video"
        /// The picture froze.
        case freeze
        /// A way to the media server that does not work, or one that was found.
        case path
        /// The connection broke.
        case disconnected
        /// The connection is back.
        case reconnected
        /// The call failed.
        case failed
        /// The participant muted or unmuted.
        case muted
        /// The participant waits in the lobby, or was let in.
        case lobby
        /// The participant did something to others, or in front of them.
        case deed
        /// The participant began to publish something, or could not.
        case published
        /// The participant began or ended to share its screen.
        case screen
        /// The participant left.
        case left
        /// The run itself: phases, interruption, limits.
        case run
    }

    /// When it happened.
    public var at: Instant
    /// The participant's index in the plan; nil for the run itself.
    public var participant: Int?
    /// What kind of thing happened.
    public var kind: Kind
    /// The details, in words.
    public var text: String

    /// Describes an event.
    public init(at: Instant, participant: Int?, kind: Kind, text: String) {
        self.at = at
        self.participant = participant
        self.kind = kind
        self.text = text
    }
}
