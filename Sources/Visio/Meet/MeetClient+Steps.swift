public import Primitives

/// One question after the other, and what follows from each answer.
extension MeetClient {
    /// The page waits this long between two questions of the lobby (`useLobby.ts`, `POLL_INTERVAL_MS`).
    public static let lobbyInterval = Interval.seconds(1)
    /// The page gives up after this long in the lobby (`useLobby.ts`, `WAIT_TIMEOUT_MS`).
    public static let lobbyPatience = Interval.seconds(600)

    /// The page tries a question of its queries this often again (TanStack Query, `retry`).
    static let mostRetries = 3

    /// Pauses of 1, 2 and 4 s before the tries (TanStack Query, `retryDelay`).
    static func pause(after failures: Int) -> Interval { .seconds(Int64(1) << Int64(min(failures, 5) - 1)) }

    mutating func askAgain(_ stage: MeetFailure.Stage, now: Instant) {
        switch stage {
        case .configuration: loadPage(now: now)
        case .user: askUser(now: now)
        default: knock(now: now)
        }
    }

    mutating func loadPage(now: Instant) {
        guard let url = address.api("config/") else { return fail(.configuration, .badAddress) }
        step = .configuration
        ask("GET", url, now: now)
    }

    mutating func take(_ answer: UserAgent.Answer, now: Instant) {
        switch step {
        case .configuration:
            report(.answered(.configuration, answer.elapsed))
            takeConfiguration(answer.result, now: now)
        case .user:
            report(.answered(.user, answer.elapsed))
            takeUser(answer.result, now: now)
        case .silentLogin:
            // Whatever came of it, the page is where it was.
            hasReturned = true
            if case .arrived = answer.result { loadPage(now: now) } else { askRoom(now: now) }
        case .login(let flow):
            report(.answered(.login, answer.elapsed))
            takeLogin(answer.result, flow, now: now)
        case .room(let isSecondTry):
            report(.answered(.room, answer.elapsed))
            takeRoom(answer.result, isSecondTry: isSecondTry, now: now)
        case .creation:
            report(.answered(.creation, answer.elapsed))
            takeCreation(answer.result, now: now)
        case .knocking:
            report(.answered(.entry, answer.elapsed))
            takeEntry(answer.result, now: now)
        case .warmUp(let admission):
            // The page goes on whether its warm-up worked or not.
            report(.answered(.warmUp, answer.elapsed))
            step = .done
            report(.admitted(admission))
        case .idle, .waiting, .pausing, .done: break
        }
    }

    private mutating func takeConfiguration(_ result: UserAgent.Result, now: Instant) {
        guard let known = value(MeetConfiguration.self, of: result, .configuration, now: now) else { return }
        let isFirst = meet == nil
        meet = known
        if isFirst { report(.configured(known)) }
        // The page asks for its user only when it knows whether it may look for one silently.
        askUser(now: now)
    }

    private mutating func askUser(now: Instant) {
        guard let url = address.api("users/me") else { return fail(.user, .badAddress) }
        step = .user
        ask("GET", url, now: now)
    }

    private mutating func takeUser(_ result: UserAgent.Result, now: Instant) {
        if case .response(let response, _) = result, response.status == 401 {
            return nobodyIsKnown(now: now)
        }
        guard let user = value(MeetUser.self, of: result, .user, now: now) else { return }
        if hasReturned, case .account = configuration.visitor { report(.loggedIn) }
        let preferences = configuration.preferences
        if user.language != preferences.language || user.timezone != preferences.timezone,
            let url = address.api("users/\(PercentEncoding.encode(user.id))/")
        {
            _ = browser.send(
                address.request("PUT", url, body: JSON.encode(preferences), browser, now: now), now: now)
        }
        askRoom(now: now)
    }

    private mutating func nobodyIsKnown(now: Instant) {
        switch configuration.visitor {
        case .session: fail(.user, .noSession)
        case .account where hasReturned: fail(.login, .noSession)
        case .account(let account): logIn(account, now: now)
        case .guest:
            let isWanted = meet?.isSilentLoginEnabled ?? false
            guard configuration.triesSilentLogin, isWanted, !hasReturned,
                let request = authentication(isSilent: true)
            else { return askRoom(now: now) }
            step = .silentLogin
            ticket = browser.send(request, now: now)
        }
    }

    private mutating func logIn(_ account: Account, now: Instant) {
        guard let callback = address.api("callback/"), let request = authentication(isSilent: false) else {
            return fail(.login, .badAddress)
        }
        let flow = LoginFlow(account: account, callback: callback)
        step = .login(flow)
        ticket = browser.send(request, now: now)
    }

    /// The page leaves for the identity provider and is to come back to where it was.
    private func authentication(isSilent: Bool) -> UserAgent.Request? {
        guard let page = address.page, let callback = address.api("callback/"),
            let url = address.api(
                "authenticate/", query: "silent=\(isSilent)&returnTo=" + PercentEncoding.encode(page.text))
        else { return nil }
        return UserAgent.Request(
            "GET", url, headers: LoginFlow.navigation, referrer: page, lastHop: callback)
    }

    private mutating func takeLogin(_ result: UserAgent.Result, _ flow: LoginFlow, now: Instant) {
        var flow = flow
        switch flow.next(result) {
        case .ask(let request):
            step = .login(flow)
            ticket = browser.send(request, now: now)
        case .done:
            hasReturned = true
            loadPage(now: now)
        case .failed(let reason): fail(.login, reason)
        }
    }

    private mutating func askRoom(now: Instant) {
        switch configuration.purpose {
        case .create: createRoom(now: now)
        case .join: askRoom(isSecondTry: false, now: now)
        }
    }

    private mutating func askRoom(isSecondTry: Bool, now: Instant) {
        guard let url = address.api("rooms/\(address.slug)/", query: username) else {
            return fail(.room, .badAddress)
        }
        step = .room(isSecondTry: isSecondTry)
        ask("GET", url, now: now)
    }

    private mutating func createRoom(now: Instant) {
        var wish = RoomWish(name: address.name)
        if case .create(_, let level) = configuration.purpose { wish.accessLevel = level }
        guard let url = address.api("rooms/", query: username) else { return fail(.creation, .badAddress) }
        step = .creation
        ask("POST", url, body: JSON.encode(wish), now: now)
    }

    private mutating func takeRoom(_ result: UserAgent.Result, isSecondTry: Bool, now: Instant) {
        if case .response(let response, _) = result, response.status == 404, configuration.visitor != .guest {
            // Who is logged in becomes the owner of a room that nobody knows; the page asks twice before.
            return isSecondTry ? createRoom(now: now) : askRoom(isSecondTry: true, now: now)
        }
        guard let room = value(MeetRoom.self, of: result, .room, now: now) else { return }
        guard let entry = room.entry else {
            lobbyRoom = room
            lobbyEnd = now + Self.lobbyPatience
            return knock(now: now)
        }
        warmUp(room, entry, now: now)
    }

    private mutating func takeCreation(_ result: UserAgent.Result, now: Instant) {
        guard let room = value(MeetRoom.self, of: result, .creation, now: now) else { return }
        guard let entry = room.entry, let meet else { return fail(.creation, .lobbyRequired) }
        guard case .create = configuration.purpose else { return warmUp(room, entry, now: now) }
        step = .done
        report(.admitted(admission(to: room, entry, meet)))
    }

    mutating func knock(now: Instant) {
        guard let url = address.api("rooms/\(address.slug)/request-entry/") else {
            return fail(.lobby, .badAddress)
        }
        step = .knocking
        ask("POST", url, body: JSON.encode(["username": configuration.username]), now: now)
    }

    private mutating func takeEntry(_ result: UserAgent.Result, now: Instant) {
        guard let entry = value(LobbyEntry.self, of: result, .lobby, now: now) else { return }
        switch entry.status {
        case .denied: fail(.lobby, .denied)
        case .waiting:
            if lobbyID == nil { report(.waiting(id: entry.id)) }
            lobbyID = entry.id
            step = .waiting(until: now + Self.lobbyInterval)
        case .accepted:
            guard var room = lobbyRoom, let key = entry.entry else {
                return fail(.lobby, .unreadable(status: 200))
            }
            room.entry = key
            if lobbyID == nil { report(.waiting(id: entry.id)) }
            lobbyID = nil
            lobbyEnd = nil
            report(.accepted(id: entry.id))
            warmUp(room, key, now: now)
        }
    }

    private mutating func warmUp(_ room: MeetRoom, _ entry: MeetRoom.Entry, now: Instant) {
        guard let meet else { return fail(.configuration, .unreadable(status: 200)) }
        let admission = admission(to: room, entry, meet)
        guard let url = meet.warmUpURL else {
            step = .done
            return report(.admitted(admission))
        }
        step = .warmUp(admission)
        ticket = browser.send(
            UserAgent.Request(
                "HEAD", url, headers: [HTTPMessageHeader(name: "Accept", value: "*/*")],
                referrer: address.page),
            now: now)
    }

    private func admission(to room: MeetRoom, _ entry: MeetRoom.Entry, _ meet: MeetConfiguration) -> Admission
    {
        Admission(liveKitURL: meet.webSocketURL, token: entry.token, room: room, configuration: meet)
    }

    /// The value of a success; otherwise the client pauses or has failed.
    private mutating func value<Value: Decodable>(
        _ type: Value.Type, of result: UserAgent.Result, _ stage: MeetFailure.Stage, now: Instant
    ) -> Value? {
        let reason: MeetFailure.Reason
        switch result {
        case .response(let response, _) where response.status == 200 || response.status == 201:
            if let value = JSON.decode(type, from: response.body) {
                failureCount = 0
                return value
            }
            reason = .unreadable(response)
        case .response(let response, _): reason = MeetFailure.Reason(response)
        default: reason = MeetFailure.Reason(result) ?? .misdirected
        }
        stumble(stage, reason, now: now)
        return nil
    }

    private mutating func stumble(_ stage: MeetFailure.Stage, _ reason: MeetFailure.Reason, now: Instant) {
        let isAskedAgain = [.configuration, .user, .lobby].contains(stage) && reason.isPassing
        guard isAskedAgain, failureCount < Self.mostRetries || stage == .lobby else {
            return fail(stage, reason)
        }
        // The lobby goes on with its usual beat when the tries are used up.
        failureCount = failureCount < Self.mostRetries ? failureCount + 1 : 1
        report(.stumbled(MeetFailure(stage: stage, reason: reason)))
        step = .pausing(until: now + Self.pause(after: failureCount), stage)
    }

    private mutating func ask(_ method: String, _ url: CarrierURL, body: [UInt8] = [], now: Instant) {
        ticket = browser.send(address.request(method, url, body: body, browser, now: now), now: now)
    }

    private var username: String { "username=" + PercentEncoding.encode(configuration.username) }

    private var address: MeetAddress {
        switch configuration.purpose {
        case .join(let slug), .create(let slug, _): MeetAddress(baseURL: configuration.baseURL, name: slug)
        }
    }
}

/// What `POST rooms/` asks for.
private struct RoomWish: Encodable {
    var name: String
    var accessLevel: MeetRoom.AccessLevel?

    enum CodingKeys: String, CodingKey {
        case name
        case accessLevel = "access_level"
    }
}
