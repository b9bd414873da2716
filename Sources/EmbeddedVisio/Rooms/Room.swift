import Primitives
import Visio

/// A LiveKit room: the participants that see and hear each other.
final class Room {
    /// The id, `RM_` and random letters.
    let sid: String
    /// The name in the token: Meet's room id.
    let name: String
    /// When it was made, in Unix seconds.
    let createdAt: Int64
    /// What Meet tells everybody about the room.
    var metadata = ""
    /// The participants, in the order they joined.
    var sessions: [Session] = []
    /// Participants whose news waits for the next flush, because they publish nothing.
    var quietNews: [Session] = []
    /// When quiet news, counts and connection quality are due next.
    var nextQuietFlush: Instant
    var nextSpeakerReport: Instant
    var nextQualityReport: Instant
    /// Participant and publisher counts last told.
    var toldCounts = (participants: 0, publishers: 0)

    /// News of participants that publish nothing is gathered this long, as LiveKit does.
    static let quietInterval = Interval.seconds(3)
    /// Speakers are told this often.
    static let speakerInterval = Interval.milliseconds(400)
    /// Connection quality and counts are told this often.
    static let qualityInterval = Interval.seconds(5)

    /// Makes an empty room.
    init(sid: String, name: String, createdAt: Int64, now: Instant) {
        self.sid = sid
        self.name = name
        self.createdAt = createdAt
        nextQuietFlush = now + Self.quietInterval
        nextSpeakerReport = now + Self.speakerInterval
        nextQualityReport = now + Self.qualityInterval
    }

    /// What everybody is told about the room.
    var info: LiveKitRoom {
        var info = LiveKitRoom()
        info.sid = sid
        info.name = name
        info.metadata = metadata
        info.emptyTimeout = 300
        info.departureTimeout = 20
        info.creationTime = createdAt
        info.creationTimeMs = createdAt * 1000
        info.numParticipants = UInt32(sessions.count)
        info.numPublishers = UInt32(sessions.count { $0.isPublisher })
        return info
    }

    /// When the room has something to do next.
    var deadline: Instant { min(nextQuietFlush, min(nextSpeakerReport, nextQualityReport)) }
}
