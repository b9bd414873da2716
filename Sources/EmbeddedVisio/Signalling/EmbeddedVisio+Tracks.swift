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
        if !request.sid.isEmpty { return addCodec(request, of: session) }
        if session.tracks.contains(where: { track in
            track.codings.contains { $0.cid == request.cid && !$0.cid.isEmpty }
        }) {
            return reject(request, .queued, "track with this cid is published already", of: session)
        }
        guard session.tracks.count(where: { !$0.isLive }) < Self.maximumPendingTracks else {
            return reject(request, .limitExceeded, "too many pending tracks", of: session)
        }
        let (info, codings) = describe(request)
        let track = PublishedTrack(info: info, codings: codings, publisher: session)
        track.isCodecOpen = request.type == .video && request.simulcastCodecs.isEmpty
        session.tracks.append(track)
        var published = LiveKitTrackPublishedResponse()
        published.cid = request.cid
        published.track = track.info
        send(.trackPublished(published), to: session)
    }

    /// A track that is published already is going to be sent in a second codec too.
    private func addCodec(_ request: LiveKitAddTrackRequest, of session: Session) {
        let announced = request.simulcastCodecs.first
        guard let track = session.tracks.first(where: { $0.info.sid == request.sid }), let announced,
            let coding = track.codings.first(where: { $0.name == Self.codecName(announced.codec) })
        else {
            return reject(request, .notFound, "no such track or codec", of: session)
        }
        coding.cid = announced.cid
        if let place = track.info.codecs.firstIndex(where: { $0.cid.isEmpty }) {
            track.info.codecs[place].cid = announced.cid
            track.info.codecs[place].layers = request.layers.isEmpty ? announced.layers : request.layers
        }
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

    private func describe(
        _ request: LiveKitAddTrackRequest
    ) -> (info: LiveKitTrackInfo, codings: [PublishedCoding]) {
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
        info.backupCodecPolicy = request.backupCodecPolicy
        info.layers = request.layers.isEmpty ? request.simulcastCodecs.first?.layers ?? [] : request.layers
        guard request.type == .video else {
            info.mimeType = request.disableRed ? "audio/opus" : "audio/red"
            info.codecs = [Self.codecInfo(info.mimeType, cid: request.cid, layers: [])]
            return (info, [PublishedCoding(codec: .opus, name: "opus", cid: request.cid)])
        }
        var codings: [PublishedCoding] = []
        for announced in request.simulcastCodecs {
            let name = publishableName(announced.codec)
            guard !codings.contains(where: { $0.name == name }) else { continue }
            codings.append(
                PublishedCoding(codec: name == "vp9" ? .vp9 : .vp8, name: name, cid: announced.cid))
        }
        if codings.isEmpty {
            codings.append(PublishedCoding(codec: .vp8, name: publishableName("vp8"), cid: request.cid))
        }
        info.codecs = codings.map { coding in
            Self.codecInfo(
                "video/\(coding.name.uppercased())", cid: coding.cid,
                layers: coding.cid.isEmpty ? [] : info.layers)
        }
        info.mimeType = info.codecs[0].mimeType
        info.simulcast = !codings[0].isScalable && info.layers.count > 1
        return (info, codings)
    }

    /// A track turned out to be sent in one codec.
    func settle(_ track: PublishedTrack, on coding: PublishedCoding) {
        track.codings = [coding]
        track.info.mimeType = "video/\(coding.name.uppercased())"
        track.info.codecs = [
            Self.codecInfo(track.info.mimeType, cid: coding.cid, layers: track.info.layers)
        ]
        track.info.simulcast = !coding.isScalable && track.info.layers.count > 1
    }

    private static func codecInfo(
        _ mime: String, cid: String, layers: [LiveKitVideoLayer]
    ) -> LiveKitSimulcastCodecInfo {
        var codec = LiveKitSimulcastCodecInfo()
        codec.mimeType = mime
        codec.cid = cid
        codec.layers = layers
        codec.videoLayerMode =
            mime == "video/VP9" ? .multipleSpatialLayersPerStream : .oneSpatialLayerPerStream
        return codec
    }

    /// A codec's name without its kind: SDKs say `vp8` or `video/vp8`.
    private static func codecName(_ text: String) -> String {
        String(text.lowercased().split(separator: "/").last ?? "")
    }

    /// The codec that a track is published in: the one asked for, or the first that is allowed.
    private func publishableName(_ text: String) -> String {
        let name = Self.codecName(text)
        return configuration.videoCodecs.contains(name) ? name : configuration.videoCodecs.first ?? "vp8"
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
        for section in session.publicationOfSection.indices
        where session.publicationOfSection[section]?.track === track {
            session.publicationOfSection[section] = nil
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
                subscription.wantedQuality = LayerSizes(subscription.track.info).layer(
                    forHeight: Int(settings.height))
            } else {
                subscription.wantedQuality = min(2, max(0, settings.quality.rawValue))
            }
            subscription.wantedFrameRate = Int(settings.fps)
            updateDemand(of: subscription.track)
            requestKeyFrame(for: subscription)
        }
    }

    /// Tells the publisher which layers anybody wants in which codec, when that has changed for long enough (dynacast).
    func updateDemand(of track: PublishedTrack) {
        guard track.kind == .video, track.isLive else { return }
        var hasNews = false
        for coding in track.codings {
            let viewers = track.downTracks.filter { downTrack in
                !downTrack.isPaused && (downTrack.coding ?? track.primary) === coding
            }
            let wanted = viewers.map(\.wantedQuality).max() ?? -1
            // Of a codec that nobody ever needed nothing is said.
            if coding !== track.primary, coding.demand.told == nil, wanted < 0 { continue }
            if coding.demand.update(wanted: wanted, now: now) != nil { hasNews = true }
        }
        if hasNews { tellDemand(of: track) }
        schedule(track.publisher)
    }

    private func tellDemand(of track: PublishedTrack) {
        var update = LiveKitSubscribedQualityUpdate()
        update.trackSid = track.info.sid
        for coding in track.codings {
            guard let told = coding.demand.told else { continue }
            var codec = LiveKitSubscribedCodec()
            codec.codec = coding.name
            codec.qualities = [LiveKitVideoQuality.low, .medium, .high].map { layer in
                var subscribed = LiveKitSubscribedQuality()
                subscribed.quality = layer
                subscribed.enabled = layer.rawValue <= told
                return subscribed
            }
            update.subscribedCodecs.append(codec)
        }
        update.subscribedQualities = update.subscribedCodecs.first?.qualities ?? []
        send(.subscribedQualityUpdate(update), to: track.publisher)
    }

    /// Rooms with fewer participants than this give a codec up as soon as its substitute arrives (LiveKit's
    /// `codec_regression_threshold`).
    static let regressionThreshold = 5

    /// The second codec of a track has arrived: with the usual policy, in a small room everybody gets it from now on.
    func switchCodings(of track: PublishedTrack, to coding: PublishedCoding) {
        guard coding !== track.primary, !track.isRegressed, track.info.backupCodecPolicy != .simulcast else {
            return
        }
        let isSmall = track.publisher.room.sessions.count < Self.regressionThreshold
        guard track.info.backupCodecPolicy == .regression || isSmall else { return }
        track.isRegressed = true
        for downTrack in track.downTracks where downTrack.coding !== coding {
            guard let section = downTrack.section,
                let chosen = downTrack.subscriber.downlink.sections[section].codec(coding.codec)
            else { continue }
            downTrack.stop()
            downTrack.coding = coding
            downTrack.payload = (chosen.payloadType, false)
        }
        updateDemand(of: track)
    }

    private func makeSSRC() -> UInt32 { UInt32(truncatingIfNeeded: identifiers.next() >> 32) | 1 }
}
