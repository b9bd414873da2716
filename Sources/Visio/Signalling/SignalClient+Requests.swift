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
        request(.offer(description("offer", sdp)))
        return latestOfferID
    }

    /// Announces a track; the offer that carries it should come after.
    public mutating func addTrack(_ track: LiveKitAddTrackRequest, now: Instant) {
        pendingPublishes.append(PendingPublish(cid: track.cid, deadline: now + Self.publishTimeout))
        request(.addTrack(track))
    }

    /// Tells the server one of our candidates.
    public mutating func trickle(_ candidate: ICECandidateInit) { request(.trickle(candidate.trickle)) }

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

    /// Tells the server what we remember, right after `.resumed`.
    public mutating func sync(_ state: LiveKitSyncState) { request(.syncState(state)) }

    /// Asks the server to misbehave.
    public mutating func simulate(_ scenario: LiveKitSimulateScenario) { request(.simulate(scenario)) }

    /// Sends a request now, or as soon as the session stands.
    mutating func request(_ message: LiveKitSignalRequest.OneOf_Message) {
        let request = LiveKitSignalRequest(message)
        switch state {
        case .joined where !isResuming || Self.belongsToResuming(message): transmit(request)
        case .opening, .joining, .joined, .ended: heldRequests.append(request)
        case .idle, .leaving: break
        }
    }

    /// What may pass while a session is being resumed; everything else waits for the new answer.
    private static func belongsToResuming(_ message: LiveKitSignalRequest.OneOf_Message) -> Bool {
        switch message {
        case .syncState, .trickle, .offer, .answer, .simulate, .leave, .pingReq: true
        default: false
        }
    }

    mutating func flushHeldRequests() {
        let held = heldRequests
        heldRequests = []
        for request in held { transmit(request) }
    }

    mutating func transmit(_ request: LiveKitSignalRequest) {
        statistics.framesSent += 1
        commands.append(.sendBinary(request.encoded()))
    }
}
