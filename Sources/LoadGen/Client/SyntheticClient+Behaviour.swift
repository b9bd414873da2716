import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// What the person in front of the page does during the call.
extension SyntheticClient {
    /// Mutes and unmutes as planned, and notes when to look again.
    func updateMute(now: Instant) {
        guard let due = nextMuteChange, now >= due else { return }
        setMuted(isPlannedMuted(at: now), now: now)
        scheduleMute(after: now)
    }

    /// Whether the plan has the participant's microphone muted.
    func isPlannedMuted(at now: Instant) -> Bool {
        planned.microphone == .muted || planned.mutes.contains { $0.contains(now - .zero) }
    }

    /// Finds the next planned change; a microphone that never speaks has none.
    func scheduleMute(after now: Instant) {
        nextMuteChange = nil
        guard planned.microphone.speaks else { return }
        for mute in planned.mutes {
            let (start, end) = (Instant.zero + mute.start, Instant.zero + mute.end)
            if start > now { nextMuteChange = earliest(nextMuteChange, start) }
            if end > now { nextMuteChange = earliest(nextMuteChange, end) }
        }
    }

    func setMuted(_ muted: Bool, now: Instant) {
        guard isMuted != muted else { return }
        isMuted = muted
        microphone?.isMuted = muted
        if let sid = tracks.microphoneSID { signal.mute(sid: sid, muted) }
        note(.muted, muted ? "mutes the microphone" : "unmutes the microphone", at: now)
    }

    /// Tells the server which tiles are in sight and how large they are.
    func updateLayout(now: Instant) {
        guard signal.state == .joined else { return }
        let own = tracks.videos.filter { $0.sid != nil }
        var people = [
            LayoutState.Person(
                sid: signal.room.localParticipant.sid, isLocal: true,
                hasOwnCamera: own.contains { $0.source == .camera },
                hasOwnScreen: own.contains { $0.source == .screen })
        ]
        for participant in signal.room.participants {
            let videos = participant.tracks.filter { $0.kind == .video }
            people.append(
                LayoutState.Person(
                    sid: participant.sid, camera: videos.first { $0.source != .screenShare },
                    screen: videos.first { $0.source == .screenShare }))
        }
        layout.update(people, now: now)
        tellSettings(now: now)
        reception.update(shown: layout, now: now)
        // LiveKit forwards nothing of a muted track.
        var due: [String] = []
        for participant in signal.room.participants {
            for track in participant.tracks
            where track.kind == .audio ? !track.isMuted : layout.isShown(track.sid) {
                due.append(track.sid)
            }
        }
        tracksExpected.update(due, now: now)
    }

    /// Tells the server what has come up about the tiles.
    func tellSettings(now: Instant) {
        let settings = layout.takeSettings(now: now)
        guard !settings.isEmpty else { return }
        for setting in settings { signal.updateTrackSettings(setting) }
        reception.update(shown: layout, now: now)
    }

    /// Looks at the next page of tiles, if it is time to and there is one.
    func turnPage(now: Instant) {
        guard let due = nextPageTurn, now >= due, let interval = planned.page.pageTurnInterval else { return }
        nextPageTurn = due + interval
        guard layout.turnPage(now: now) else { return }
        tellSettings(now: now)
        updateLayout(now: now)
    }

    /// The page mutes who joins a full room (Meet, `Conference.tsx`); the room counts them before oneself is in.
    func muteInCompany(now: Instant) {
        guard let threshold = autoMuteThreshold, Int(signal.room.info.numParticipants) > threshold,
            planned.microphone.isPublished, !isMuted
        else { return }
        note(.muted, "the room is full: the page mutes the microphone", at: now)
        setMuted(true, now: now)
    }

    func retransmit(
        _ request: Retransmission, of peer: PeerConnection, now: Instant, into outbox: inout Outbox
    ) {
        if let sender = tracks.sender(section: request.section) {
            sender.retransmit(request, peer: peer, wallClock: environment.wallClock, now: now, into: &outbox)
        } else if request.section == microphone?.section, let carriage = tracks.carriage {
            microphone?.retransmit(
                request, peer: peer, carriage: carriage, wallClock: environment.wallClock, scratch: scratch,
                now: now, into: &outbox)
        }
    }
}
