/// Everything a shard has measured since it was last asked; the only thing that leaves its thread.
public struct SampleBatch: Sendable {
    /// Per participant and ten seconds.
    public var participants: [ParticipantSample] = []
    /// Per cohort and second.
    public var cohorts: [CohortSecond] = []
    /// Ended calls.
    public var outcomes: [ParticipantOutcome] = []
    /// Lost connections that are back, or will never be.
    public var losses: [ConnectionLoss] = []
    /// Lines of participants' stories.
    public var events: [RunEvent] = []
    /// Delay histograms of cohorts, once per phase.
    public var delays: [PhaseDelays] = []
    /// Sessions that began on the server.
    public var sessions: [ServerSession] = []

    /// Makes an empty batch.
    public init() {}

    /// Whether there is nothing in it.
    public var isEmpty: Bool {
        participants.isEmpty && cohorts.isEmpty && outcomes.isEmpty && losses.isEmpty && events.isEmpty
            && delays.isEmpty && sessions.isEmpty
    }

    /// Appends another batch.
    public mutating func append(_ other: SampleBatch) {
        participants += other.participants
        cohorts += other.cohorts
        outcomes += other.outcomes
        losses += other.losses
        events += other.events
        delays += other.delays
        sessions += other.sessions
    }
}

/// The delays a cohort saw during one phase of the run.
public struct PhaseDelays: Sendable {
    /// What was delayed.
    public enum Quantity: String, Sendable, Hashable, Codable, CaseIterable {
        /// Audio, capture to arrival.
        case audioNetwork = "audio.network-delay"
        /// Audio, capture to playout.
        case audioPlayout = "audio.delay"
        /// Video, capture to last packet of the frame.
        case video = "video.delay"
        /// A chat line, intended to be sent to read.
        case chat = "chat.delay"
        /// A hand, intended to go up to seen.
        case hand = "hand.delay"
        /// A name, intended to change to seen.
        case rename = "rename.delay"
        /// A host's mute, click to seen by others.
        case mute = "mute.delay"
        /// A host's removal, click to gone.
        case kick = "kick.delay"
        /// A host's opening of the door, click to media.
        case lobby = "lobby.delay"
        /// Meet's answer to `GET config/`.
        case meetConfiguration = "meet.config"
        /// Meet's answer to `GET users/me`, its redirect included.
        case meetUser = "meet.user"
        /// One hop or form on the way over the identity provider.
        case meetLogin = "meet.login"
        /// Meet's answer to `GET rooms/<slug>/`.
        case meetRoom = "meet.room"
        /// Meet's answer to `POST rooms/`.
        case meetCreation = "meet.create"
        /// Meet's answer to `POST request-entry/`.
        case meetEntry = "meet.request-entry"
        /// LiveKit's answer to the page's `HEAD`.
        case liveKitWarmUp = "livekit.head"
        /// Meet's answer to `POST toggle-hand/`.
        case meetHand = "meet.toggle-hand"
        /// Meet's answer to `POST rename/`.
        case meetRename = "meet.rename"
        /// Meet's answer to `POST mute-participant/`.
        case meetMute = "meet.mute-participant"
        /// Meet's answer to `POST remove-participant/`.
        case meetRemoval = "meet.remove-participant"
        /// Meet's answer to `POST update-participant/`.
        case meetPermission = "meet.update-participant"
        /// Meet's answer to `PATCH rooms/<slug>/`.
        case meetSettings = "meet.update-room"
        /// Meet's answer to `GET waiting-participants/`.
        case meetWaitingList = "meet.waiting-participants"
        /// Meet's answer to `POST enter/`.
        case meetAdmission = "meet.enter"
    }

    /// The phase's index in the plan's list.
    public var phase: Int
    /// The cohort's index in the plan's list.
    public var cohort: Int
    /// What was delayed.
    public var quantity: Quantity
    /// The values, three significant digits.
    public var cells: [DelayHistogram.Cell]

    /// Describes the delays of one phase.
    public init(phase: Int, cohort: Int, quantity: Quantity, cells: [DelayHistogram.Cell]) {
        self.phase = phase
        self.cohort = cohort
        self.quantity = quantity
        self.cells = cells
    }
}
