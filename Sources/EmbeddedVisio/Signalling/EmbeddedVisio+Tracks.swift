import Primitives
import RTC
import Visio
import WireFormats

/// Publishing, subscribing and what follows from them.
extension EmbeddedVisio {
    /// Tracks that a participant may have announced without media, as in LiveKit.
    static let maximumPendingTracks = 20

    func addTrack(_ request: LiveKitAddTrackRequest, of session: Session) {
        guard session.grant.mayPublish(source: request.source) else {
            return reject(
                request, .notAllowed, "does not have permission to publish this source", of: session)
        }
        if session.tracks.contains(where: { $0.cid == request.cid && !$0.cid.isEmpty }) {
            return reject(request, .queued, "track with this cid is published already", of: session)
        }
        guard session.tracks.count(where: { !$0.isLive }) < Self.maximumPendingTracks else {
            return reject(request, .limitExceeded, "too many pending tracks", of: session)
        }
        let track = PublishedTrack(info: trackInfo(for: request), cid: request.cid, publisher: session)
        session.tracks.append(track)
        var published = LiveKitTrackPublishedResponse()
        published.cid = request.cid
        published.track = track.info
        send(.trackPublished(published), to: session)
    }

    private func reject(
        _ request: LiveKitAddTrackRequest, _ reason: LiveKitRequestResponse.Reason, _ text: String,
        of session: Session
    ) {
        var response = LiveKitRequestResponse()
        response.reason = reason
        response.message = text
        response.addTrack = request
        send(.requestResponse(response), to: session)
    }

    private func trackInfo(for request: LiveKitAddTrackRequest) -> LiveKitTrackInfo {
        var info = LiveKitTrackInfo()
        info.sid = makeSID(Self.sidPrefix(of: request))
        info.type = request.type
        info.name = request.name
        info.muted = request.muted
        info.width = request.width
        info.height = request.height
        info.source = request.source
        info.disableRed = request.disableRed
        info.stream = request.stream
        info.audioFeatures = request.audioFeatures
        info.layers = request.layers.isEmpty ? request.simulcastCodecs.first?.layers ?? [] : request.layers
        info.simulcast = info.layers.count > 1
        info.mimeType =
            request.type == .audio ? (request.disableRed ? "audio/opus" : "audio/red") : "video/VP8"
        var codec = LiveKitSimulcastCodecInfo()
        codec.mimeType = info.mimeType
        codec.cid = request.cid
        codec.layers = info.layers
        info.codecs = [codec]
        return info
    }

    private static func sidPrefix(of request: LiveKitAddTrackRequest) -> String {
        let source =
            switch request.source {
            case .camera: "C"
            case .microphone: "M"
            case .screenShare: "S"
            case .screenShareAudio: "s"
            default: "U"
            }
        return "TR_" + (request.type == .audio ? "A" : "V") + source
    }

    /// Media may flow: everybody is told, and who wants everything is subscribed.
    func publish(_ track: PublishedTrack) {
        guard !track.isLive else { return }
        track.isLive = true
        statistics.publishedTracks += 1
        if track.kind == .audio { statistics.audioTracks += 1 } else { statistics.videoTracks += 1 }
        let session = track.publisher
        session.refreshInfo()
        announce(session)
        for other in session.room.sessions where other !== session && other.isActive {
            if other.subscribesAutomatically { subscribe(other, to: track) }
        }
        updateDemand(of: track)
        schedule(session)
    }

    /// The publisher's offer no longer carries the track, or a host no longer allows it.
    func unpublish(_ track: PublishedTrack) {
        let session = track.publisher
        session.tracks.removeAll { $0 === track }
        // Packets that still come in its section are nobody's.
        for section in session.trackOfSection.indices where session.trackOfSection[section] === track {
            session.trackOfSection[section] = nil
        }
        end(track)
        session.refreshInfo()
        announce(session)
    }

    /// Takes a track from all who receive it.
    func end(_ track: PublishedTrack) {
        if track.isLive { statistics.publishedTracks -= 1 }
        track.isLive = false
        for subscription in track.downTracks { detach(subscription) }
        track.downTracks = []
    }

    private func detach(_ subscription: DownTrack) {
        let session = subscription.subscriber
        session.subscriptions.removeAll { $0 === subscription }
        guard let section = subscription.section ?? subscription.offeredSection else { return }
        subscription.section = nil
        subscription.offeredSection = nil
        if section < session.downTrackOfSection.count { session.downTrackOfSection[section] = nil }
        if session.isDual {
            session.downlink.removeSendSection(section)
        } else {
            session.downlink.detach(section: section)
        }
        renegotiate(session)
    }

    /// Subscribes a participant to all live tracks of the others in its room.
    func subscribeToEverything(_ session: Session) {
        for other in session.room.sessions where other !== session {
            for track in other.tracks where track.isLive { subscribe(session, to: track) }
        }
    }

    func subscribe(_ session: Session, to track: PublishedTrack) {
        guard session.grant.maySubscribe, !session.unsubscribed.contains(track.info.sid),
            !session.subscriptions.contains(where: { $0.track === track })
        else { return }
        // Tiles decide the layer under adaptive stream; until they have spoken the lowest one goes out.
        let subscription = DownTrack(
            track: track, subscriber: session, ssrc: makeSSRC(), rtxSSRC: makeSSRC(),
            wantedQuality: session.usesAdaptiveStream ? 0 : 2)
        session.subscriptions.append(subscription)
        track.downTracks.append(subscription)
        var permission = LiveKitSubscriptionPermissionUpdate()
        permission.participantSid = track.publisher.sid
        permission.trackSid = track.info.sid
        permission.allowed = true
        send(.subscriptionPermissionUpdate(permission), to: session)
        if track.downTracks.count == 1 {
            var subscribed = LiveKitTrackSubscribed()
            subscribed.trackSid = track.info.sid
            send(.trackSubscribed(subscribed), to: track.publisher)
        }
        updateDemand(of: track)
        renegotiate(session)
    }

    /// A subscription has a section now: its first picture is asked for.
    func started(_ subscription: DownTrack) {
        requestKeyFrame(for: subscription)
    }

    func updateSubscription(_ update: LiveKitUpdateSubscription, of session: Session) {
        let sids = update.trackSids + update.participantTracks.flatMap(\.trackSids)
        for sid in sids {
            if update.subscribe {
                session.unsubscribed.remove(sid)
                let tracks = session.room.sessions.flatMap { $0 === session ? [] : $0.tracks }
                if let track = tracks.first(where: { $0.info.sid == sid && $0.isLive }) {
                    subscribe(session, to: track)
                }
            } else {
                session.unsubscribed.insert(sid)
                guard let subscription = session.subscriptions.first(where: { $0.track.info.sid == sid })
                else {
                    continue
                }
                let track = subscription.track
                track.downTracks.removeAll { $0 === subscription }
                detach(subscription)
                updateDemand(of: track)
            }
        }
    }

    func updateSettings(_ settings: LiveKitUpdateTrackSettings, of session: Session) {
        for sid in settings.trackSids {
            guard let subscription = session.subscriptions.first(where: { $0.track.info.sid == sid }) else {
                continue
            }
            if settings.disabled, !subscription.isPaused { subscription.stop() }
            subscription.isPaused = settings.disabled
            // A size decides over a quality, and of the size only the height.
            if settings.width > 0 {
                subscription.wantedQuality = subscription.track.quality(forHeight: Int(settings.height))
            } else {
                subscription.wantedQuality = min(2, max(0, settings.quality.rawValue))
            }
            updateDemand(of: subscription.track)
            requestKeyFrame(for: subscription)
        }
    }

    /// Tells the publisher which layers anybody wants, when that has changed for long enough (dynacast).
    func updateDemand(of track: PublishedTrack) {
        guard track.kind == .video, track.isLive else { return }
        let wanted = track.downTracks.filter { !$0.isPaused }.map(\.wantedQuality).max() ?? -1
        if let quality = track.demand.update(wanted: wanted, now: now) {
            var codec = LiveKitSubscribedCodec()
            codec.codec = "vp8"
            codec.qualities = [LiveKitVideoQuality.low, .medium, .high].map { layer in
                var subscribed = LiveKitSubscribedQuality()
                subscribed.quality = layer
                subscribed.enabled = layer.rawValue <= quality
                return subscribed
            }
            var update = LiveKitSubscribedQualityUpdate()
            update.trackSid = track.info.sid
            update.subscribedQualities = codec.qualities
            update.subscribedCodecs = [codec]
            send(.subscribedQualityUpdate(update), to: track.publisher)
        }
        schedule(track.publisher)
    }

    private func makeSSRC() -> UInt32 { UInt32(truncatingIfNeeded: identifiers.next() >> 32) | 1 }
}
