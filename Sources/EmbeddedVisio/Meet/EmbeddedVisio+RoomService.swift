import FoundationEssentials
import Primitives
import Visio

/// What Meet's backend makes LiveKit do through its server API.
extension EmbeddedVisio {
    /// Meet has changed something about a participant; everybody is told.
    ///
    /// Meet's updates also write `null` into the metadata (BE/core/services/participants_management.py).
    func changed(_ session: Session) {
        session.info.metadata = "null"
        session.refreshInfo()
        announce(session)
    }

    /// Sends a data packet without a sender to everybody in a room.
    func sendData(_ text: String, to roomName: String) {
        guard let room = roomOfName[roomName] else { return }
        var user = LiveKitUserPacket()
        user.payload = Data(text.utf8)
        var packet = LiveKitDataPacket()
        packet.kind = .reliable
        packet.user = user
        let bytes = packet.encoded()
        for session in room.sessions where session.isActive {
            deliver(data: bytes, isReliable: true, to: session)
        }
    }

    /// Changes what a participant may do, and takes away what it may no longer publish.
    func permit(_ wish: PermissionWish, of session: Session) {
        session.grant.canSubscribe = wish.canSubscribe ?? false
        session.grant.canPublish = wish.canPublish ?? false
        session.grant.canPublishData = wish.canPublishData ?? false
        session.grant.canPublishSources = wish.sources ?? []
        session.info.permission = session.grant.permission
        for track in session.tracks where !session.grant.mayPublish(source: track.info.source) {
            var unpublished = LiveKitTrackUnpublishedResponse()
            unpublished.trackSid = track.info.sid
            send(.trackUnpublished(unpublished), to: session)
            unpublish(track)
        }
    }

    /// Tells everybody what changed about a room.
    func reportRoom(_ room: Room) {
        var update = LiveKitRoomUpdate()
        update.room = room.info
        for session in room.sessions { send(.roomUpdate(update), to: session) }
    }
}
