/// A track of somebody else, as far as a receiver cares.
public struct RemoteTrack: Hashable, Sendable {
    /// The server's name of the track, `TR_…`.
    public var sid: String
    /// Audio or video.
    public var kind: LiveKitTrackType
    /// Camera, microphone or screen.
    public var source: LiveKitTrackSource
    /// Whether its publisher muted it.
    public var isMuted: Bool
    /// Width in pixels as announced.
    public var width: UInt32
    /// Height in pixels as announced.
    public var height: UInt32
    /// The layers as announced.
    public var layers: LayerSizes
    /// The codec it is sent in, such as `video/VP8`; empty until media arrived at the server.
    public var mimeType: String

    init(_ info: LiveKitTrackInfo) {
        sid = info.sid
        kind = info.type
        source = info.source
        isMuted = info.muted
        width = info.width
        height = info.height
        layers = LayerSizes(info)
        mimeType = info.mimeType
    }
}

/// Somebody else in the room.
public struct RemoteParticipant: Hashable, Sendable {
    /// The server's name of this session of the participant, `PA_…`.
    public var sid: String
    /// The name in the token, unique in the room.
    public var identity: String
    /// The name shown to others.
    public var name: String
    /// How far the join has come.
    public var state: LiveKitParticipantInfo.State
    /// Version of the latest news.
    public var version: UInt32
    /// Everything published, in the server's order.
    public var tracks: [RemoteTrack]
    /// Since when the hand is up, as Meet wrote it; empty while it is down.
    public var handRaisedAt: String
    /// Whether Meet calls it an owner or administrator of the room.
    public var isPrivileged: Bool
    /// What its client understands of other clients; 2 means whole streams in one packet.
    public var clientProtocol: Int32
}

/// Who is in the room and what they send, as told by the server.
///
/// Kept small, since every synthetic client holds one of these with everybody else in it.
public struct SignalRoom: Sendable {
    /// The room itself.
    public private(set) var info = LiveKitRoom()
    /// Ourselves.
    public private(set) var localParticipant = LiveKitParticipantInfo()
    /// Everybody else, in order of arrival.
    public private(set) var participants: [RemoteParticipant] = []
    /// Positions in `participants` by sid; for look-up only.
    private var positions: [String: Int] = [:]

    init() {}

    /// Somebody else by sid.
    public func participant(sid: String) -> RemoteParticipant? { positions[sid].map { participants[$0] } }

    /// A track of somebody else by its sid, with its owner's sid.
    public func track(sid: String) -> (participant: String, track: RemoteTrack)? {
        for participant in participants {
            for track in participant.tracks where track.sid == sid { return (participant.sid, track) }
        }
        return nil
    }

    /// Whether everybody else understands streams that come in one packet.
    public var takesInlineStreams: Bool { participants.allSatisfy { $0.clientProtocol >= 2 } }

    /// Starts over with a new session.
    mutating func begin(_ room: LiveKitRoom, local: LiveKitParticipantInfo) {
        info = room
        localParticipant = local
        participants = []
        positions = [:]
    }

    mutating func update(_ room: LiveKitRoom) { info = room }

    /// Takes news about a participant and tells what is new in them; stale news are ignored.
    mutating func update(_ news: LiveKitParticipantInfo, into events: inout [SignalEvent]) {
        if news.sid == localParticipant.sid {
            guard news.version >= localParticipant.version else { return }
            localParticipant = news
            return events.append(.selfUpdated)
        }
        let position = positions[news.sid]
        if let position, news.version < participants[position].version { return }
        guard news.state != .disconnected else {
            if let position { remove(at: position, reason: news.disconnectReason, into: &events) }
            return
        }
        guard let position else {
            positions[news.sid] = participants.count
            participants.append(RemoteParticipant(news))
            events.append(.participantJoined(sid: news.sid))
            for info in news.tracks {
                events.append(.trackPublished(participant: news.sid, RemoteTrack(info)))
            }
            return
        }
        let old = participants[position]
        participants[position] = RemoteParticipant(news)
        events.append(.participantUpdated(sid: news.sid))
        if old.name != news.name { events.append(.renamed(sid: news.sid)) }
        let isRaised = !participants[position].handRaisedAt.isEmpty
        if isRaised == old.handRaisedAt.isEmpty {
            events.append(.handMoved(sid: news.sid, isRaised: isRaised))
        }
        Self.compare(old.tracks, participants[position].tracks, of: news.sid, into: &events)
    }

    private static func compare(
        _ old: [RemoteTrack], _ new: [RemoteTrack], of participant: String, into events: inout [SignalEvent]
    ) {
        for track in old where !new.contains(where: { $0.sid == track.sid }) {
            events.append(.trackUnpublished(participant: participant, sid: track.sid))
        }
        for track in new {
            guard let before = old.first(where: { $0.sid == track.sid }) else {
                events.append(.trackPublished(participant: participant, track))
                continue
            }
            if before != track { events.append(.trackUpdated(participant: participant, track)) }
        }
    }

    private mutating func remove(
        at position: Int, reason: LiveKitDisconnectReason, into events: inout [SignalEvent]
    ) {
        let gone = participants.remove(at: position)
        positions[gone.sid] = nil
        for index in position..<participants.count { positions[participants[index].sid] = index }
        for track in gone.tracks { events.append(.trackUnpublished(participant: gone.sid, sid: track.sid)) }
        events.append(.participantLeft(sid: gone.sid, identity: gone.identity, reason))
    }
}

extension RemoteParticipant {
    init(_ info: LiveKitParticipantInfo) {
        self.init(
            sid: info.sid, identity: info.identity, name: info.name, state: info.state, version: info.version,
            tracks: info.tracks.map(RemoteTrack.init), handRaisedAt: info.attributes["handRaisedAt"] ?? "",
            isPrivileged: ["owner", "administrator"].contains(info.attributes["room_role"] ?? ""),
            clientProtocol: info.clientProtocol)
    }
}
