/// What a participant learns from its signalling, in the order in which it happened.
public enum SignalEvent: Hashable, Sendable {
    /// The WebSocket is open; the first frame is still to come.
    case opened
    /// The session began; `SignalClient.room` holds everybody who was there before.
    case joined(LiveKitJoinResponse)
    /// The server knows no single peer connection: the WebSocket is being opened again for two of them, and the first
    /// offer is void.
    case fellBack
    /// The session goes on after a lost WebSocket: send the state and an offer with an ICE restart.
    case resumed(LiveKitReconnectResponse)
    /// The answer to our latest offer.
    case answer(sdp: String)
    /// The server's offer for the connection it sends by, to be answered under the same number.
    case offer(sdp: String, id: UInt32)
    /// An ICE candidate of the server, and which of two peer connections it is for.
    case candidate(ICECandidateInit, LiveKitSignalTarget)
    /// Add this many receiving sections and offer again; zero and zero means just offer again.
    case sectionsRequired(audio: Int, video: Int)
    /// Somebody came in.
    case participantJoined(sid: String)
    /// Something about somebody changed.
    case participantUpdated(sid: String)
    /// Somebody has another name.
    case renamed(sid: String)
    /// Somebody's hand went up or down.
    case handMoved(sid: String, isRaised: Bool)
    /// Somebody went.
    case participantLeft(sid: String, identity: String, LiveKitDisconnectReason)
    /// Something about ourselves changed.
    case selfUpdated
    /// Somebody's track appeared.
    case trackPublished(participant: String, RemoteTrack)
    /// Somebody's track was muted or otherwise changed.
    case trackUpdated(participant: String, RemoteTrack)
    /// Somebody's track went.
    case trackUnpublished(participant: String, sid: String)
    /// The server knows a track of ours; its offer may follow.
    case published(cid: String, LiveKitTrackInfo)
    /// The server did not answer an announcement in time.
    case publishTimedOut(cid: String)
    /// The server dropped a track of ours.
    case unpublished(sid: String)
    /// Somebody receives a track of ours.
    case subscribed(sid: String)
    /// A moderator muted or unmuted us; already confirmed to the server.
    case muteRequested(sid: String, isMuted: Bool)
    /// Which layers of our track anybody wants.
    case qualityWanted(LiveKitSubscribedQualityUpdate)
    /// Which audio codecs of our track anybody wants.
    case audioCodecsWanted(LiveKitSubscribedAudioCodecUpdate)
    /// Whether we may receive a track.
    case subscriptionAllowed(participant: String, track: String, Bool)
    /// A track we asked for will not come.
    case subscriptionFailed(track: String, LiveKitSubscriptionError)
    /// Who started, went on or stopped talking.
    case speakers([LiveKitSpeakerInfo])
    /// What the server thinks of connections.
    case connectionQuality([LiveKitConnectionQualityInfo])
    /// Tracks the server paused or resumed.
    case streamStates([LiveKitStreamStateInfo])
    /// The verdict on a request of ours.
    case requestAnswered(LiveKitRequestResponse)
    /// Metadata or counts of the room changed.
    case roomUpdated
    /// The server ended the session and says what to do next; nothing follows.
    case left(LiveKitDisconnectReason, LiveKitLeaveRequest.Action)
    /// The session ended because we left; nothing follows.
    case closed
    /// The session broke; nothing follows.
    case failed(SignalFailure)
}

/// Why signalling broke.
public enum SignalFailure: Error, Hashable, Sendable {
    /// The server's address is no URL.
    case badAddress
    /// The server answered the handshake with this status and text; tokens are cut out of the text.
    case refused(status: Int, String)
    /// The WebSocket did not open.
    case carrier(CarrierFailure)
    /// The WebSocket did not open in time.
    case openTimedOut
    /// The WebSocket opened but no frame came.
    case firstFrameTimedOut
    /// The first frame was neither a join, a reconnect nor a leave.
    case unexpectedFirstFrame
    /// Nothing came for as long as the server's ping timeout.
    case pingTimedOut
    /// The WebSocket closed without a leave.
    case connectionLost(code: UInt16)
}
