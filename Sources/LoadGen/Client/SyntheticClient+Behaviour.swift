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

    /// The server has dropped a track: a host no longer allows what it carried.
    func stopPublishing(_ sid: String) {
        if sid == tracks.microphoneSID {
            microphone = nil
            tracks.microphoneSID = nil
        } else if sid == tracks.cameraSID {
            camera = nil
            tracks.cameraSID = nil
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
        var cameras: [LayoutState.Camera] = []
        for participant in signal.room.participants {
            for track in participant.tracks where track.kind == .video {
                cameras.append(
                    LayoutState.Camera(participant: participant.sid, track: track.sid, isMuted: track.isMuted)
                )
            }
        }
        layout.update(cameras: cameras, layout: planned.layout, now: now)
        reception.update(shown: layout)
        var due: [String] = []
        for participant in signal.room.participants {
            for track in participant.tracks where track.kind == .audio || layout.isShown(track.sid) {
                due.append(track.sid)
            }
        }
        tracksExpected.update(due, now: now)
    }

    func retransmit(
        _ request: Retransmission, of peer: PeerConnection, now: Instant, into outbox: inout Outbox
    ) {
        if request.section == camera?.section {
            camera?.retransmit(request, peer: peer, wallClock: environment.wallClock, now: now, into: &outbox)
        } else if request.section == microphone?.section, let carriage = tracks.carriage {
            microphone?.retransmit(
                request, peer: peer, carriage: carriage, wallClock: environment.wallClock, scratch: scratch,
                now: now, into: &outbox)
        }
    }
}
