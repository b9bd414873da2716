import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// From the intended instant to media, and out again.
extension SyntheticClient {
    /// The join begins: Meet first, or LiveKit at once where the operator gave its key.
    func enter(now: Instant, into outbox: inout Outbox) {
        phase = .entering
        note(.joining, "join begins", at: now)
        switch environment.entrance {
        case .meet(let baseURL):
            var client = MeetClient(
                MeetClient.Configuration(
                    baseURL: baseURL, purpose: .join(slug: roomSlug), username: planned.name),
                browser: UserAgent(wallClock: environment.wallClock))
            client.start(now: now)
            meet = client
        case .liveKit(let url, let credentials):
            let token = AccessToken(
                issuer: credentials.key, identity: "visiobench-\(planned.index)", name: planned.name,
                video: VideoGrant(joining: roomSlug), unixSeconds: environment.wallClock.unixSeconds(at: now))
            connect(url: url, token: token.signed(secret: credentials.secret), now: now, into: &outbox)
        }
    }

    func handle(_ event: MeetClient.Event, now: Instant, into outbox: inout Outbox) {
        switch event {
        case .configured, .answered, .stumbled, .loggedIn, .waiting, .accepted: break
        case .admitted(let admission):
            join.reach(.api, after: now - intended)
            connect(url: admission.liveKitURL, token: admission.token, now: now, into: &outbox)
        case .failed(let failure):
            fail(
                CallFailure(stage: .api, cause: FailureText.of(failure), code: FailureText.code(of: failure)),
                now: now, into: &outbox)
        }
    }

    private func connect(url: String, token: String, now: Instant, into outbox: inout Outbox) {
        phase = .signalling
        guard openTransports(isDual: mode == .dual, now: now, into: &outbox) else { return }
        isOfferPending = mode != .dual && profile.offersWithJoin
        signal.start(
            url: url, token: token, joinOffer: isOfferPending ? publisher?.createOffer() : nil, now: now)
    }

    /// Leaves as the page does: a leave message, then the transport is closed.
    func leave(now: Instant, into outbox: inout Outbox) {
        guard phase != .ended, phase != .leaving else { return }
        guard phase == .connected else {
            // Who is not in by the time it should leave has failed, however politely it goes.
            let failure = CallFailure(stage: reachedStage, cause: "not connected by the planned departure")
            return fail(failure, now: now, into: &outbox)
        }
        note(.left, "leaves", at: now)
        finishReception(now: now)
        closeTransports(now: now, into: &outbox)
        switch signal.state {
        case .opening, .validating, .joining, .joined:
            signal.leave(now: now)
            phase = .leaving
        case .idle, .leaving, .ended: finish(now: now)
        }
    }

    /// The call ends without success.
    func fail(_ failure: CallFailure, now: Instant, into outbox: inout Outbox) {
        guard phase != .ended else { return }
        if phase != .leaving, end == nil {
            end = .failed(failure)
            note(.failed, "\(failure.stage.rawValue): \(failure.cause)", at: now)
            finishReception(now: now)
            closeTransports(now: now, into: &outbox)
        }
        switch signal.state {
        case .opening, .validating, .joining, .joined:
            signal.leave(now: now)
            phase = .leaving
        case .idle, .leaving, .ended: finish(now: now)
        }
    }

    func failJoinByTime(now: Instant, into outbox: inout Outbox) {
        let seconds = Int(Self.joinTimeout.seconds)
        fail(
            CallFailure(stage: reachedStage, cause: "no media within \(seconds) s of the intended join"),
            now: now, into: &outbox)
    }

    /// The call is over and its resources are given back.
    func finish(now: Instant) {
        guard phase != .ended else { return }
        phase = .ended
        if end == nil { end = .left }
        if end != .neverStarted { endedAt = now }
        closeSockets()
    }

    /// The run is cut short.
    func cut(now: Instant, into outbox: inout Outbox) {
        switch phase {
        case .ended: return
        case .waiting:
            end = .neverStarted
            finish(now: now)
            endedAt = nil
        default:
            if end == nil, phase == .connected { end = .cut }
            if end == nil {
                end = .failed(CallFailure(stage: reachedStage, cause: "the run was cut short while joining"))
            }
            finishReception(now: now)
            closeTransports(now: now, into: &outbox)
            signal.leave(now: now)
            while let command = signal.nextCommand() { commands.append(command) }
            finish(now: now)
        }
    }

    /// The part of the join that is under way.
    private var reachedStage: CallFailure.Stage {
        if join[.dtls] != nil { return .call }
        if join[.ice] != nil { return .dtls }
        if join[.signalling] != nil { return .ice }
        if join[.webSocket] != nil { return .signalling }
        if phase == .entering { return .api }
        return .webSocket
    }
}
