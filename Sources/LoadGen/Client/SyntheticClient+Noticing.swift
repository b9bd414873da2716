import Primitives
import Probe
import Scenario
import Visio

/// What the participant notices of others, and how long after it was meant to happen.
extension SyntheticClient {
    /// Takes a data packet.
    func take(_ packet: LiveKitDataPacket, now: Instant) {
        if case .user = packet.value { counters.dataMessages += 1 }
        if let id = chatReader.take(packet) { notice(.chat, subject: id, now: now) }
        guard let notification = MeetNotification(packet) else { return }
        switch notification.kind {
        case .reactionReceived:
            // Nothing in a reaction says which it is: it is taken for one of this moment.
            notices.noticed(
                .reaction, dueAt: now, isTimed: false, isExpected: connectedAt != nil, now: now)
        case .participantWaiting: desk?.look(now: now)
        case .participantMuted, .permissionsRemoved: break
        }
    }

    /// Takes what the signalling tells about others.
    func notice(_ event: SignalEvent, now: Instant) {
        switch event {
        case .handMoved(let sid, true):
            if let other = signal.room.participant(sid: sid) {
                notice(.hand, subject: other.identity, now: now)
            }
        case .renamed(let sid):
            guard let other = signal.room.participant(sid: sid) else { return }
            notice(.rename, subject: other.identity + "\n" + other.name, now: now)
        case .trackUpdated(_, let track):
            if track.isMuted, track.source == .microphone { notice(.mute, subject: track.sid, now: now) }
        case .selfUpdated: noticePermissions(now: now)
        case .participantLeft(_, let identity, .participantRemoved):
            notice(.kick, subject: identity, now: now)
        case .muteRequested(let sid, true):
            notice(.mute, subject: sid, now: now)
            // A person who was muted opens the microphone again when it has something to say.
            if sid == tracks.microphoneSID { unmuteAt = now + Self.muteTolerance }
        default: break
        }
    }

    /// Whether one of the run's own hosts wants this participant to go; anybody else's wish is a failure.
    var isSentAwayByOurs: Bool {
        let kick = Action(.kick, room: planned.room, subject: signal.room.localParticipant.identity)
        return environment.ledger.entry(of: kick) != nil
    }

    /// What this participant may publish has changed since it was looked at last.
    private func noticePermissions(now: Instant) {
        let permission = signal.room.localParticipant.permission
        let sources = permission.canPublishSources.isEmpty ? nil : Set(permission.canPublishSources)
        defer { permittedSources = sources }
        for source in Restriction.Source.allCases {
            let wasAllowed = permittedSources?.contains(source.track) ?? true
            let isAllowed = sources?.contains(source.track) ?? true
            if wasAllowed != isAllowed { notice(.restrict, subject: source.rawValue, now: now) }
        }
    }

    /// A host has sent this participant away: a planned end and no failure.
    func sentAway(now: Instant) {
        recovery = nil
        notice(.kick, subject: signal.room.localParticipant.identity, now: now)
        end = .removed
        note(.left, "was sent away by a host", at: now)
    }

    /// Media is up: whoever waited in the lobby has arrived.
    func arrived(now: Instant) {
        if connectedAt == nil { connectedAt = now }
        environment.ledger.enrol(signal.room.localParticipant.identity)
        openDesk(now: now)
        guard let id = lobbyID else { return }
        notice(.lobby, subject: id, now: now)
    }

    private func notice(_ kind: Interaction, subject: String, now: Instant) {
        let action = Action(kind, room: planned.room, subject: subject)
        guard let entry = environment.ledger.entry(of: action), entry.doer != planned.index else { return }
        let isExpected = connectedAt.map { entry.at >= $0 } ?? false
        notices.noticed(
            kind, dueAt: entry.at, isTimed: true, isExpected: isExpected && kind != .lobby, now: now)
        guard let quantity = PhaseDelays.Quantity(kind) else { return }
        delays.append((quantity, (now - entry.at).wholeMicroseconds))
    }

    /// What was done and noticed over the whole call.
    func settleNotices(now: Instant) -> [InteractionOutcome] {
        let stopped = (receptionEnd ?? now) - Notices.patience
        let span = connectedAt.flatMap { $0 < stopped ? $0..<stopped : nil }
        return notices.settle(in: span) { kind, span in
            // Hosts take nothing away from each other.
            kind == .restrict && isPrivileged
                ? 0 : environment.ledger.count(kind, room: planned.room, except: planned.index, in: span)
        }
    }
}

extension Restriction.Source {
    /// What LiveKit calls the picture or the sound.
    fileprivate var track: LiveKitTrackSource {
        switch self {
        case .microphone: .microphone
        case .camera: .camera
        case .screen: .screenShare
        }
    }
}

extension PhaseDelays.Quantity {
    /// The delay by which something is noticed; nil for what is only counted.
    init?(_ kind: Interaction) {
        switch kind {
        case .chat: self = .chat
        case .hand: self = .hand
        case .rename: self = .rename
        case .mute: self = .mute
        case .kick: self = .kick
        case .lobby: self = .lobby
        case .reaction, .restrict: return nil
        }
    }

    /// The time that a question to Meet takes.
    init(_ exchange: MeetExchange) {
        self =
            switch exchange {
            case .configuration: .meetConfiguration
            case .user: .meetUser
            case .login: .meetLogin
            case .room: .meetRoom
            case .creation: .meetCreation
            case .entry: .meetEntry
            case .warmUp: .liveKitWarmUp
            case .hand: .meetHand
            case .rename: .meetRename
            case .mute: .meetMute
            case .removal: .meetRemoval
            case .permission: .meetPermission
            case .settings: .meetSettings
            case .waitingList: .meetWaitingList
            case .admission: .meetAdmission
            }
    }
}
