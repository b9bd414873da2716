import Primitives
import Probe
import RTC
import Scenario
import Visio

/// What the participant does in the meeting besides talking and showing itself, each at its planned moment.
extension SyntheticClient {
    /// Who was muted by a host opens the microphone again after this long.
    static let muteTolerance = Interval.seconds(10)

    /// When something of this is due next.
    var deedDeadline: Instant? {
        var soonest = earliest(conduct.deadline, calls?.deadline)
        soonest = earliest(soonest, desk?.deadline)
        return earliest(soonest, unmuteAt)
    }

    /// Does what is due.
    func act(now: Instant) {
        calls?.tick(now: now)
        while let (deed, at) = conduct.take(now: now) {
            if let connectedAt, at >= connectedAt {
                perform(deed, due: at, now: now)
            } else if lobbyID == nil {
                // Nobody expects to do anything while waiting for somebody to open the door.
                missed(deed)
            }
        }
        for (call, at) in desk?.take(now: now) ?? [] { decide(call, due: at, now: now) }
        guard let due = unmuteAt, now >= due else { return }
        unmuteAt = nil
        setMuted(isPlannedMuted(at: now), now: now)
    }

    /// The page of an owner or administrator looks into the lobby as soon as it is in.
    func openDesk(now: Instant) {
        guard calls != nil, isPrivileged, desk == nil else { return }
        desk = LobbyDesk(planned.behaviour.lobby, generator: generator.fork("lobby"))
        desk?.look(now: now)
    }

    /// Whether Meet calls the participant an owner or administrator.
    var isPrivileged: Bool {
        ["owner", "administrator"].contains(signal.room.localParticipant.attributes["room_role"] ?? "")
    }

    private func perform(_ deed: Conduct.Deed, due: Instant, now: Instant) {
        switch deed {
        case .chat: chat(due: due, now: now)
        case .reaction: react(due: due, now: now)
        case .hand(let isRaised):
            let action = action(.hand, subject: signal.room.localParticipant.identity)
            // A hand that was never up cannot be lowered.
            guard isRaised || isHandUp else { return }
            if isRaised { notices.due(.hand) }
            if ask(.raiseHand(isRaised), isRaised ? action : nil, due: due, now: now) { isHandUp = isRaised }
        case .rename:
            notices.due(.rename)
            renameCount += 1
            let name = "\(planned.name) (\(renameCount))"
            let subject = signal.room.localParticipant.identity + "\n" + name
            ask(.rename(name), action(.rename, subject: subject), due: due, now: now)
        case .mute:
            let open = openMicrophones()
            guard !open.isEmpty else { return }
            mute(open[Int(generator.next() % UInt64(open.count))], due: due, now: now)
        case .muteAll: for microphone in openMicrophones() { mute(microphone, due: due, now: now) }
        case .remove:
            let others = ours.filter { !$0.isPrivileged }
            guard !others.isEmpty else { return }
            let other = others[Int(generator.next() % UInt64(others.count))]
            notices.due(.kick)
            ask(
                .remove(identity: other.identity), action(.kick, subject: other.identity), due: due, now: now)
        case .restrict(let source, let isRestricted): restrict(source, isRestricted, due: due, now: now)
        }
    }

    /// Somebody wanted to do something before it was in the room.
    private func missed(_ deed: Conduct.Deed) {
        let kind: Interaction
        switch deed {
        case .chat: kind = .chat
        case .reaction: kind = .reaction
        case .hand(true): kind = .hand
        case .rename: kind = .rename
        // Whoever is not there has nobody to do these to.
        case .hand(false), .mute, .muteAll, .remove, .restrict: return
        }
        notices.due(kind)
        notices.refused(kind)
    }

    private func action(_ kind: Interaction, subject: String) -> Action {
        Action(kind, room: planned.room, subject: subject, doer: planned.index)
    }

    /// Makes a call; false, and a refusal, where the page has no such button.
    @discardableResult
    private func ask(_ call: MeetCalls.Call, _ action: Action?, due: Instant, now: Instant) -> Bool {
        guard isConnected, calls?.start(call, now: now) == true else {
            if let action { notices.refused(action.kind) }
            return false
        }
        guard let action else { return true }
        environment.ledger.note(action, at: due)
        asked.append(Asked(call: call, action: action, due: due))
        note(.deed, Self.story(of: call), at: now)
        return true
    }

    // MARK: Data messages

    private func chat(due: Instant, now: Instant) {
        notices.due(.chat)
        let id = LocalTracks.makeCID(&generator)
        let action = action(.chat, subject: id)
        chatCount += 1
        let packets = composer.chat(
            "\(planned.name): line \(chatCount)", id: id,
            unixMilliseconds: environment.wallClock.unixMilliseconds(at: now),
            isInline: signal.room.takesInlineStreams)
        environment.ledger.note(action, at: due)
        guard send(packets, now: now) else { return notices.refused(.chat) }
        environment.ledger.confirm(action, at: due)
        notices.done(.chat)
    }

    private func react(due: Instant, now: Instant) {
        notices.due(.reaction)
        let emoji = MeetNotification.emojis[Int(generator.next() % UInt64(MeetNotification.emojis.count))]
        guard send([composer.user(MeetNotification.reaction(emoji), isReliable: true)], now: now) else {
            return notices.refused(.reaction)
        }
        environment.ledger.confirm(action(.reaction, subject: ""), at: due)
        notices.done(.reaction)
    }

    /// Sends packets on the reliable channel; false when it is not open.
    private func send(_ packets: [LiveKitDataPacket], now: Instant) -> Bool {
        guard isReliableOpen, let channel = reliableChannel, let publisher else { return false }
        for packet in packets { _ = publisher.send(data: packet.encoded(), channel: channel, now: now) }
        return true
    }

    // MARK: What a host does

    /// The others in the room who are participants of the run, and not people who happen to be there.
    private var ours: [RemoteParticipant] {
        signal.room.participants.filter { environment.ledger.isOurs($0.identity) }
    }

    private func openMicrophones() -> [(identity: String, track: String)] {
        ours.flatMap { participant in
            participant.tracks.filter { $0.source == .microphone && !$0.isMuted }
                .map { (participant.identity, $0.sid) }
        }
    }

    private func mute(_ microphone: (identity: String, track: String), due: Instant, now: Instant) {
        notices.due(.mute)
        ask(
            .mute(identity: microphone.identity, track: microphone.track),
            action(.mute, subject: microphone.track), due: due, now: now)
    }

    private func restrict(_ source: Restriction.Source, _ isRestricted: Bool, due: Instant, now: Instant) {
        guard let admission else { return }
        var rules =
            sourceRules
            ?? SourceRules(
                admission.room.publishableSources ?? admission.configuration.defaultSources)
        rules.change(source.names, isAllowed: !isRestricted)
        sourceRules = rules
        notices.due(.restrict)
        ask(
            .restrict(sources: rules.sources), action(.restrict, subject: source.rawValue), due: due, now: now
        )
    }

    private func decide(_ call: MeetCalls.Call, due: Instant, now: Instant) {
        guard case .admit(let id, let isWelcome) = call else {
            if calls?.start(call, now: now) != true { desk?.questionFailed(now: now) }
            return
        }
        if isWelcome { notices.due(.lobby) }
        if !ask(call, action(.lobby, subject: id), due: due, now: now) { desk?.decided(now: now) }
    }

    // MARK: Answers

    /// Takes the answers to what was asked.
    func takeAnswers(now: Instant) {
        while let answer = calls?.nextAnswer() {
            delays.append((PhaseDelays.Quantity(answer.call.exchange), answer.elapsed.wholeMicroseconds))
            take(answer, now: now)
        }
    }

    private func take(_ answer: MeetCalls.Answer, now: Instant) {
        if answer.call == .listWaiting {
            if case .waiting(let list) = answer.outcome {
                desk?.receive(list, now: now) { environment.ledger.isOurs($0) }
            } else {
                desk?.questionFailed(now: now)
            }
            return
        }
        if case .admit = answer.call { desk?.decided(now: now) }
        if case .permit = answer.call { return permitted(now: now) }
        guard let index = asked.firstIndex(where: { $0.call == answer.call }) else { return }
        let (action, due) = (asked[index].action, asked[index].due)
        asked.remove(at: index)
        switch answer.outcome {
        case .done, .waiting:
            environment.ledger.confirm(action, at: due)
            notices.done(action.kind)
            followUp(answer.call, now: now)
        case .failed(let failure):
            notices.refused(action.kind)
            note(.deed, "\(Self.story(of: answer.call)): \(clean(FailureText.of(failure)))", at: now)
        }
    }

    /// What the page does when Meet has agreed.
    private func followUp(_ call: MeetCalls.Call, now: Instant) {
        switch call {
        case .mute(let identity, _):
            let packet = composer.user(MeetNotification.muted, isReliable: true, destinations: [identity])
            _ = send([packet], now: now)
        case .restrict(let sources):
            // One request for every guest, all at once (`updateParticipantsPermissions.ts`).
            let guests = signal.room.participants.filter { !$0.isPrivileged }
            for guest in guests {
                calls?.start(
                    .permit(identity: guest.identity, MeetCalls.Permission(sources: sources)), now: now)
            }
            sourceRules?.begin(guests.map(\.identity))
            if guests.isEmpty { permitted(now: now) }
        default: break
        }
    }

    /// One more guest's permission was answered; after the last one the guests are told.
    private func permitted(now: Instant) {
        guard let (removed, guests) = sourceRules?.answered(), !guests.isEmpty else { return }
        let packet = composer.user(
            MeetNotification.removed(sources: removed), isReliable: true, destinations: guests)
        _ = send([packet], now: now)
    }

    private static func story(of call: MeetCalls.Call) -> String {
        switch call {
        case .raiseHand(let isRaised): isRaised ? "raises the hand" : "lowers the hand"
        case .rename(let name): "takes the name \(name)"
        case .mute: "mutes somebody"
        case .remove: "sends somebody away"
        case .permit: "changes somebody's permission"
        case .restrict(let sources): "allows " + sources.joined(separator: ", ")
        case .listWaiting: "looks into the lobby"
        case .admit(_, let isWelcome): isWelcome ? "lets somebody in" : "refuses somebody"
        }
    }
}

/// A call whose answer is awaited.
struct Asked {
    var call: MeetCalls.Call
    var action: Action
    var due: Instant
}

/// The sources that a host lets guests publish, and the round of requests that a change takes.
struct SourceRules {
    /// What may be published now.
    private(set) var sources: [String]
    private var removed: [String] = []
    private var guests: [String] = []
    private var open = 0

    /// Begins with what the room allows.
    init(_ sources: [String]) { self.sources = sources }

    /// Allows or takes away, in the page's order (`updatePublishSources`).
    mutating func change(_ names: [String], isAllowed: Bool) {
        removed = isAllowed ? [] : names
        sources.removeAll { names.contains($0) }
        if isAllowed { sources += names }
    }

    /// The requests are under way.
    mutating func begin(_ identities: [String]) {
        guests = identities
        open = identities.count
    }

    /// One was answered; after the last one, what was taken away and from whom.
    mutating func answered() -> (removed: [String], guests: [String])? {
        open = max(0, open - 1)
        guard open == 0, !removed.isEmpty else { return nil }
        defer { removed = [] }
        return (removed, guests)
    }
}
