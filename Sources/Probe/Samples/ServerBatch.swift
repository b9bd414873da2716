public import Primitives

/// What was seen of the server's own side since it was last asked for.
public struct ServerBatch: Sendable {
    /// Series that were seen first; their numbers go up from 0.
    public var series: [ServerSeries] = []
    /// Readings of metrics pages, in order.
    public var readings: [ServerReading] = []
    /// Who was there, by the server's API.
    public var censuses: [ServerCensus] = []

    /// Makes an empty batch.
    public init() {}

    /// Whether there is nothing in it.
    public var isEmpty: Bool { series.isEmpty && readings.isEmpty && censuses.isEmpty }
}

/// One series of a metrics page.
public struct ServerSeries: Sendable, Hashable {
    /// A label with its value.
    public struct Label: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: String

        /// Makes a label.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Its number, over all pages of the run.
    public var number: Int
    /// The page's position in the run's list.
    public var page: Int
    /// The metric's name as it stands on the page.
    public var name: String
    /// Labels by rising name.
    public var labels: [Label]
    /// `counter`, `gauge`, `histogram`, `summary` or `untyped`, as the page says.
    public var kind: String

    /// Describes a series.
    public init(number: Int, page: Int, name: String, labels: [Label], kind: String) {
        self.number = number
        self.page = page
        self.name = name
        self.labels = labels
        self.kind = kind
    }

    /// The value of a label; nil without it.
    public subscript(label: String) -> String? { labels.first { $0.name == label }?.value }
}

/// One attempt to read a metrics page.
public struct ServerReading: Sendable {
    /// What a series changed to.
    public struct Change: Sendable, Hashable {
        /// The series' number.
        public var series: Int
        /// Its value; nil when it is not on the page any more, or no number.
        public var value: Double?

        /// Notes a change.
        public init(series: Int, value: Double?) {
            self.series = series
            self.value = value
        }
    }

    /// The page's position in the run's list.
    public var page: Int
    /// When it was asked for.
    public var askedAt: Instant
    /// When the answer was there, or it was clear that none comes.
    public var answeredAt: Instant
    /// Why it could not be read; nil when it was.
    public var failure: String?
    /// Length of the page in bytes.
    public var byteCount = 0
    /// What is different from the reading before; series that are not in it kept their value.
    public var changes: [Change] = []

    /// Notes an attempt.
    public init(page: Int, askedAt: Instant, answeredAt: Instant, failure: String? = nil) {
        self.page = page
        self.askedAt = askedAt
        self.answeredAt = answeredAt
        self.failure = failure
    }
}

/// Who was in the rooms at one moment, as the server's API lists it.
public struct ServerCensus: Sendable {
    /// One of our rooms.
    public struct Room: Sendable, Hashable {
        /// The room's id on the server.
        public var id: String
        /// Participants, ours and others.
        public var participants: Int
        /// Of these, with media up.
        public var active: Int
        /// Tracks they publish.
        public var audioTracks: Int
        /// Likewise.
        public var videoTracks: Int
        /// Session ids of the participants.
        public var sessions: [String]

        /// Describes a room.
        public init(
            id: String, participants: Int, active: Int, audioTracks: Int, videoTracks: Int, sessions: [String]
        ) {
            self.id = id
            self.participants = participants
            self.active = active
            self.audioTracks = audioTracks
            self.videoTracks = videoTracks
            self.sessions = sessions
        }
    }

    /// When it was begun.
    public var askedAt: Instant
    /// When the last answer was there.
    public var answeredAt: Instant
    /// Why it could not be taken; nil when it was.
    public var failure: String?
    /// Our rooms, by rising id.
    public var rooms: [Room] = []
    /// Rooms of others on the server.
    public var otherRooms = 0

    /// Begins a census.
    public init(askedAt: Instant) {
        self.askedAt = askedAt
        answeredAt = askedAt
    }
}

/// A participant's session on the server, by the names that the server gives it.
public struct ServerSession: Sendable, Hashable {
    /// The participant's index in the plan.
    public var participant: Int
    /// When the server told.
    public var at: Instant
    /// The session's id (`PA_…`).
    public var id: String
    /// The room's id (`RM_…`).
    public var room: String
    /// What the server calls itself: its version.
    public var server: String
    /// The room's name on the server, which is not stored: it may be an invitation.
    public var roomName: String

    /// Describes a session.
    public init(participant: Int, at: Instant, id: String, room: String, server: String, roomName: String) {
        self.participant = participant
        self.at = at
        self.id = id
        self.room = room
        self.server = server
        self.roomName = roomName
    }
}
