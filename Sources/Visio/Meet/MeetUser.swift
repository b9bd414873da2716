/// An account as Meet shows it to its owner (`GET users/me/`).
public struct MeetUser: Hashable, Sendable, Codable {
    /// The account's number, a UUID.
    public var id: String
    /// The address by which it is known.
    public var email: String?
    /// The name that others see.
    public var fullName: String?
    /// The language of the pages.
    public var language: String?
    /// The time zone of dates.
    public var timezone: String?

    /// Makes an account that has never chosen anything.
    public init(id: String, email: String?, fullName: String?) {
        self.id = id
        self.email = email
        self.fullName = fullName
        language = "en-us"
        timezone = "UTC"
    }

    private enum CodingKeys: String, CodingKey {
        case id, email, language, timezone
        case fullName = "full_name"
    }
}

/// Somebody in front of the door, as the answer to `request-entry/` tells it.
public struct LobbyEntry: Hashable, Sendable, Codable {
    /// How it stands.
    public enum Status: String, Hashable, Sendable, Codable {
        /// Nobody has decided yet.
        case waiting
        /// The door is open.
        case accepted
        /// Somebody said no.
        case denied
    }

    /// How it stands.
    public var status: Status
    /// Who waits, a UUID; an accepted guest has it as identity.
    public var id: String
    /// The name that the host sees.
    public var username: String
    /// The colour of the name.
    public var color: String
    /// The key, once accepted.
    public var entry: MeetRoom.Entry?

    /// Makes an entry.
    public init(status: Status, id: String, username: String, color: String, entry: MeetRoom.Entry? = nil) {
        self.status = status
        self.id = id
        self.username = username
        self.color = color
        self.entry = entry
    }

    private enum CodingKeys: String, CodingKey {
        case status, id, username, color
        case entry = "livekit"
    }

    /// Reads an entry; only status and id must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        status = try values.decode(Status.self, forKey: .status)
        id = try values.decode(String.self, forKey: .id)
        username = try values.decodeIfPresent(String.self, forKey: .username) ?? ""
        color = try values.decodeIfPresent(String.self, forKey: .color) ?? ""
        entry = try values.decodeIfPresent(MeetRoom.Entry.self, forKey: .entry)
    }

    /// Writes an entry with its key, or with null.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(status, forKey: .status)
        try values.encode(id, forKey: .id)
        try values.encode(username, forKey: .username)
        try values.encode(color, forKey: .color)
        try values.encode(entry, forKey: .entry)
    }
}

/// The answer to `waiting-participants/`.
public struct LobbyList: Hashable, Sendable, Codable {
    /// Who waits.
    public var participants: [LobbyEntry]

    /// Makes a list.
    public init(_ participants: [LobbyEntry]) { self.participants = participants }
}
