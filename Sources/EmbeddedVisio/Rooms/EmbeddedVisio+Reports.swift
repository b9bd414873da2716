import Primitives
import Visio
import WireFormats

/// What a room is told at regular intervals: quiet news, speakers, connection quality, counts.
extension EmbeddedVisio {
    func report(in room: Room) {
        if room.nextQuietFlush <= now {
            room.nextQuietFlush = now + Room.quietInterval
            flushQuietNews(of: room)
        }
        if room.nextSpeakerReport <= now {
            room.nextSpeakerReport = now + Room.speakerInterval
            reportSpeakers(in: room)
        }
        if room.nextQualityReport <= now {
            room.nextQualityReport = now + Room.qualityInterval
            reportQuality(in: room)
            reportCounts(of: room)
        }
    }

    private func flushQuietNews(of room: Room) {
        guard !room.quietNews.isEmpty else { return }
        var update = LiveKitParticipantUpdate()
        update.participants = room.quietNews.filter { !$0.info.permission.hidden }.map(\.info)
        room.quietNews = []
        for session in room.sessions { send(.update(update), to: session) }
    }

    private func reportSpeakers(in room: Room) {
        var changed: [LiveKitSpeakerInfo] = []
        for session in room.sessions {
            for track in session.tracks where track.kind == .audio {
                let level = track.loudness.close()
                guard level != track.loudness.told else { continue }
                track.loudness.told = level
                var speaker = LiveKitSpeakerInfo()
                speaker.sid = session.sid
                speaker.level = level
                speaker.active = level > 0
                changed.append(speaker)
            }
        }
        guard !changed.isEmpty else { return }
        var update = LiveKitSpeakersChanged()
        update.speakers = changed
        for session in room.sessions { send(.speakersChanged(update), to: session) }
    }

    private func reportQuality(in room: Room) {
        var update = LiveKitConnectionQualityUpdate()
        for session in room.sessions where session.isActive {
            // LiveKit's video score: 100 minus ten points for each percent lost, on a scale that ends at 4.5.
            let score = max(0, 100 - 1000 * session.worstLoss)
            session.worstLoss = 0
            let quality: LiveKitConnectionQuality = score > 80 ? .excellent : score > 40 ? .good : .poor
            guard quality != session.toldQuality else { continue }
            session.toldQuality = quality
            var info = LiveKitConnectionQualityInfo()
            info.participantSid = session.sid
            info.quality = quality
            info.score = Float(1 + 3.5 * score / 100)
            update.updates.append(info)
        }
        guard !update.updates.isEmpty else { return }
        for session in room.sessions { send(.connectionQuality(update), to: session) }
    }

    private func reportCounts(of room: Room) {
        let info = room.info
        let counts = (participants: Int(info.numParticipants), publishers: Int(info.numPublishers))
        guard counts != room.toldCounts else { return }
        room.toldCounts = counts
        var update = LiveKitRoomUpdate()
        update.room = info
        for session in room.sessions { send(.roomUpdate(update), to: session) }
    }
}
