/// A room as Meet's API shows it to one caller (BE/core/api/serializers.py).
public struct MeetRoom: Hashable, Sendable {
    /// The key to LiveKit, for who may enter directly.
    public struct Entry: Hashable, Sendable, Codable {
        /// LiveKit's URL as the backend knows it.
        public var url: String
        /// Name of the LiveKit room: the UUID, or the slug of an unregistered room.
        public var room: String
        /// The access token; not for logs.
        public var token: String

        /// Makes an entry.
        public init(url: String, room: String, token: String) {
            self.url = url
            self.room = room
            self.token = token
        }
    }

    /// Who may enter without the lobby.
    public enum AccessLevel: String, Hashable, Sendable, Codable {
        /// Everybody.
        case `public`
        /// Everybody who is logged in.
        case trusted
        /// Members only.
        case restricted
    }

    /// The UUID; nil for a room that nobody registered.
    public var id: String?
    /// Display name.
    public var name: String?
    /// The name in the address, such as `abc-defg-hij`.
    public var slug: String
    /// Who may enter without the lobby.
    public var accessLevel: AccessLevel
    /// Sources one may publish; nil means the deployment's default.
    public var publishableSources: [String]?
    /// Whether everybody may mute everybody; nil means the deployment's default.
    public var everyoneCanMute: Bool?
    /// The key; nil when the caller has to wait in the lobby.
    public var entry: Entry?

    /// Makes a public room without a key.
    public init(id: String?, slug: String, name: String? = nil) {
        self.id = id
        self.slug = slug
        self.name = name
        accessLevel = .public
    }
}

extension MeetRoom: Codable {
    private enum Key: String, CodingKey {
        case id, name, slug, configuration, livekit
        case accessLevel = "access_level"
        case pinCode = "pin_code"
        case isAdministrable = "is_administrable"
    }

    struct Rules: Codable {
        var publishableSources: [String]?
        var everyoneCanMute: Bool?

        enum CodingKeys: String, CodingKey {
            case publishableSources = "can_publish_sources"
            case everyoneCanMute = "everyone_can_mute"
        }
    }

    /// The room's rules as the API writes them.
    var rules: Rules { Rules(publishableSources: publishableSources, everyoneCanMute: everyoneCanMute) }

    /// Reads a room; only the slug must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let id = try values.decodeIfPresent(String.self, forKey: .id)
        let name = try values.decodeIfPresent(String.self, forKey: .name)
        self.init(id: id, slug: try values.decode(String.self, forKey: .slug), name: name)
        accessLevel = try values.decodeIfPresent(AccessLevel.self, forKey: .accessLevel) ?? .public
        let rules = try values.decodeIfPresent(Rules.self, forKey: .configuration)
        publishableSources = rules?.publishableSources
        everyoneCanMute = rules?.everyoneCanMute
        entry = try values.decodeIfPresent(Entry.self, forKey: .livekit)
    }

    /// Writes the room in the shape of `GET rooms/<key>/`, or in the shorter shape of unregistered rooms.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(id, forKey: .id)
        try values.encode(slug, forKey: .slug)
        try values.encode(accessLevel, forKey: .accessLevel)
        try values.encodeIfPresent(entry, forKey: .livekit)
        guard id != nil else { return try values.encode(false, forKey: .isAdministrable) }
        try values.encode(name ?? slug, forKey: .name)
        try values.encode(rules, forKey: .configuration)
        if entry != nil { try values.encodeNil(forKey: .pinCode) }
    }
}
