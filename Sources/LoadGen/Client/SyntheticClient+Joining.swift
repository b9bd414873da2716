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
        if recovery != nil { entered = now }
        note(.joining, "join begins", at: now)
        switch environment.entrance {
        case .meet(let baseURL):
            var configuration = MeetClient.Configuration(
                baseURL: baseURL, purpose: .join(slug: roomSlug), username: planned.name)
            configuration.triesSilentLogin = environment.triesSilentLogin
            var browser = UserAgent(wallClock: environment.wallClock, name: profile.userAgent)
            if let cookies = environment.prepared.cookies[planned.index] {
                configuration.visitor = .session
                browser.cookies = cookies
            } else {
                (configuration.visitor, browser.cookies) = environment.signIn.visitor(
                    for: planned, at: CarrierURL(baseURL)?.asHTTP)
            }
            // A page that is loaded anew finds what the browser has kept.
            if let kept = (calls?.browser ?? meet?.browser)?.cookies { browser.cookies = kept }
            calls = nil
            var client = MeetClient(configuration, browser: browser)
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
        case .configured(let configuration): autoMuteThreshold = configuration.autoMuteOnJoinThreshold
        case .answered(let exchange, let elapsed):
            delays.append((PhaseDelays.Quantity(exchange), elapsed.wholeMicroseconds))
        case .stumbled(let failure):
            counters.repeatedRequests += 1
            lastTrouble = failure
        case .loggedIn: join.reach(.login, after: now - intended)
        case .waiting(let id):
            lobbyID = id
            environment.ledger.enrol(id)
            note(.lobby, "waits in the lobby", at: now)
        case .accepted:
            acceptedAt = now
            join.reach(.lobby, after: now - intended)
            note(.lobby, "was let in", at: now)
        case .admitted(let admission):
            join.reach(.api, after: now - intended)
            self.admission = admission
            if case .meet(let baseURL) = environment.entrance, let browser = meet?.browser {
                calls = MeetCalls(
                    baseURL: baseURL, admission: admission, browser: browser,
                    isPrivileged: planned.login == .owner)
            }
            connect(url: admission.liveKitURL, token: admission.token, now: now, into: &outbox)
        case .failed(MeetFailure(stage: .lobby, reason: .denied)):
            end = .denied
            note(.lobby, "was refused", at: now)
            finish(now: now)
        case .failed(let failure):
            let stage: CallFailure.Stage =
                switch failure.stage {
                case .login: .login
                case .lobby: .lobby
                default: .api
                }
            fail(
                CallFailure(
                    stage: stage, cause: FailureText.of(failure), code: FailureText.code(of: failure)),
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
        guard phase == .connected || recovery?.cause == .reload else {
            // Who is not in by the time it should leave has failed, however politely it goes.
            let failure = CallFailure(
                stage: reachedStage, cause: "not connected by the planned departure" + trouble)
            return fail(failure, now: now, into: &outbox)
        }
        if let recovery, now - recovery.lostAt > Recovery.patience {
            let seconds = Int((now - recovery.lostAt).seconds.rounded())
            let cause =
                "lost the connection (\(recovery.cause.rawValue)) and was not back by the planned departure, "
                + "\(seconds) s later" + (recovery.obstacle.isEmpty ? "" : ": \(recovery.obstacle)")
            return fail(CallFailure(stage: .call, cause: cause), now: now, into: &outbox)
        }
        note(.left, "leaves", at: now)
        endRecovery(isLost: false)
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
            var failure = failure
            failure.cause = clean(failure.cause)
            end = .failed(failure)
            endRecovery(isLost: true)
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
            CallFailure(
                stage: reachedStage, cause: "no media within \(seconds) s of the intended join" + trouble),
            now: now, into: &outbox)
    }

    /// What was tried in vain while joining.
    private var trouble: String {
        var problems = lastTrouble.map { ["last seen: \(FailureText.of($0))"] } ?? []
        transports?.forEach { transport in
            problems += transport.peer.pathProblems.filter { !problems.contains($0) }
        }
        return problems.map { "; \($0)" }.joined()
    }

    /// The call is over and its resources are given back.
    func finish(now: Instant) {
        guard phase != .ended else { return }
        phase = .ended
        endRecovery(isLost: false)
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

    /// A text without the secrets that the participant holds: servers repeat what they are sent.
    func clean(_ text: String) -> String {
        var secrets = (calls?.browser ?? meet?.browser)?.cookies.values ?? []
        secrets += [admission?.token].compactMap { $0 }
        if let number = planned.account, !environment.signIn.accounts.isEmpty {
            secrets.append(environment.signIn.accounts[number % environment.signIn.accounts.count].password)
        }
        return Redaction(secrets).apply(to: text)
    }

    /// The part of the join that is under way.
    private var reachedStage: CallFailure.Stage {
        if recovery?.cause == .reload { return phase == .entering ? .api : .call }
        if join[.dtls] != nil { return .call }
        if join[.ice] != nil { return .dtls }
        if join[.signalling] != nil { return .ice }
        if join[.webSocket] != nil { return .signalling }
        if phase == .entering { return meet?.isInLobby ?? false ? .lobby : .api }
        return .webSocket
    }
}
