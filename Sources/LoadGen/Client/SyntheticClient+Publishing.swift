import Media
import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// What the participant publishes: microphone, camera and screen, announced, agreed and steered as the page does it.
extension SyntheticClient {
    /// Announces microphone and camera in parallel, right after the join response, as the page does.
    func publishTracks(now: Instant) {
        // A new session publishes the same tracks again, as they are by then.
        if planned.microphone.isPublished {
            if tracks.microphoneCID.isEmpty {
                tracks.microphoneCID = LocalTracks.makeCID(&generator)
                isMuted = isPlannedMuted(at: now)
                scheduleMute(after: now)
            }
            signal.addTrack(tracks.microphoneRequest(isMuted: isMuted), now: now)
        }
        for index in tracks.videos.indices {
            signal.addTrack(tracks.videos[index].announce(&generator), now: now)
        }
        if planned.camera != .off, !tracks.videos.contains(where: { $0.source == .camera }) {
            publish(.camera, planned.camera == .vp9SVC ? [.vp9, .vp8] : [.vp8], now: now)
        }
    }

    /// Announces again what was announced and never answered, because the WebSocket broke meanwhile.
    func announceMissingTracks(now: Instant) {
        guard signal.state == .joined else { return }
        if !tracks.microphoneCID.isEmpty, tracks.microphoneSID == nil {
            signal.addTrack(tracks.microphoneRequest(isMuted: isMuted), now: now)
        }
        for index in tracks.videos.indices where tracks.videos[index].isPending {
            let request =
                tracks.videos[index].sid == nil
                ? tracks.videos[index].announce(&generator)
                : tracks.videos[index].announceBackup(&generator)
            if let request { signal.addTrack(request, now: now) }
        }
    }

    /// Announces a picture in the codecs that the page would use, the preferred one first.
    private func publish(_ source: LocalVideo.Source, _ codecs: [VideoCodec], now: Instant) {
        // A codec that the server does not take is not offered to it; the page then uses the first that it takes.
        let taken = signal.publishCodecs
        let usable = codecs.filter { codec in
            taken.isEmpty || taken.contains { $0.lowercased() == "video/\(codec.rawValue)" }
        }
        let scene: ClipSpecification.Scene = source == .camera ? .camera : .screen
        let codings = (usable.isEmpty ? [.vp8] : usable).compactMap { codec in
            environment.clips.clip(scene, codec, participant: planned.index).map {
                LocalVideo.Coding(clip: $0)
            }
        }
        guard !codings.isEmpty else { return }
        var video = LocalVideo(source: source, codings: codings)
        let request = video.announce(&generator)
        tracks.videos.append(video)
        // On the way back to a lost connection it waits for that, like all that was not answered.
        if recovery == nil || recovery?.step == .joining || source == .camera {
            signal.addTrack(request, now: now)
        }
    }

    /// The server has accepted an announcement: the track gets a section in the next offer.
    func published(cid: String, _ info: LiveKitTrackInfo) {
        guard let peer = publisher else { return }
        // Senders start at a phase of their own, so that a thousand cameras do not fire in one instant.
        let start = intended + .microseconds(Int64(generator.next() % 50_000))
        if cid == tracks.microphoneCID, microphone == nil, !environment.clips.audio.isEmpty {
            tracks.microphoneSID = info.sid
            let section = peer.addSendSection(tracks.microphoneTrack(&generator))
            let clips = environment.clips.audio
            microphone = MicrophoneSender(
                section: section, clip: clips[planned.index % clips.count], schedule: schedule,
                generator: &generator, start: start)
            microphone?.isMuted = isMuted
            // What the participant did while the announcement was under way.
            if info.muted != isMuted { signal.mute(sid: info.sid, isMuted) }
            needsOffer = true
        } else if let (video, coding) = tracks.position(cid: cid),
            tracks.videos[video].codings[coding].sender == nil
        {
            tracks.videos[video].sid = info.sid
            let published = tracks.videos[video].codings[coding]
            let section = peer.addSendSection(tracks.videos[video].track(published, &generator))
            tracks.videos[video].codings[coding].sender = LocalVideo.makeSender(
                published.clip, section: section, start: start, &generator)
            needsOffer = true
        }
    }

    /// Takes the payload types out of an answer.
    func adoptCodecs(of sections: [MediaSection], now: Instant) {
        if let section = microphone?.section, section < sections.count, !sections[section].codecs.isEmpty {
            let codecs = sections[section].codecs
            // RED is sent when the answer lists it first, as libwebrtc does.
            let red = codecs.first?.codec == .red ? codecs.first?.payloadType : nil
            if let opus = codecs.first(where: { $0.codec == .opus }) {
                tracks.carriage = MicrophoneSender.Carriage(
                    opus: opus.payloadType, red: tracks.usesRED ? red : nil)
            }
        }
        for video in tracks.videos.indices {
            for (index, coding) in tracks.videos[video].codings.enumerated() {
                guard let section = coding.sender?.section, section < sections.count else { continue }
                let codec: Codec = coding.codec == .vp8 ? .vp8 : .vp9
                let type = sections[section].codec(codec)?.payloadType
                if coding.payloadType == nil, type != nil { prepareAllocation(video, index, now: now) }
                tracks.videos[video].codings[index].payloadType = type
            }
        }
    }

    func startSenders(now: Instant) {
        guard isConnected, transports?.areConnected == true else { return }
        if tracks.carriage != nil { microphone?.begin(now: now) }
        for video in tracks.videos {
            for coding in video.codings where coding.payloadType != nil { coding.sender?.start(now: now) }
        }
        allocateLayers(now: now)
    }

    /// Sends every frame of a picture that is due.
    func tickVideos(now: Instant, into outbox: inout Outbox) {
        guard let publisher else { return }
        for video in tracks.videos {
            for coding in video.codings {
                guard let sender = coding.sender, let type = coding.payloadType else { continue }
                let late = sender.tick(
                    peer: publisher, payloadType: type, wallClock: environment.wallClock, now: now,
                    into: &outbox)
                worstLateness = max(worstLateness, late)
            }
        }
    }

    /// Sends the layers that somebody wants, and no others (dynacast); publishes a second codec when it is asked for.
    func obey(_ update: LiveKitSubscribedQualityUpdate, now: Instant) {
        guard let video = tracks.videos.firstIndex(where: { $0.sid == update.trackSid }) else { return }
        var wishes = update.subscribedCodecs.map { (codec: $0.codec.lowercased(), qualities: $0.qualities) }
        if wishes.isEmpty {
            wishes = [(tracks.videos[video].codings[0].codec.rawValue, update.subscribedQualities)]
        }
        for wish in wishes {
            let name = wish.codec.split(separator: "/").last ?? ""
            guard let index = tracks.videos[video].codings.firstIndex(where: { $0.codec.rawValue == name })
            else {
                continue
            }
            var wanted: UInt8 = 0
            for quality in wish.qualities where quality.enabled && 0...2 ~= quality.quality.rawValue {
                wanted |= 1 << UInt8(quality.quality.rawValue)
            }
            if let sender = tracks.videos[video].codings[index].sender {
                // livekit-client looks only at the low quality where a track has one stream.
                let single = tracks.videos[video].codings[index].clip.layers.count == 1
                sender.setWanted(single ? wanted & 1 : wanted, now: now)
            } else if index > 0, wanted != 0, tracks.videos[video].codings[index].cid.isEmpty,
                let request = tracks.videos[video].announceBackup(&generator)
            {
                note(.published, "publishes its \(tracks.name(cid: request.cid))", at: now)
                signal.addTrack(request, now: now)
            }
        }
        allocateLayers(now: now)
    }

    /// A call without its microphone or camera has failed; it goes on without a screen or a second codec.
    func publishTimedOut(cid: String, now: Instant, into outbox: inout Outbox) {
        let cause = "the server did not accept the \(tracks.name(cid: cid)) in time"
        guard let place = tracks.position(cid: cid),
            place.coding > 0 || tracks.videos[place.video].source == .screen
        else {
            return fail(CallFailure(stage: .negotiation, cause: cause), now: now, into: &outbox)
        }
        note(.published, cause, at: now)
        if place.coding > 0 {
            tracks.videos[place.video].codings.removeSubrange(place.coding...)
        } else {
            tracks.videos.remove(at: place.video)
        }
    }

    // MARK: The shared screen

    /// Begins to share the screen at once if that is planned for now.
    func beginScreens(now: Instant) {
        guard !planned.screens.isEmpty else { return }
        nextScreenChange = now
        updateScreen(now: now)
    }

    /// Starts and stops sharing the screen as planned, and notes when to look again.
    func updateScreen(now: Instant) {
        guard let due = nextScreenChange, now >= due else { return }
        let isShared = planned.screens.contains { $0.contains(now - .zero) }
        let sharing = tracks.videos.firstIndex { $0.source == .screen }
        if isShared, sharing == nil {
            note(.screen, "shares the screen", at: now)
            publish(.screen, planned.browser == .chrome ? [.vp9, .vp8] : [.vp8], now: now)
        } else if !isShared, let sharing {
            note(.screen, "stops sharing the screen", at: now)
            withdraw(sharing, now: now)
        }
        scheduleScreen(after: now)
    }

    /// Finds the next planned start or end of sharing the screen.
    func scheduleScreen(after now: Instant) {
        nextScreenChange = nil
        for span in planned.screens {
            let (start, end) = (Instant.zero + span.start, Instant.zero + span.end)
            if start > now { nextScreenChange = earliest(nextScreenChange, start) }
            if end > now { nextScreenChange = earliest(nextScreenChange, end) }
        }
    }

    /// The server has dropped a track: a host no longer allows what it carried.
    func stopPublishing(_ sid: String, now: Instant) {
        if sid == tracks.microphoneSID {
            microphone = nil
            tracks.microphoneSID = nil
            tracks.microphoneCID = ""
        } else if let video = tracks.videos.firstIndex(where: { $0.sid == sid }) {
            withdraw(video, now: now)
        }
    }

    /// The page takes a track out of its connection, and the server learns it from the next offer.
    private func withdraw(_ index: Int, now: Instant) {
        let video = tracks.videos.remove(at: index)
        if let sid = video.sid { signal.withdraw(sid: sid) }
        for coding in video.codings {
            guard let sender = coding.sender else { continue }
            sender.stop()
            publisher?.removeSendSection(sender.section)
            needsOffer = true
        }
        allocateLayers(now: now)
    }
}
