import Media
import Primitives
import Probe
import RTC
import Scenario
import Visio
import WireFormats

/// One synthetic participant: asks Meet for a key, signals with LiveKit, sends its clips, watches and listens.
///
/// Sans-IO: its shard gives it carrier events and datagrams and collects commands, datagrams and samples. It lives
/// on one thread. What happens when is decided by the plan; the client only measures how it went, always from the
/// intended instant.
final class SyntheticClient {
    /// Where the client stands in its life.
    enum Phase: Hashable {
        case waiting
        case entering
        case signalling
        case connected
        case leaving
        case ended
    }

    let planned: PlannedParticipant
    let roomSlug: String
    let environment: ShardEnvironment
    let company: RoomCompany.Arrivals
    /// The program that the participant claims to use.
    let profile: ClientProfile
    /// Which of LiveKit's signalling modes it uses.
    let mode: SignalClient.Mode
    /// Whether it sends what its path carries, or everything that is asked for.
    let isAdaptive: Bool
    var generator: SeededGenerator
    var phase = Phase.waiting
    var meet: MeetClient?
    var signal: SignalClient
    var transports: Transports?
    /// How many connections were made so far, each with chance of its own.
    var transportCount = 0
    var commands: [CarrierCommand] = []
    var events: [RunEvent] = []
    var sessions: [ServerSession] = []
    /// What sockets that are closed have lost.
    var socketLosses = SocketLosses()

    // Ways to the server
    /// What lies between the participant and the deployment.
    let network: AccessNetwork?
    /// Which of them may be tried.
    var policy: PathPolicy
    /// The STUN and TURN servers of the session that may be asked.
    var iceServers: [(url: ICEServerURL, credentials: TURNCredentials?)] = []
    /// The way that received media took last.
    var pathTaken: PathTaken?

    // Negotiation
    var isOfferPending = false
    /// When the offer was sent that is not yet answered.
    var offeredAt: Instant?
    var needsOffer = false
    var tracks = LocalTracks()
    var microphone: MicrophoneSender?
    var schedule: SpeakingSchedule?
    var isMuted = false
    /// When the participant next mutes or unmutes itself.
    var nextMuteChange: Instant?
    /// When it next starts or stops sharing its screen.
    var nextScreenChange: Instant?
    /// When it next turns to another page of tiles.
    var nextPageTurn: Instant?
    /// In rooms with more participants than this who joins is muted at once, as the page does it; nil for never.
    var autoMuteThreshold: Int?
    var reliableChannel: UInt16?
    var hasAgreedOnDownChannels = false
    var isReliableOpen = false
    var composer = DataPacketComposer()

    // Doings
    /// The key with which the participant came in.
    var admission: MeetClient.Admission?
    /// What is asked of Meet during the call.
    var calls: MeetCalls?
    /// What the participant is going to do.
    var conduct: Conduct
    /// The lobby, if the participant owns the room.
    var desk: LobbyDesk?
    /// Calls whose answers are awaited.
    var asked: [Asked] = []
    /// What may be published, once a host has changed it.
    var sourceRules: SourceRules?
    /// What this participant may publish itself, as it was told last; nil for everything.
    var permittedSources: Set<LiveKitTrackSource>?
    /// What was done and noticed.
    var notices = Notices()
    var chatReader = ChatReader()
    /// Who the participant is in the lobby, if it ever waited there.
    var lobbyID: String?
    /// When the lobby was left behind.
    var acceptedAt: Instant?
    /// When media came up.
    var connectedAt: Instant?
    /// When a participant that a host has muted opens its microphone again.
    var unmuteAt: Instant?
    var isHandUp = false
    var chatCount = 0
    var renameCount = 0
    /// The last question to Meet that failed and was asked again.
    var lastTrouble: MeetFailure?
    /// What was timed since the shard last looked.
    var delays: [(PhaseDelays.Quantity, Int64)] = []
    /// The last reliable packet from each publisher, in order of their first.
    var receivedSequences: [(publisher: String, sequence: UInt32)] = []

    // Losing the connection
    /// The way back to a lost connection, while there is one.
    var recovery: Recovery?
    /// Losses that are over, for the results.
    var losses: [ConnectionLoss] = []
    /// What connections counted that are no more.
    var retired = RetiredCounts()
    /// The next of the planned changes.
    var nextChangeIndex = 0
    /// When the participant began to join, last: at its planned arrival, or when it reloaded the page.
    var entered: Instant

    // Reception
    var reception = Reception()
    var layout: LayoutState
    /// The tracks of others that should arrive.
    var tracksExpected = ExpectedTracks()

    // Measurement
    var join = JoinTimeline()
    /// When the participant stopped watching and listening.
    var receptionEnd: Instant?
    var endedAt: Instant?
    var end: ParticipantOutcome.End?
    var worstLateness = Interval.zero
    var counters = ClientCounters()
    let scratch: UnsafeMutableRawBufferPointer
    let codec: OpusImpairment

    /// Makes a client that waits for its planned arrival.
    init(
        planned: PlannedParticipant, plan: Plan, environment: ShardEnvironment, generator: SeededGenerator,
        company: RoomCompany.Arrivals, scratch: UnsafeMutableRawBufferPointer
    ) {
        self.planned = planned
        roomSlug = environment.prepared.slugs[planned.room] ?? plan.rooms[planned.room].slug
        network = plan.network(of: planned)
        policy = PathPolicy(network)
        self.environment = environment
        self.generator = generator
        self.company = company
        self.scratch = scratch
        isAdaptive = plan.media.bitrate == .adaptive
        schedule = plan.speakingSchedule(for: planned)
        conduct = Conduct(
            planned.behaviour, from: .zero + planned.arrival, generator: generator.fork("conduct"))
        codec = OpusImpairment(bitrate: 48_000, inbandFEC: plan.media.fec)
        tracks.usesRED = plan.media.red
        layout = LayoutState(
            LayoutState.Habits(
                layout: planned.layout, window: planned.page.geometry, preference: planned.page.receiveQuality
            ))
        profile = planned.browser == .firefox ? .firefox : .chrome
        mode =
            switch plan.signalling {
            case .auto: .automatic
            case .single: .single
            case .dual: .dual
            }
        entered = .zero + planned.arrival
        signal = Self.makeSignalClient(mode: mode, profile: profile, wallClock: environment.wallClock)
    }

    /// Signalling that has not begun.
    func makeSignalClient() -> SignalClient {
        Self.makeSignalClient(mode: mode, profile: profile, wallClock: environment.wallClock)
    }

    private static func makeSignalClient(
        mode: SignalClient.Mode, profile: ClientProfile, wallClock: WallClockOrigin
    ) -> SignalClient {
        var configuration = SignalClient.Configuration(wallClock: wallClock, profile: profile)
        configuration.tokenTransport = .query  // as the page does it
        configuration.mode = mode
        return SignalClient(configuration)
    }

    /// The instant the plan lets the participant arrive.
    var intended: Instant { .zero + planned.arrival }
    /// From when on the first sound of others counts.
    var soundDue: Instant { max(intended, company.sound ?? intended) }
    /// From when on the first picture of others counts.
    var pictureDue: Instant { max(intended, company.picture ?? intended) }
    /// From when on the first packet of others counts.
    var mediaDue: Instant { min(soundDue, pictureDue) }
    /// The instant the plan lets the participant leave.
    var departure: Instant { .zero + planned.departure }

    /// What the senders send by.
    var publisher: PeerConnection? { transports?.publisher.peer }
    /// What everything received comes by.
    var subscriber: PeerConnection? { transports?.subscriber.peer }

    /// Whether media is up.
    var isConnected: Bool { phase == .connected }

    /// When `tick` must be called next; nil when the call is over.
    var deadline: Instant? {
        switch phase {
        case .ended: return nil
        case .waiting: return intended
        case .entering: return earliest(earliest(meet?.deadline, joinDeadline), departure)
        case .leaving: return signal.deadline
        case .signalling, .connected:
            var soonest = earliest(signal.deadline, transports?.deadline)
            soonest = earliest(soonest, phase == .signalling ? joinDeadline : nil)
            soonest = earliest(soonest, tracks.videoDeadline)
            soonest = earliest(soonest, microphone?.deadline)
            soonest = earliest(soonest, layout.deadline)
            soonest = earliest(soonest, deedDeadline)
            soonest = earliest(soonest, nextMuteChange)
            soonest = earliest(soonest, nextScreenChange)
            soonest = earliest(soonest, nextPageTurn)
            soonest = earliest(soonest, reception.keyFrameDeadline)
            soonest = earliest(soonest, recovery?.deadline)
            soonest = earliest(soonest, negotiationDeadline)
            soonest = earliest(soonest, nextChange)
            return earliest(soonest, departure)
        }
    }

    /// A join that takes longer has failed: the page gives its peer connection 60 s (Meet, `Conference.tsx`).
    static let joinTimeout = Interval.seconds(60)

    /// Nil in the lobby, where people wait for other people and not for the deployment.
    private var joinDeadline: Instant? {
        guard !(meet?.isInLobby ?? false) else { return nil }
        return (acceptedAt ?? entered) + Self.joinTimeout
    }

    /// When an offer has been out for too long; while the participant joins, the join's own time decides.
    private var negotiationDeadline: Instant? {
        phase == .connected && recovery == nil ? offeredAt.map { $0 + ReconnectPolicy.transportTimeout } : nil
    }

    /// Does what is due by `now`.
    func tick(now: Instant, into outbox: inout Outbox) {
        let first = outbox.entries.count
        defer { swallow(from: first, in: &outbox) }
        switch phase {
        case .ended: return
        case .waiting: if now >= intended { enter(now: now, into: &outbox) }
        case .entering: meet?.tick(now: now)
        case .leaving: signal.tick(now: now)
        case .signalling, .connected: tickCall(now: now, into: &outbox)
        }
        pump(now: now, into: &outbox)
        tickRecovery(now: now, into: &outbox)
        change(now: now, into: &outbox)
        pump(now: now, into: &outbox)
        guard phase == .entering || phase == .signalling || phase == .connected else { return }
        if now >= departure {
            leave(now: now, into: &outbox)
        } else if phase != .connected, let joinDeadline, now >= joinDeadline {
            failJoinByTime(now: now, into: &outbox)
        } else {
            return
        }
        pump(now: now, into: &outbox)
    }

    private func tickCall(now: Instant, into outbox: inout Outbox) {
        signal.tick(now: now)
        guard let transports else { return }
        transports.forEach { $0.peer.tick(now: now, into: &outbox) }
        let peer = transports.publisher.peer
        tickVideos(now: now, into: &outbox)
        if let carriage = tracks.carriage {
            let late = microphone?.tick(
                peer: peer, carriage: carriage, wallClock: environment.wallClock, scratch: scratch, now: now,
                into: &outbox)
            worstLateness = max(worstLateness, late ?? .zero)
        }
        if let due = negotiationDeadline, now >= due {
            lose(.negotiation, startsOver: true, "an offer was not answered", now: now)
        }
        updateMute(now: now)
        updateScreen(now: now)
        turnPage(now: now)
        act(now: now)
        requestKeyFrames(now: now)
        tellSettings(now: now)
    }

    /// Takes an event of the HTTP or WebSocket carrier.
    func receive(_ event: CarrierEvent, now: Instant, into outbox: inout Outbox) {
        guard phase != .ended, phase != .waiting else { return }
        let first = outbox.entries.count
        defer { swallow(from: first, in: &outbox) }
        switch event {
        case .resolved(let host, let addresses): resolved(host: host, addresses, now: now)
        case .notResolved(let host, let failure): unresolved(host: host, failure, now: now)
        case .response(SignalClient.validationRequest, _), .requestFailed(SignalClient.validationRequest, _):
            signal.receive(event, now: now)
        case .response, .requestFailed:
            if calls != nil { calls?.receive(event, now: now) } else { meet?.receive(event, now: now) }
        default: signal.receive(event, now: now)
        }
        pump(now: now, into: &outbox)
    }

    /// Passes on whatever the machines have to say, until they are quiet.
    func pump(now: Instant, into outbox: inout Outbox) {
        while let event = meet?.nextEvent() { handle(event, now: now, into: &outbox) }
        while let event = signal.nextEvent() { handle(event, now: now, into: &outbox) }
        transports?.forEach { transport in
            while let event = transport.peer.nextEvent() {
                handle(event, of: transport, now: now, into: &outbox)
            }
        }
        while let publisher, let packet = publisher.nextOutgoing(now: now, into: &outbox) {
            switch packet {
            case .first(let packet):
                tracks.sender(section: packet.section)?.send(
                    packet, peer: publisher, wallClock: environment.wallClock, now: now, into: &outbox)
            case .again(let request): retransmit(request, of: publisher, now: now, into: &outbox)
            }
        }
        followTransports(now: now)
        offerIfNeeded(now: now)
        takeAnswers(now: now)
        while let command = meet?.nextCommand() { commands.append(command) }
        while let command = calls?.nextCommand() { commands.append(command) }
        while let command = signal.nextCommand() { commands.append(command) }
    }

    /// Notes a line of the participant's story.
    func note(_ kind: RunEvent.Kind, _ text: String, at now: Instant) {
        events.append(RunEvent(at: now, participant: planned.index, kind: kind, text: text))
    }
}

/// What a client counts beside its media.
struct ClientCounters {
    var keyFrameRequests: UInt64 = 0
    var dataMessages: UInt64 = 0
    var dataReceived: UInt64 = 0
    var dataSent: UInt64 = 0
    var malformedData: UInt64 = 0
    var forbiddenCandidates: UInt64 = 0
    var repeatedRequests: UInt64 = 0
    var forbiddenServers: UInt64 = 0
}
