/// What Meet's `GET config/` tells every page: where LiveKit is and how the page shall behave.
///
/// Only what a participant acts on is kept; a server fills the rest with a small deployment's values.
public struct MeetConfiguration: Hashable, Sendable {
    /// Where the page connects to; this one counts, not the URL in the room's answer.
    public var liveKitURL: String
    /// Whether the page turns `https` into `wss` by itself.
    public var forcesSecureWebSocket: Bool
    /// Sources a participant may publish by default, in LiveKit's lower-case names.
    public var defaultSources: [String]
    /// Whether the page of somebody who is not logged in asks the identity provider without showing anything.
    public var isSilentLoginEnabled: Bool
    /// Who joins when more than this many are in the room is muted at once.
    public var autoMuteOnJoinThreshold: Int?
    /// Sounds for arrivals stop above this many participants.
    public var maximumParticipantsForSound: Int?
    /// How long one may be alone in a room before the page asks, in milliseconds; nil means for ever.
    public var idleDisconnectWarningDelay: Int?

    /// Makes the configuration of a deployment with Meet's defaults (BE/meet/settings.py).
    public init(liveKitURL: String) {
        self.liveKitURL = liveKitURL
        forcesSecureWebSocket = false
        defaultSources = ["camera", "microphone", "screen_share", "screen_share_audio"]
        isSilentLoginEnabled = false
        autoMuteOnJoinThreshold = 50
        maximumParticipantsForSound = 5
        idleDisconnectWarningDelay = nil
    }

    /// The URL that the page warms up before it connects (`Room.prepareConnection`).
    public var warmUpURL: CarrierURL? { CarrierURL(liveKitURL)?.asHTTP }

    /// The URL for the WebSocket, after the page's own rewriting.
    public var webSocketURL: String {
        CarrierURL(liveKitURL)?.asWebSocket.text ?? liveKitURL
    }
}

extension MeetConfiguration: Codable {
    private enum Key: String, CodingKey {
        case languageCode = "LANGUAGE_CODE"
        case recording, telephony, resource, subtitle, diagnostics, livekit
        case canEditDisplayName = "authenticated_users_can_edit_display_name"
        case silentLogin = "is_silent_login_enabled"
        case autoMuteOnJoinThreshold = "auto_mute_on_join_threshold"
        case maximumParticipantsForSound = "max_participants_for_sound"
        case idleDisconnectWarningDelay = "idle_disconnect_warning_delay"
    }

    private struct LiveKit: Codable {
        var url: String
        var forcesSecureWebSocket: Bool?
        var worksAroundFirefoxProxy: Bool?
        var defaultSources: [String]?

        enum CodingKeys: String, CodingKey {
            case url
            case forcesSecureWebSocket = "force_wss_protocol"
            case worksAroundFirefoxProxy = "enable_firefox_proxy_workaround"
            case defaultSources = "default_sources"
        }
    }

    private struct Recording: Encodable {
        var isEnabled = false
        var availableModes: [String] = []

        enum CodingKeys: String, CodingKey {
            case isEnabled = "is_enabled"
            case availableModes = "available_modes"
        }
    }

    private struct Switch: Encodable {
        var enabled = false
    }

    private struct Resource: Encodable {
        var defaultAccessLevel = MeetRoom.AccessLevel.public

        enum CodingKeys: String, CodingKey {
            case defaultAccessLevel = "default_access_level"
        }
    }

    private struct Diagnostics: Encodable {
        var isConnectionTestEnabled = false

        enum CodingKeys: String, CodingKey {
            case isConnectionTestEnabled = "connection_test_enabled"
        }
    }

    /// Reads the configuration; only `livekit.url` must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let livekit = try values.decode(LiveKit.self, forKey: .livekit)
        self.init(liveKitURL: livekit.url)
        forcesSecureWebSocket = livekit.forcesSecureWebSocket ?? false
        defaultSources = livekit.defaultSources ?? defaultSources
        isSilentLoginEnabled = try values.decodeIfPresent(Bool.self, forKey: .silentLogin) ?? false
        autoMuteOnJoinThreshold = try values.decodeIfPresent(Int.self, forKey: .autoMuteOnJoinThreshold)
        maximumParticipantsForSound = try values.decodeIfPresent(
            Int.self, forKey: .maximumParticipantsForSound)
        idleDisconnectWarningDelay = try values.decodeIfPresent(Int.self, forKey: .idleDisconnectWarningDelay)
    }

    /// Writes the configuration in the shape of `GET config/`.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        let livekit = LiveKit(
            url: liveKitURL, forcesSecureWebSocket: forcesSecureWebSocket, worksAroundFirefoxProxy: false,
            defaultSources: defaultSources)
        try values.encode("en-us", forKey: .languageCode)
        try values.encode(Recording(), forKey: .recording)
        try values.encode(Switch(), forKey: .telephony)
        try values.encode(Resource(), forKey: .resource)
        try values.encode(Switch(), forKey: .subtitle)
        try values.encode(Diagnostics(), forKey: .diagnostics)
        try values.encode(livekit, forKey: .livekit)
        try values.encode(true, forKey: .canEditDisplayName)
        try values.encode(isSilentLoginEnabled, forKey: .silentLogin)
        try values.encode(autoMuteOnJoinThreshold, forKey: .autoMuteOnJoinThreshold)
        try values.encode(maximumParticipantsForSound, forKey: .maximumParticipantsForSound)
        try values.encode(idleDisconnectWarningDelay, forKey: .idleDisconnectWarningDelay)
    }
}
