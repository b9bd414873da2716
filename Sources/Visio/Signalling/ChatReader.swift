/// Finds chat lines among data packets: streams in one packet or many, and the form of old clients.
///
/// A line counts when it could be read, so a stream counts with its end. Who sends in both forms marks the old one to
/// be ignored, so that every line counts once.
public struct ChatReader: Sendable {
    /// Streams that may be open at a time; the oldest is forgotten first.
    private static let mostOpenStreams = 64

    private var open: [String] = []

    /// Has seen no stream yet.
    public init() {}

    /// The id of the chat line that is complete with this packet; nil for most packets.
    public mutating func take(_ packet: LiveKitDataPacket) -> String? {
        switch packet.value {
        case .streamHeader(let header) where header.topic == DataPacketComposer.chatTopic:
            if header.hasInlineContent { return header.streamID }
            if open.count >= Self.mostOpenStreams { open.removeFirst() }
            open.append(header.streamID)
            return nil
        case .streamTrailer(let trailer):
            guard let index = open.firstIndex(of: trailer.streamID) else { return nil }
            open.remove(at: index)
            return trailer.streamID
        case .user(let user) where user.topic == DataPacketComposer.legacyChatTopic:
            let line = JSON.decode(LegacyLine.self, from: Array(user.payload))
            return line?.ignoreLegacy == true ? nil : line?.id
        default: return nil
        }
    }
}

private struct LegacyLine: Decodable {
    var id: String?
    var ignoreLegacy: Bool?
}

/// A notification between Meet's pages: a data packet of JSON without topic (`features/notifications`).
public struct MeetNotification: Hashable, Sendable {
    /// The kinds that participants act on or count.
    public enum Kind: String, Hashable, Sendable {
        /// Somebody shows an emoji.
        case reactionReceived
        /// A host has muted the receiver.
        case participantMuted
        /// A host has taken sources away.
        case permissionsRemoved
        /// Somebody waits in the lobby; sent by the backend.
        case participantWaiting
    }

    /// What it is about.
    public var kind: Kind

    /// Reads a notification out of a packet; nil for anything else.
    public init?(_ packet: LiveKitDataPacket) {
        guard case .user(let user) = packet.value, user.topic.isEmpty,
            let body = JSON.decode(Body.self, from: Array(user.payload)), let kind = Kind(rawValue: body.type)
        else { return nil }
        self.kind = kind
    }

    /// A reaction as the page sends it.
    public static func reaction(_ emoji: String) -> [UInt8] {
        JSON.encode(Outgoing(type: .reactionReceived, data: Outgoing.Details(emoji: emoji)))
    }

    /// What a host's page tells somebody whom it has muted.
    public static let muted = JSON.encode(Outgoing(type: .participantMuted, data: nil))

    /// What a host's page tells those from whom it has taken sources.
    public static func removed(sources: [String]) -> [UInt8] {
        JSON.encode(Outgoing(type: .permissionsRemoved, data: Outgoing.Details(removedSources: sources)))
    }

    /// The emojis of the page (`features/reactions/types.ts`).
    public static let emojis = [
        "thumbs-up", "thumbs-down", "clapping-hands", "red-heart", "face-with-tears-of-joy",
        "face-with-open-mouth", "party-popper", "folded-hands",
    ]

    private struct Body: Decodable {
        var type: String
    }

    private struct Outgoing: Encodable {
        struct Details: Encodable {
            var emoji: String?
            var removedSources: [String]?
        }

        var type: Kind
        var data: Details?
    }
}

extension MeetNotification.Kind: Encodable {}
