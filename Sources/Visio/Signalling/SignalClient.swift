public import Primitives

/// One participant's side of LiveKit's signalling over a single peer connection ("v1"), as a pure machine.
///
/// The client always offers: the first offer travels inside the join request, later ones as messages, and the
/// server only answers. Give it the carrier's events and the time, then drain `nextCommand` and `nextEvent`.
/// After `.left`, `.closed` or `.failed` it is done; `start` begins a new session, `resume` tries to go on with the
/// old one.
public struct SignalClient: Sendable {
    /// What stays the same over all sessions.
    public struct Configuration: Sendable {
        /// Who we say we are; servers change their behaviour by it.
        public var clientInfo: LiveKitClientInfo
        /// Whether the server sends everything without being asked.
        public var autoSubscribe: Bool
        /// Whether new video starts in its lowest layer until a size is told.
        public var adaptiveStream: Bool
        /// How the token travels.
        public var tokenTransport: JoinEndpoint.TokenTransport
        /// Where the time axis lies on the wall clock; pings carry Unix time.
        public var wallClock: WallClockOrigin

        /// Makes the configuration of Meet's page: everything subscribed, sizes told.
        public init(wallClock: WallClockOrigin) {
            clientInfo = SignalClient.clientInfo
            autoSubscribe = true
            adaptiveStream = true
            tokenTransport = .header
            self.wallClock = wallClock
        }
    }

    /// Where a session is.
    public enum State: Hashable, Sendable {
        /// Nothing was started.
        case idle
        /// The WebSocket is being opened.
        case opening
        /// The WebSocket is open, the first frame is awaited.
        case joining
        /// In the room.
        case joined
        /// We said good-bye and wait for the WebSocket to close.
        case leaving
        /// Over.
        case ended
    }

    /// Counts of what should not happen, and of frames.
    public struct Statistics: Hashable, Sendable {
        /// Frames sent.
        public var framesSent = 0
        /// Frames received.
        public var framesReceived = 0
        /// Frames that were no message.
        public var malformedFrames = 0
        /// Messages of a kind we do not know, or that have no place in this mode.
        public var ignoredMessages = 0
        /// Answers to offers that were replaced meanwhile.
        public var staleAnswers = 0
    }

    struct PendingPublish: Sendable {
        /// Our name of the track.
        var cid: String
        /// When its answer is overdue.
        var deadline: Instant
    }

    struct PendingPing: Sendable {
        /// What the ping carried, in Unix milliseconds.
        var timestamp: Int64
        /// When it was sent.
        var sentAt: Instant
    }

    /// The signal protocol we speak; 18 would need pre-negotiated data channels.
    public static let protocolVersion: Int32 = 17
    /// Longest wait for the WebSocket, as LiveKit's browser client waits.
    public static let openTimeout = Interval.seconds(15)
    /// Longest wait for the first frame after that.
    public static let firstFrameTimeout = Interval.seconds(5)
    /// Longest wait for the answer to an announced track.
    public static let publishTimeout = Interval.seconds(10)
    /// Longest wait for the closing handshake after our leave.
    public static let closeTimeout = Interval.seconds(2)

    /// What stays the same over all sessions.
    let configuration: Configuration
    /// The server's address, kept for `resume`.
    var server = ""
    /// The newest token; the server refreshes it.
    var token = ""
    /// Where the session is.
    public internal(set) var state = State.idle
    /// Whether this session goes on with an earlier one and is not yet renegotiated.
    var isResuming = false
    /// Everybody in the room.
    public internal(set) var room = SignalRoom()
    /// Track sids by mid, as the latest answer maps them.
    public internal(set) var trackIDs: [String: String] = [:]
    /// Id of the latest offer; ids grow by one and start at 1.
    public internal(set) var latestOfferID: UInt32 = 0
    /// Time between ping and pong, nil before the first pong.
    public internal(set) var roundTripTime: Interval?
    /// Counts of what should not happen, and of frames.
    public internal(set) var statistics = Statistics()
    /// When the current state takes too long; nil in a room.
    var stateDeadline: Instant?
    /// The server's ping interval; nil when it wants no pings.
    var pingInterval: Interval?
    /// How long the server may be silent.
    var pingTimeout: Interval?
    /// When the next ping is due.
    var nextPing: Instant?
    /// When anything last arrived.
    var lastFrameAt = Instant.zero
    /// The latest ping, until its pong.
    var pendingPing: PendingPing?
    /// Announced tracks without an answer.
    var pendingPublishes: [PendingPublish] = []
    /// Requests that wait until the session stands.
    var heldRequests: [LiveKitSignalRequest] = []
    /// What the carrier shall do next.
    var commands: [CarrierCommand] = []
    /// What the owner has not seen yet.
    var events: [SignalEvent] = []

    /// Makes a client that has not started.
    public init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Who we say we are: a native client with a name of its own.
    public static var clientInfo: LiveKitClientInfo {
        var info = LiveKitClientInfo()
        info.sdk = .cpp
        info.version = "1.0.0"
        info.protocol = protocolVersion
        info.os = "linux"
        info.deviceModel = "visiobench"
        return info
    }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? {
        var result = stateDeadline
        guard state == .joined else { return result }
        result = earliest(result, nextPing)
        if let pingTimeout { result = earliest(result, lastFrameAt + pingTimeout) }
        for publish in pendingPublishes { result = earliest(result, publish.deadline) }
        return result
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { commands.isEmpty ? nil : commands.removeFirst() }

    /// The next thing that happened.
    public mutating func nextEvent() -> SignalEvent? { events.isEmpty ? nil : events.removeFirst() }

    /// The track that a section carries: by mid, else by the part of its msid that starts with `TR_`.
    ///
    /// Sections without either are placeholders, whatever their direction says.
    public func trackID(mid: String, msid: String?) -> String? {
        if let sid = trackIDs[mid] { return sid }
        let tokens = msid?.split { $0 == "|" || $0 == " " } ?? []
        return tokens.first { $0.hasPrefix("TR_") }.map(String.init)
    }
}

extension SignalClient {
    /// Opens a session: everything is in one request, the tracks and the first offer included.
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
        server = url
        self.token = token
        isResuming = false
        latestOfferID = 0
        heldRequests = []
        room = SignalRoom()
        var request = makeJoinRequest()
        request.addTrackRequests = tracks
        if let joinOffer {
            latestOfferID = 1
            request.publisherOffer = description("offer", joinOffer)
        }
        pendingPublishes = tracks.map {
            PendingPublish(cid: $0.cid, deadline: now + Self.openTimeout + Self.publishTimeout)
        }
        open(request, now: now)
    }

    /// Opens a new WebSocket for the session that just lost its own; requests made meanwhile are sent afterwards.
    public mutating func resume(reason: LiveKitReconnectReason, now: Instant) {
        precondition(!room.localParticipant.sid.isEmpty, "only a session that began can be resumed")
        isResuming = true
        var request = makeJoinRequest()
        request.reconnect = true
        request.reconnectReason = reason
        request.participantSid = room.localParticipant.sid
        pendingPublishes = []
        open(request, now: now)
    }

    /// Says good-bye and closes the WebSocket.
    public mutating func leave(now: Instant) {
        switch state {
        case .opening, .joining:
            commands.append(.closeWebSocket(code: 1000))
            state = .leaving
        case .joined:
            var leave = LiveKitLeaveRequest()
            leave.reason = .clientInitiated
            leave.action = .disconnect
            transmit(LiveKitSignalRequest(.leave(leave)))
            commands.append(.closeWebSocket(code: 1000))
            state = .leaving
        case .idle, .leaving, .ended: return
        }
        stateDeadline = now + Self.closeTimeout
    }

    /// Lets time pass: pings, and everything that may take too long.
    public mutating func tick(now: Instant) {
        if let stateDeadline, now >= stateDeadline {
            switch state {
            case .opening: return fail(.openTimedOut, closing: true)
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

    mutating func ping(now: Instant) {
        guard let interval = pingInterval else { return }
        let timestamp = configuration.wallClock.unixMilliseconds(at: now)
        pendingPing = PendingPing(timestamp: timestamp, sentAt: now)
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

    private func makeJoinRequest() -> LiveKitJoinRequest {
        var request = LiveKitJoinRequest()
        request.clientInfo = configuration.clientInfo
        request.connectionSettings.autoSubscribe = configuration.autoSubscribe
        request.connectionSettings.adaptiveStream = configuration.adaptiveStream
        return request
    }

    private mutating func open(_ request: LiveKitJoinRequest, now: Instant) {
        precondition(state == .idle || state == .ended, "a session is still open")
        let endpoint = JoinEndpoint(
            server: server, token: token, transport: configuration.tokenTransport, request: request)
        guard let endpoint else { return fail(.badAddress, closing: false) }
        state = .opening
        stateDeadline = now + Self.openTimeout
        trackIDs = [:]
        commands.append(.openWebSocket(url: endpoint.url, headers: endpoint.headers))
    }

    func description(_ type: String, _ sdp: String) -> LiveKitSessionDescription {
        var description = LiveKitSessionDescription()
        description.type = type
        description.sdp = sdp
        description.id = latestOfferID
        return description
    }
}
