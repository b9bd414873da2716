public import Primitives

/// How a session begins, goes on, and ends.
extension SignalClient {
    /// Opens a session: everything is in one request, the tracks and the first offer included.
    ///
    /// With two peer connections, chosen or fallen back to, the offer stays here and the tracks follow as messages.
    ///
    /// - Parameters:
    ///   - url: LiveKit's URL, as Meet's configuration gives it.
    ///   - token: The access token.
    ///   - joinOffer: The offer's SDP; it gets id 1.
    ///   - tracks: Tracks that the offer already carries.
    ///   - now: The time.
    public mutating func start(
        url: String, token: String, joinOffer: String?, tracks: [LiveKitAddTrackRequest] = [], now: Instant
    ) {
        abandon(sayingGoodbye: true)
        server = url
        self.token = token
        isResuming = false
        isDual = configuration.mode == .dual
        latestOfferID = 0
        heldRequests = []
        publications = []
        agreement = Agreement()
        room = SignalRoom()
        wishes = makeWishes()
        pendingPublishes = tracks.map {
            PendingPublish(cid: $0.cid, deadline: now + Self.openTimeout + Self.publishTimeout)
        }
        if isDual {
            heldRequests = tracks.map { LiveKitSignalRequest(.addTrack($0)) }
        } else {
            wishes.addTrackRequests = tracks
            if let joinOffer {
                latestOfferID = 1
                wishes.publisherOffer = description("offer", joinOffer, id: latestOfferID)
                agreement.offer = wishes.publisherOffer
            }
        }
        openAttempts = 0
        open(now: now)
    }

    /// Opens a new session of the same participant, with the newest token, in the place of one that cannot go on.
    public mutating func restart(joinOffer: String?, now: Instant) {
        start(url: server, token: token, joinOffer: joinOffer, now: now)
    }

    /// Opens a new WebSocket for the session that just lost its own; requests made meanwhile wait for `settle`.
    public mutating func resume(reason: LiveKitReconnectReason, now: Instant) {
        precondition(canResume, "only a session that began can be resumed")
        abandon(sayingGoodbye: false)
        isResuming = true
        wishes = makeWishes()
        wishes.reconnect = true
        wishes.reconnectReason = reason
        wishes.participantSid = room.localParticipant.sid
        pendingPublishes = []
        openAttempts = Self.maximumOpenAttempts  // Whoever resumes has delays of its own.
        open(now: now)
    }

    /// Whether there was a session that may be resumed.
    public var canResume: Bool { !room.localParticipant.sid.isEmpty }

    /// Sends what was held back while the session was being resumed, as soon as its transports are back.
    public mutating func settle() {
        guard state == .joined else { return }
        flushHeldRequests()
    }

    /// The WebSocket is dead although nobody closed it: its network is gone.
    public mutating func sever() {
        guard state != .idle, state != .ended else { return }
        end(with: .failed(.connectionLost(code: 1006)))
    }

    /// Says good-bye and closes the WebSocket.
    public mutating func leave(now: Instant) {
        switch state {
        case .opening, .validating, .joining:
            commands.append(.closeWebSocket(code: 1000))
            state = .leaving
        case .joined:
            sendLeave()
            commands.append(.closeWebSocket(code: 1000))
            state = .leaving
        case .idle, .leaving, .ended: return
        }
        stateDeadline = now + Self.closeTimeout
    }

    /// Goes without a word, as a page does whose tab is closed; nothing follows.
    public mutating func vanish() {
        guard state != .idle, state != .ended else { return }
        commands.append(.closeWebSocket(code: 1001))
        state = .ended
        stateDeadline = nil
    }

    private mutating func sendLeave() {
        var leave = LiveKitLeaveRequest()
        leave.reason = .clientInitiated
        leave.action = .disconnect
        transmit(LiveKitSignalRequest(.leave(leave)))
    }

    /// Gives up a WebSocket that is still open, for another one.
    private mutating func abandon(sayingGoodbye: Bool) {
        guard state != .idle, state != .ended else { return }
        if state == .joined, sayingGoodbye { sendLeave() }
        commands.append(.closeWebSocket(code: 1000))
        state = .ended
    }

    private func makeWishes() -> LiveKitJoinRequest {
        var request = LiveKitJoinRequest()
        request.clientInfo = configuration.profile.info
        request.connectionSettings.autoSubscribe = configuration.autoSubscribe
        request.connectionSettings.adaptiveStream = configuration.adaptiveStream
        return request
    }

    private var endpoint: JoinEndpoint? {
        let options = JoinEndpoint.Options(
            transport: configuration.tokenTransport, userAgent: configuration.profile.userAgent)
        return isDual
            ? JoinEndpoint(dual: server, token: token, options: options, request: wishes)
            : JoinEndpoint(server: server, token: token, options: options, request: wishes)
    }

    private mutating func open(now: Instant) {
        guard let endpoint else { return fail(.badAddress, closing: false) }
        openAttempts += 1
        openFailure = nil
        isSilenced = false
        state = .opening
        stateDeadline = now + Self.openTimeout
        if !isResuming { trackIDs = [:] }
        commands.append(.openWebSocket(url: endpoint.url, headers: endpoint.headers))
    }

    // MARK: When the WebSocket does not open

    /// The number of our only HTTP request; Meet's are counted from 0.
    public static let validationRequest = -1

    /// The handshake failed: a browser is not shown how, so livekit-client asks over plain HTTP.
    mutating func openingFailed(_ failure: SignalFailure, now: Instant) {
        guard let endpoint else { return fail(failure, closing: false) }
        openFailure = failure
        state = .validating
        stateDeadline = now + Self.openTimeout
        commands.append(
            .request(
                id: Self.validationRequest,
                HTTPRequestMessage(
                    method: "GET", url: endpoint.validationURL, headers: endpoint.headers)))
    }

    /// The server said what is wrong, or at least that it is there.
    mutating func validated(_ response: HTTPResponseMessage, now: Instant) {
        let failure = openFailure ?? .openTimedOut
        let body = String(decoding: response.body, as: UTF8.self)
        switch response.status {
        case 404 where !body.contains("requested room does not exist"):
            guard !isDual, configuration.mode == .automatic else { return fail(failure, closing: false) }
            fallBack(now: now)
        case 401, 403, 404: fail(.refused(status: response.status, redact(body)), closing: false)
        default: fail(failure, closing: false)
        }
    }

    /// Not even plain HTTP gets an answer: the server cannot be reached, which is tried again at once.
    mutating func validationFailed(_ reason: CarrierFailure, now: Instant) {
        let failure = openFailure ?? .carrier(reason)
        switch reason {
        case .unreachable where openAttempts < Self.maximumOpenAttempts: open(now: now)
        default: fail(failure, closing: false)
        }
    }

    /// An older server: two peer connections, and what the join request carried becomes messages.
    private mutating func fallBack(now: Instant) {
        isDual = true
        let tracks = wishes.addTrackRequests
        wishes.addTrackRequests = []
        wishes.clearPublisherOffer()
        if !isResuming {
            latestOfferID = 0
            agreement = Agreement()
            heldRequests = tracks.map { LiveKitSignalRequest(.addTrack($0)) } + heldRequests
        }
        events.append(.fellBack)
        open(now: now)
    }

    /// LiveKit repeats a refused token in its answer: cut it out before the text gets anywhere.
    func redact(_ body: String) -> String {
        Redaction.withoutTokens(token.isEmpty ? body : body.replacing(token, with: "<token>"))
    }

    // MARK: Time

    /// Lets time pass: pings, and everything that may take too long.
    public mutating func tick(now: Instant) {
        if let stateDeadline, now >= stateDeadline {
            switch state {
            case .opening: return fail(.openTimedOut, closing: true)
            case .validating: return fail(openFailure ?? .openTimedOut, closing: false)
            case .joining: return fail(.firstFrameTimedOut, closing: true)
            case .leaving: return end(with: .closed)
            case .idle, .joined, .ended: self.stateDeadline = nil
            }
        }
        guard state == .joined else { return }
        if let pingTimeout, now >= lastFrameAt + pingTimeout { return fail(.pingTimedOut, closing: true) }
        if let due = nextPing, now >= due { ping(now: now) }
        for publish in pendingPublishes where now >= publish.deadline {
            events.append(.publishTimedOut(cid: publish.cid))
        }
        pendingPublishes.removeAll { now >= $0.deadline }
    }

    /// Starts to ping and to wait for the server.
    mutating func startPinging(now: Instant) {
        lastFrameAt = now
        guard let interval = pingInterval else { return }
        if configuration.profile.pingsAsPage { nextPing = now + interval } else { ping(now: now) }
    }

    private mutating func ping(now: Instant) {
        guard let interval = pingInterval else { return }
        let timestamp = configuration.wallClock.unixMilliseconds(at: now)
        pendingPing = PendingPing(timestamp: timestamp, sentAt: now)
        if configuration.profile.pingsAsPage { transmit(LiveKitSignalRequest(.ping(timestamp))) }
        var ping = LiveKitPing()
        ping.timestamp = timestamp
        ping.rtt = Int64((roundTripTime ?? .zero).milliseconds.rounded())
        transmit(LiveKitSignalRequest(.pingReq(ping)))
        nextPing = now + interval
    }

    mutating func fail(_ failure: SignalFailure, closing: Bool) {
        if closing { commands.append(.closeWebSocket(code: 1000)) }
        end(with: .failed(failure))
    }

    /// Ends the session; whatever the WebSocket still says is ignored.
    mutating func end(with event: SignalEvent) {
        state = .ended
        stateDeadline = nil
        nextPing = nil
        pendingPing = nil
        events.append(event)
    }

    func description(_ type: String, _ sdp: String, id: UInt32) -> LiveKitSessionDescription {
        var description = LiveKitSessionDescription()
        description.type = type
        description.sdp = sdp
        description.id = id
        return description
    }
}
