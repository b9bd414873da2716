public import Primitives

/// What a participant does in a meeting besides talking and showing itself.
public struct Behaviour: Codable, Hashable, Sendable {
    /// When a chat line is sent.
    public var chat: Timing?
    /// When a reaction is sent.
    public var reactions: Timing?
    /// When the hand is up: for spans, or at random for `handTime` each.
    public var hand: Timing?
    /// When the participant takes another name.
    public var rename: Timing?
    /// What the participant does about people in the lobby, if it owns the room.
    public var lobby: LobbyPolicy?
    /// What the participant does to others, if it owns the room.
    public var moderation: Moderation?

    /// Does nothing of all that.
    public init() {}

    /// Whether Meet has to know the room: only then its page has buttons for hands, names, others and the lobby.
    public var needsRegisteredRoom: Bool { hand != nil || rename != nil || lobby != nil || moderation != nil }

    /// How long a hand stays up that goes up at random.
    public static let handTime = Interval.seconds(Int64(15))
}

/// What a host does about people in the lobby.
public struct LobbyPolicy: Codable, Hashable, Sendable {
    /// How many are let in, in millionths; the others are refused.
    public var acceptedPerMillion: Int
    /// How long it takes from the host's knowing to the click.
    public var after: Interval

    /// Lets everybody in after the time a person needs to see a notice and click.
    public init(acceptedPerMillion: Int = 1_000_000, after: Interval = .seconds(Int64(2))) {
        self.acceptedPerMillion = acceptedPerMillion
        self.after = after
    }
}

/// What a host does to others.
public struct Moderation: Codable, Hashable, Sendable {
    /// When somebody whose microphone is open is muted.
    public var mute: Timing?
    /// When everybody is muted.
    public var muteAll: Timing?
    /// When somebody is sent away.
    public var remove: Timing?
    /// When nobody else may publish something.
    public var restrictions: [Restriction] = []

    /// Does nothing.
    public init() {}

    /// Whether anything is done.
    public var isEmpty: Bool { mute == nil && muteAll == nil && remove == nil && restrictions.isEmpty }
}

/// A time in which a room's guests may not publish something.
public struct Restriction: Codable, Hashable, Sendable {
    /// What a host's page can take away with one switch.
    public enum Source: String, CaseIterable, Codable, Hashable, Sendable {
        /// Microphones.
        case microphone
        /// Cameras.
        case camera
        /// Shared screens with their sound.
        case screen

        /// The sources as LiveKit calls them.
        public var names: [String] {
            switch self {
            case .microphone: ["microphone"]
            case .camera: ["camera"]
            case .screen: ["screen_share", "screen_share_audio"]
            }
        }
    }

    /// What is taken away.
    public var source: Source
    /// For how long, since the start of the run, in order and apart.
    public var spans: [TimeSpan]

    /// Takes a source away for some time.
    public init(source: Source, spans: [TimeSpan]) {
        self.source = source
        self.spans = spans
    }
}
