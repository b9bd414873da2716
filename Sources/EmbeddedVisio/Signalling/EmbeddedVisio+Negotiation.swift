import Primitives
import RTC
import Visio
import WireFormats

/// Offers, answers and candidates: which section carries which track.
extension EmbeddedVisio {
    /// Changes that need a new offer are gathered this long.
    static let negotiationDebounce = Interval.milliseconds(10)

    func answer(_ offer: LiveKitSessionDescription, of session: Session) {
        do throws(NegotiationError) {
            try session.uplink.applyOffer(offer.sdp, now: now)
        } catch {
            // LiveKit ends a session whose descriptions it cannot follow.
            return remove(session, reason: .stateMismatch, action: .reconnect)
        }
        session.lastOfferID = offer.id
        matchPublishedTracks(of: session)
        agreeOnChannels(of: session, by: session.uplink)
        guard !session.isDual else { return send(answerTo: offer, to: session) }
        if !session.isActive, session.subscribesAutomatically { subscribeToEverything(session) }
        let missing = attachSubscriptions(of: session)
        send(answerTo: offer, to: session)
        if missing.audio + missing.video > 0 { session.negotiateAt = now }
        for subscription in session.subscriptions where subscription.section != nil { started(subscription) }
        schedule(session)
    }

    private func send(answerTo offer: LiveKitSessionDescription, to session: Session) {
        var answer = LiveKitSessionDescription()
        answer.type = "answer"
        answer.sdp = session.uplink.createAnswer(now: now)
        answer.id = offer.id
        if !session.isDual { answer.midToTrackID = trackIDs(of: session) }
        send(.answer(answer), to: session)
        // ICE credentials may have changed with a restart.
        noteFragment(of: session)
        schedule(session)
    }

    private func trackIDs(of session: Session) -> [String: String] {
        var result: [String: String] = [:]
        for subscription in session.subscriptions {
            guard let section = subscription.section ?? subscription.offeredSection else { continue }
            result[session.downlink.sections[section].mid] = subscription.track.info.sid
        }
        return result
    }

    func addCandidate(_ trickle: LiveKitTrickleRequest, of session: Session) {
        guard let candidate = ICECandidateInit(json: trickle.candidateInit) else {
            statistics.malformedSignals += 1
            return
        }
        guard !candidate.candidate.isEmpty else { return }
        let peer = trickle.target == .subscriber ? session.downlink : session.uplink
        peer.addRemoteCandidate(candidate.candidate)
    }

    /// Asks for a new offer with as many further receiving sections as the waiting tracks need.
    func requestOffer(of session: Session) {
        session.negotiateAt = nil
        let waiting = session.subscriptions.filter { $0.section == nil }
        var free = (audio: 0, video: 0)
        for section in session.downlink.sections where section.isFreeForSending {
            if section.kind == .audio { free.audio += 1 } else { free.video += 1 }
        }
        let audio = waiting.count { $0.track.kind == .audio }
        var requirement = LiveKitMediaSectionsRequirement()
        requirement.numAudios = UInt32(max(0, audio - free.audio))
        requirement.numVideos = UInt32(max(0, waiting.count - audio - free.video))
        send(.mediaSectionsRequirement(requirement), to: session)
    }

    func renegotiate(_ session: Session) {
        if session.negotiateAt == nil { session.negotiateAt = now + Self.negotiationDebounce }
        schedule(session)
    }

    /// Finds out which offered section carries which announced track, and which tracks ended.
    private func matchPublishedTracks(of session: Session) {
        let sections = session.uplink.sections
        while session.trackOfSection.count < sections.count { session.trackOfSection.append(nil) }
        for (index, section) in sections.enumerated() where section.kind != .application {
            let sends = section.remoteDirection == .sendOnly || section.remoteDirection == .sendReceive
            if let current = session.trackOfSection[index] {
                guard !sends || section.isRejected || section.remoteTrack?.trackID != current.cid else {
                    continue
                }
                session.trackOfSection[index] = nil
                unpublish(current)
            }
            guard sends, !section.isRejected else { continue }
            let named = session.tracks.first { $0.section == nil && $0.cid == section.remoteTrack?.trackID }
            let sameKind = session.tracks.first { $0.section == nil && $0.kind == section.kind }
            guard let track = named ?? sameKind else { continue }
            track.section = index
            track.info.mid = section.mid
            session.trackOfSection[index] = track
            // Simulcast tracks are told when their first layer is seen, all others at once.
            if section.remoteRIDs.count < 2 { publish(track) }
        }
    }

    /// Gives waiting tracks free sections; returns how many found none.
    private func attachSubscriptions(of session: Session) -> (audio: Int, video: Int) {
        var missing = (audio: 0, video: 0)
        for subscription in session.subscriptions where subscription.section == nil {
            let kind = subscription.track.kind
            let sections = session.downlink.sections
            guard let index = sections.firstIndex(where: { $0.kind == kind && $0.isFreeForSending }) else {
                if kind == .audio { missing.audio += 1 } else { missing.video += 1 }
                continue
            }
            attach(subscription, to: index, of: sections[index])
        }
        return missing
    }

    private func attach(_ subscription: DownTrack, to index: Int, of section: MediaSection) {
        guard start(subscription, in: index, of: section) else { return }
        subscription.subscriber.downlink.attach(
            outgoing(subscription, usesRED: subscription.payload?.isRED ?? false), to: index)
    }

    /// Chooses how a section carries a track; false if the participant understands none of its codecs.
    func start(_ subscription: DownTrack, in index: Int, of section: MediaSection) -> Bool {
        let track = subscription.track
        let red = section.codecs.first { $0.codec == .red }
        let usesRED = track.kind == .audio && red != nil && !track.info.disableRed
        let plain: Codec = track.kind == .audio ? .opus : .vp8
        guard let chosen = usesRED ? red : section.codecs.first(where: { $0.codec == plain }) else {
            return false
        }
        let session = subscription.subscriber
        while session.downTrackOfSection.count <= index { session.downTrackOfSection.append(nil) }
        subscription.section = index
        subscription.payload = (chosen.payloadType, usesRED)
        session.downTrackOfSection[index] = subscription
        return true
    }

    /// A track on its way to a participant, as its section describes it.
    func outgoing(_ subscription: DownTrack, usesRED: Bool) -> OutgoingTrack {
        let track = subscription.track
        return OutgoingTrack(
            kind: track.kind, streamID: "\(track.publisher.sid)|\(track.info.sid)",
            trackID: track.info.sid, codec: track.kind == .audio ? .opus(red: usesRED) : .vp8,
            layers: [
                OutgoingLayer(
                    ssrc: subscription.ssrc, rtxSSRC: track.kind == .video ? subscription.rtxSSRC : nil)
            ])
    }
}
