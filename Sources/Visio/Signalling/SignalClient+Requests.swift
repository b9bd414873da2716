public import Primitives

/// What a participant may ask for. Outside of a room everything waits until the session stands.
extension SignalClient {
    /// Sends a new offer, which makes answers to earlier ones stale.
    ///
    /// - Returns: the offer's id.
    @discardableResult
    public mutating func offer(_ sdp: String) -> UInt32 {
        latestOfferID &+= 1
        if latestOfferID == 0 { latestOfferID = 1 }  // Zero would mean "no id".
        let offer = description("offer", sdp, id: latestOfferID)
        if !isDual { agreement.offer = offer }
        request(.offer(offer))
        return latestOfferID
    }

    /// Answers the server's offer with its number.
    public mutating func answer(_ sdp: String, id: UInt32) {
        let answer = description("answer", sdp, id: id)
        agreement.answer = answer
        request(.answer(answer))
    }

    /// Announces a track; the offer that carries it should come after.
    public mutating func addTrack(_ track: LiveKitAddTrackRequest, now: Instant) {
        pendingPublishes.append(PendingPublish(cid: track.cid, deadline: now + Self.publishTimeout))
        request(.addTrack(track))
    }

    /// Tells the server one of our candidates.
    public mutating func trickle(_ candidate: ICECandidateInit, for target: LiveKitSignalTarget = .publisher)
    {
        request(.trickle(candidate.trickle(for: target)))
    }

    /// Forgets a track of ours that is no longer published, so that a resumed session does not list it.
    public mutating func withdraw(sid: String) { publications.removeAll { $0.track.sid == sid } }

    /// Mutes or unmutes a track of ours.
    public mutating func mute(sid: String, _ isMuted: Bool) {
        var mute = LiveKitMuteTrackRequest()
        mute.sid = sid
        mute.muted = isMuted
        request(.mute(mute))
    }

    /// Tells how large tracks are shown, or that they are not.
    public mutating func updateTrackSettings(_ settings: LiveKitUpdateTrackSettings) {
        request(.trackSetting(settings))
    }

    /// Starts or stops to receive tracks.
    public mutating func subscribe(_ update: LiveKitUpdateSubscription) { request(.subscription(update)) }

    /// Chooses who may receive our tracks.
    public mutating func permit(_ permission: LiveKitSubscriptionPermission) {
        request(.subscriptionPermission(permission))
    }

    /// Changes our own name, metadata or attributes.
    public mutating func updateMetadata(_ update: LiveKitUpdateParticipantMetadata) {
        request(.updateMetadata(update))
    }

    /// Tells the server what we remember, right after `.resumed`: the connection we receive by as it was agreed, and
    /// what we publish, beside what is given here.
    ///
    /// - Parameters:
    ///   - channels: The open data channels.
    ///   - disabledTracks: Tracks of others that we asked not to be sent.
    ///   - received: The last reliable packet from each publisher.
    public mutating func sync(
        channels: [LiveKitDataChannelInfo], disabledTracks: [String] = [],
        received: [LiveKitDataChannelReceiveState] = []
    ) {
        var state = LiveKitSyncState()
        if let offer = agreement.offer { state.offer = Self.withoutID(offer) }
        if let answer = agreement.answer { state.answer = Self.withoutID(answer) }
        // The exceptions from the rule, of which we have none.
        state.subscription.subscribe = !configuration.autoSubscribe
        state.publishTracks = publications
        state.dataChannels = channels
        state.trackSidsDisabled = disabledTracks
        state.datachannelReceiveStates = received
        request(.syncState(state))
    }

    private static func withoutID(_ description: LiveKitSessionDescription) -> LiveKitSessionDescription {
        var description = description
        description.id = 0
        description.midToTrackID = [:]
        return description
    }

    /// Asks the server to misbehave.
    public mutating func simulate(_ scenario: LiveKitSimulateScenario) { request(.simulate(scenario)) }

    /// Sends a request now, or when the session stands.
    ///
    /// Of what is asked for without a WebSocket, negotiation is void: the next session begins with its own.
    mutating func request(_ message: LiveKitSignalRequest.OneOf_Message) {
        let request = LiveKitSignalRequest(message)
        switch state {
        case .joined: transmit(request)
        case .opening, .validating, .joining, .ended:
            if !Self.isOfItsMoment(message) || !(isResuming || state == .ended) {
                heldRequests.append(request)
            }
        case .idle, .leaving: break
        }
    }

    /// What livekit-client does not keep for later while it reconnects (`passThroughQueueSignals`).
    private static func isOfItsMoment(_ message: LiveKitSignalRequest.OneOf_Message) -> Bool {
        switch message {
        case .syncState, .trickle, .offer, .answer, .simulate, .leave: true
        default: false
        }
    }

    mutating func flushHeldRequests() {
        let held = heldRequests
        heldRequests = []
        for request in held { transmit(request) }
    }

    mutating func transmit(_ request: LiveKitSignalRequest) {
        guard !isSilenced else { return }
        statistics.framesSent += 1
        commands.append(.sendBinary(request.encoded()))
    }
}
