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
        settleCodecs(of: session, in: offer.sdp)
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

    /// Pictures that were announced without a codec are in the one that their section prefers, as with SDKs that name
    /// codecs only for tracks with a second one.
    private func settleCodecs(of session: Session, in sdp: String) {
        let open = session.tracks.filter { $0.isCodecOpen }
        guard !open.isEmpty, let offer = try? SessionDescription(parsing: sdp) else { return }
        for track in open {
            let section = offer.sections.first { section in
                section.msids.contains { $0.track == track.primary.cid }
            }
            guard let first = section?.codecs.first else { continue }
            track.isCodecOpen = false
            guard Codec(first) == .vp9, configuration.videoCodecs.contains("vp9") else { continue }
            settle(track, on: PublishedCoding(codec: .vp9, name: "vp9", cid: track.primary.cid))
        }
    }

    /// Finds out which offered section carries which announced track, and which tracks ended.
    private func matchPublishedTracks(of session: Session) {
        let sections = session.uplink.sections
        while session.publicationOfSection.count < sections.count {
            session.publicationOfSection.append(nil)
        }
        for (index, section) in sections.enumerated() where section.kind != .application {
            let sends = section.remoteDirection == .sendOnly || section.remoteDirection == .sendReceive
            if let current = session.publicationOfSection[index] {
                guard !sends || section.isRejected || section.remoteTrack?.trackID != current.coding.cid
                else {
                    continue
                }
                session.publicationOfSection[index] = nil
                current.coding.section = nil
                if current.coding === current.track.primary { unpublish(current.track) }
            }
            guard sends, !section.isRejected, let found = publication(for: section, of: session) else {
                continue
            }
            found.coding.section = index
            if let place = found.track.info.codecs.firstIndex(where: { $0.cid == found.coding.cid }) {
                found.track.info.codecs[place].mid = section.mid
            }
            session.publicationOfSection[index] = found
            if found.track.kind == .video { session.uplink.preferCodec(found.coding.codec, in: index) }
            guard found.coding === found.track.primary else { continue }
            found.track.info.mid = section.mid
            // Only what this section could carry is asked for later, as LiveKit's potential codecs.
            found.track.codings.removeAll { coding in
                coding !== found.coding && section.codec(coding.codec) == nil
            }
            // Simulcast tracks are told when their first layer is seen, all others at once.
            if section.remoteRIDs.count < 2 { publish(found.track) }
        }
    }

    /// The announced track that a section carries: the one that it names, or else the first of its kind.
    private func publication(for section: MediaSection, of session: Session) -> Publication? {
        var sameKind: Publication?
        for track in session.tracks where track.kind == section.kind {
            for coding in track.codings where coding.section == nil && !coding.cid.isEmpty {
                let publication = Publication(track: track, coding: coding)
                if coding.cid == section.remoteTrack?.trackID { return publication }
                sameKind = sameKind ?? publication
            }
        }
        return sameKind
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
        let unusable = configuration.behaviour.unusableCodecs
        guard let coding = track.coding(for: section.codecs, without: unusable) else { return false }
        let red = section.codec(.red)
        let usesRED = track.kind == .audio && red != nil && !track.info.disableRed
        guard let chosen = usesRED ? red : section.codec(coding.codec) else { return false }
        let session = subscription.subscriber
        while session.downTrackOfSection.count <= index { session.downTrackOfSection.append(nil) }
        subscription.section = index
        subscription.coding = coding
        subscription.payload = (chosen.payloadType, usesRED)
        session.downTrackOfSection[index] = subscription
        // Which codec is wanted is known only now.
        updateDemand(of: track)
        return true
    }

    /// A track on its way to a participant, as its section describes it.
    func outgoing(_ subscription: DownTrack, usesRED: Bool) -> OutgoingTrack {
        let track = subscription.track
        return OutgoingTrack(
            kind: track.kind, streamID: "\(track.publisher.sid)|\(track.info.sid)",
            trackID: track.info.sid, codec: (subscription.coding ?? track.primary).trackCodec(red: usesRED),
            layers: [
                OutgoingLayer(
                    ssrc: subscription.ssrc, rtxSSRC: track.kind == .video ? subscription.rtxSSRC : nil)
            ])
    }
}
