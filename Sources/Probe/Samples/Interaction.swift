/// Things that people do in a meeting and others notice, or that are done to them.
public enum Interaction: String, Sendable, Hashable, Codable, CaseIterable {
    /// A chat line, until others can read it.
    case chat
    /// A reaction; it carries nothing to know it by, so that it is counted and not timed.
    case reaction
    /// A hand, until others see it up.
    case hand
    /// Another name, until others see it.
    case rename
    /// A host mutes somebody, until others see the microphone closed.
    case mute
    /// A host sends somebody away, until that person is gone for everybody in the room.
    case kick
    /// A host opens the door, until the person who waited has media.
    case lobby
    /// A host takes a source away; counted only.
    case restrict
}

/// What one participant noticed of others' doings in a stretch of time.
public struct InteractionCounts: Sendable, Hashable {
    /// What was noticed.
    public var kind: Interaction
    /// How often.
    public var count: UInt64 = 0
    /// How often a delay could be told.
    public var timed: UInt64 = 0
    /// From the intended instant of what was done to its being noticed, added up.
    public var delaySumMicroseconds: UInt64 = 0
    /// The worst of these delays.
    public var worstMicroseconds: UInt64 = 0

    /// Starts without any.
    public init(_ kind: Interaction) { self.kind = kind }

    /// Notes one more, after a delay if that could be told.
    public mutating func add(microseconds: Int64?) {
        count += 1
        guard let microseconds else { return }
        let delay = UInt64(max(0, microseconds))
        timed += 1
        delaySumMicroseconds += delay
        worstMicroseconds = max(worstMicroseconds, delay)
    }
}

/// What one participant did over the whole call, and what it should have noticed of others.
public struct InteractionOutcome: Sendable, Hashable {
    /// What was done.
    public var kind: Interaction
    /// How often it was due while the participant was to be in the room.
    public var due: UInt64 = 0
    /// How often it was done, and the deployment agreed.
    public var done: UInt64 = 0
    /// How often the deployment refused or did not answer.
    public var refused: UInt64 = 0
    /// How often others did it while the participant was there to notice.
    public var expected: UInt64 = 0
    /// How often the participant noticed those.
    public var seen: UInt64 = 0

    /// Starts without any.
    public init(_ kind: Interaction) { self.kind = kind }

    /// Whether there is anything to tell.
    public var isEmpty: Bool { due == 0 && done == 0 && refused == 0 && expected == 0 && seen == 0 }
}
