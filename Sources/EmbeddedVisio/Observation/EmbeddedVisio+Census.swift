import Primitives
import Visio
import WireFormats

/// LiveKit's API for its operator, as far as it lists who is there.
extension EmbeddedVisio {
    func answerCensus(_ message: HTTPRequestMessage) -> HTTPResponseMessage {
        let call = RoomServiceReply.call(
            in: message, credentials: configuration.credentials,
            unixSeconds: configuration.wallClock.unixSeconds(at: now))
        switch call {
        case .failure(let refusal): return refusal.response
        case .success(.rooms):
            return RoomServiceReply.rooms(
                rooms.map { room in
                    RoomService.Room(
                        sid: room.sid, name: room.name, participants: room.sessions.count,
                        publishers: room.sessions.count { $0.isPublisher })
                })
        case .success(.participants(let name)):
            let sessions = roomOfName[name]?.sessions ?? []
            return RoomServiceReply.participants(sessions.map(Self.listed))
        }
    }

    private static func listed(_ session: Session) -> RoomService.Participant {
        let state =
            switch session.info.state {
            case .joining: "JOINING"
            case .joined: "JOINED"
            case .active: "ACTIVE"
            default: "DISCONNECTED"
            }
        let tracks = session.tracks.filter(\.isLive).map { track in
            RoomService.Track(
                sid: track.info.sid, type: track.kind == .audio ? "AUDIO" : "VIDEO", muted: track.info.muted)
        }
        return RoomService.Participant(
            sid: session.sid, identity: session.identity, state: state, tracks: tracks)
    }
}
