/// What a token lets its holder do: the `video` claim of LiveKit's tokens.
///
/// A permission that is nil is absent from the token, and absent does not mean "no": see `mayPublish` and its
/// neighbours for LiveKit's defaults.
public struct VideoGrant: Hashable, Sendable {
    /// May enter `room`.
    public var roomJoin: Bool?
    /// The one room this grant is about, by its exact name.
    public var room: String?
    /// May create rooms.
    public var roomCreate: Bool?
    /// May list rooms.
    public var roomList: Bool?
    /// May moderate `room` through the server's API.
    public var roomAdmin: Bool?
    /// May send tracks.
    public var canPublish: Bool?
    /// May receive tracks.
    public var canSubscribe: Bool?
    /// May send data packets.
    public var canPublishData: Bool?
    /// The only sources that may be sent, in lower case such as `screen_share`; nil or empty means all.
    public var canPublishSources: [String]?
    /// May change its own name, metadata and attributes.
    public var canUpdateOwnMetadata: Bool?
    /// Is not announced to anybody.
    public var hidden: Bool?
    /// Is a recorder.
    public var recorder: Bool?

    /// Makes a grant that says nothing.
    public init() {}

    /// Makes the grant of a participant of `room`, as Meet gives it (BE/core/utils.py, `generate_token`).
    public init(
        joining room: String,
        sources: [String] = ["camera", "microphone", "screen_share", "screen_share_audio"]
    ) {
        roomAdmin = false
        roomJoin = true
        self.room = room
        canPublish = !sources.isEmpty
        canSubscribe = true
        canPublishData = true
        canPublishSources = sources
        canUpdateOwnMetadata = false
    }

    /// Whether tracks may be sent; yes unless refused.
    public var mayPublish: Bool { canPublish ?? true }

    /// Whether tracks may be received; yes unless refused.
    public var maySubscribe: Bool { canSubscribe ?? true }

    /// Whether data may be sent; like `mayPublish` unless said otherwise.
    public var mayPublishData: Bool { canPublishData ?? mayPublish }

    /// Whether name, metadata and attributes may be changed; no unless granted.
    public var mayUpdateOwnMetadata: Bool { canUpdateOwnMetadata ?? false }

    /// Whether a track from `source` may be sent.
    public func mayPublish(source: LiveKitTrackSource) -> Bool {
        guard mayPublish else { return false }
        guard let canPublishSources, !canPublishSources.isEmpty else { return true }
        return canPublishSources.contains { Self.sources[$0] == source }
    }

    /// The grant in the form in which participants are announced.
    public var permission: LiveKitParticipantPermission {
        var permission = LiveKitParticipantPermission()
        permission.canSubscribe = maySubscribe
        permission.canPublish = mayPublish
        permission.canPublishData = mayPublishData
        permission.canUpdateMetadata = mayUpdateOwnMetadata
        permission.hidden = hidden ?? false
        permission.canPublishSources = (canPublishSources ?? []).compactMap { Self.sources[$0] }
        return permission
    }

    private static let sources: [String: LiveKitTrackSource] = [
        "camera": .camera, "microphone": .microphone, "screen_share": .screenShare,
        "screen_share_audio": .screenShareAudio,
    ]
}

extension VideoGrant: Codable {}
