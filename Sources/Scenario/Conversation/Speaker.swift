import Primitives

/// One who may take the floor of a room, and when.
public struct Speaker: Codable, Hashable, Sendable {
    /// The participant's index in the whole plan.
    public var participant: Int
    /// When the participant is planned to be in the room.
    public var presence: TimeSpan
    /// When the participant is there but muted, in order.
    public var mutes: [TimeSpan]

    /// Describes a speaker.
    public init(participant: Int, presence: TimeSpan, mutes: [TimeSpan] = []) {
        self.participant = participant
        self.presence = presence
        self.mutes = mutes
    }

    /// Whether the speaker is there and not muted at `moment` of the run.
    func mayTakeFloor(at moment: Interval) -> Bool {
        presence.contains(moment) && !mutes.contains { $0.contains(moment) }
    }
}
