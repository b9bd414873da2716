public import Primitives

/// What a participant's page asks Meet during a call: hands, names, mutes, removals, permissions, the lobby's list.
///
/// Pure, and like the page: nothing is tried again, and calls run side by side.
public struct MeetCalls: Sendable {
    /// One thing that is asked for.
    public enum Call: Hashable, Sendable {
        /// The own hand goes up or down.
        case raiseHand(Bool)
        /// The own name changes.
        case rename(String)
        /// Somebody's microphone is muted.
        case mute(identity: String, track: String)
        /// Somebody is sent away.
        case remove(identity: String)
        /// Somebody may publish these sources from now on.
        case permit(identity: String, Permission)
        /// The room's rule about what may be published changes.
        case restrict(sources: [String])
        /// Who is waiting in the lobby?
        case listWaiting
        /// Somebody in the lobby is let in, or not.
        case admit(id: String, Bool)
    }

    /// What a host's page sends as somebody's permission (`updateParticipantPermissions.ts`).
    public struct Permission: Hashable, Sendable, Encodable {
        /// May receive tracks.
        public var canSubscribe = true
        /// May send data.
        public var canPublishData = true
        /// May change the own metadata.
        public var canUpdateMetadata = false
        /// May receive metrics.
        public var canSubscribeMetrics = false
        /// May send tracks.
        public var canPublish: Bool
        /// The sources that may be sent, in LiveKit's lower-case names.
        public var sources: [String]

        /// Permits some sources, and everything else that a participant of Meet may do.
        public init(sources: [String]) {
            canPublish = !sources.isEmpty
            self.sources = sources
        }

        private enum CodingKeys: String, CodingKey {
            case canSubscribe = "can_subscribe"
            case canPublishData = "can_publish_data"
            case canUpdateMetadata = "can_update_metadata"
            case canSubscribeMetrics = "can_subscribe_metrics"
            case canPublish = "can_publish"
            case sources = "can_publish_sources"
        }
    }

    /// How a call ended.
    public enum Outcome: Hashable, Sendable {
        /// It was done.
        case done
        /// This is who waits.
        case waiting([LobbyEntry])
        /// It was not done.
        case failed(MeetFailure)
    }

    /// The answer to a call.
    public struct Answer: Hashable, Sendable {
        /// What was asked.
        public var call: Call
        /// What came of it.
        public var outcome: Outcome
        /// From the call to its answer.
        public var elapsed: Interval

        /// Puts an answer together.
        public init(call: Call, outcome: Outcome, elapsed: Interval) {
            self.call = call
            self.outcome = outcome
            self.elapsed = elapsed
        }
    }

    /// Cookies, redirects and requests.
    public private(set) var browser: UserAgent
    private let address: MeetAddress
    private let room: MeetRoom
    private let token: String
    /// Whether the participant is an owner or administrator: then the session speaks for it, not the token.
    private let isPrivileged: Bool
    private var pending: [(ticket: Int, call: Call)] = []
    private var answers: [Answer] = []

    /// Goes on after an admission, with the browser that got it; nil for a room that Meet does not know.
    ///
    /// - Parameters:
    ///   - baseURL: The deployment.
    ///   - admission: The key that `MeetClient` got.
    ///   - browser: What got it.
    ///   - isPrivileged: Whether the participant is an owner or administrator of the room.
    public init(
        baseURL: String, admission: MeetClient.Admission, browser: UserAgent, isPrivileged: Bool
    ) {
        address = MeetAddress(baseURL: baseURL, name: admission.room.slug)
        room = admission.room
        token = admission.token
        self.browser = browser
        self.isPrivileged = isPrivileged
    }

    /// Whether the room is one that Meet knows: the page's buttons for hands and names do nothing in others.
    public var isRegistered: Bool { room.id != nil }

    /// When `tick` is due, nil for never.
    public var deadline: Instant? { browser.deadline }

    /// Starts a call; false, and nothing is sent, in a room that Meet does not know.
    @discardableResult
    public mutating func start(_ call: Call, now: Instant) -> Bool {
        guard let request = request(for: call, now: now) else { return false }
        pending.append((browser.send(request, now: now), call))
        return true
    }

    /// Takes an event of the carrier; those of other requests are ignored.
    public mutating func receive(_ event: CarrierEvent, now: Instant) {
        browser.receive(event, now: now)
        drain()
    }

    /// Lets time pass.
    public mutating func tick(now: Instant) {
        browser.tick(now: now)
        drain()
    }

    /// The next thing the carrier shall do.
    public mutating func nextCommand() -> CarrierCommand? { browser.nextCommand() }

    /// The next answer.
    public mutating func nextAnswer() -> Answer? { answers.isEmpty ? nil : answers.removeFirst() }

    private func request(for call: Call, now: Instant) -> UserAgent.Request? {
        guard let id = room.id else { return nil }
        let key = PercentEncoding.encode(id)
        switch call {
        case .raiseHand(let isRaised):
            return post("rooms/\(key)/toggle-hand/", ["raised": isRaised], bearer: token, now: now)
        case .rename(let name):
            return post("rooms/\(key)/rename/", ["name": name], bearer: token, now: now)
        case .mute(let identity, let track):
            let body = ["participant_identity": identity, "track_sid": track]
            return post(
                "rooms/\(key)/mute-participant/", body, bearer: isPrivileged ? nil : token, now: now)
        case .remove(let identity):
            return post("rooms/\(key)/remove-participant/", ["participant_identity": identity], now: now)
        case .permit(let identity, let permission):
            return post(
                "rooms/\(key)/update-participant/",
                PermissionUpdate(identity: identity, permission: permission),
                now: now)
        case .restrict(let sources):
            // The room's page calls it by its slug here (`usePublishSourcesManager.ts`).
            return ask(
                "PATCH", "rooms/\(address.slug)/",
                RoomUpdate(
                    configuration: RoomUpdate.Rules(
                        sources: sources, everyoneCanMute: room.everyoneCanMute)), now: now)
        case .listWaiting:
            guard let url = address.api("rooms/\(key)/waiting-participants/") else { return nil }
            return address.request("GET", url, browser, now: now)
        case .admit(let participant, let isWelcome):
            return post(
                "rooms/\(key)/enter/", EntryDecision(participant: participant, isWelcome: isWelcome), now: now
            )
        }
    }

    private func post(
        _ path: String, _ body: some Encodable, bearer: String? = nil, now: Instant
    ) -> UserAgent.Request? {
        ask("POST", path, body, bearer: bearer, now: now)
    }

    private func ask(
        _ method: String, _ path: String, _ body: some Encodable, bearer: String? = nil, now: Instant
    ) -> UserAgent.Request? {
        guard let url = address.api(path) else { return nil }
        return address.request(method, url, body: JSON.encode(body), bearer: bearer, browser, now: now)
    }

    private mutating func drain() {
        while let answer = browser.nextAnswer() {
            guard let index = pending.firstIndex(where: { $0.ticket == answer.ticket }) else { continue }
            let call = pending.remove(at: index).call
            answers.append(
                Answer(call: call, outcome: Self.outcome(of: call, answer.result), elapsed: answer.elapsed))
        }
    }

    private static func outcome(of call: Call, _ result: UserAgent.Result) -> Outcome {
        func failed(_ reason: MeetFailure.Reason) -> Outcome {
            .failed(MeetFailure(stage: .action, reason: reason))
        }
        guard case .response(let response, _) = result else {
            return failed(MeetFailure.Reason(result) ?? .misdirected)
        }
        guard (200...204).contains(response.status) else { return failed(MeetFailure.Reason(response)) }
        guard call == .listWaiting else { return .done }
        guard let list = JSON.decode(LobbyList.self, from: response.body) else {
            return failed(.unreadable(response))
        }
        return .waiting(list.participants)
    }
}

extension MeetCalls.Call {
    /// The question that this call is.
    public var exchange: MeetExchange {
        switch self {
        case .raiseHand: .hand
        case .rename: .rename
        case .mute: .mute
        case .remove: .removal
        case .permit: .permission
        case .restrict: .settings
        case .listWaiting: .waitingList
        case .admit: .admission
        }
    }
}

private struct PermissionUpdate: Encodable {
    var identity: String
    var permission: MeetCalls.Permission

    enum CodingKeys: String, CodingKey {
        case identity = "participant_identity"
        case permission
    }
}

private struct EntryDecision: Encodable {
    var participant: String
    var isWelcome: Bool

    enum CodingKeys: String, CodingKey {
        case participant = "participant_id"
        case isWelcome = "allow_entry"
    }
}

private struct RoomUpdate: Encodable {
    struct Rules: Encodable {
        var sources: [String]
        var everyoneCanMute: Bool?

        enum CodingKeys: String, CodingKey {
            case sources = "can_publish_sources"
            case everyoneCanMute = "everyone_can_mute"
        }
    }

    var configuration: Rules
}
