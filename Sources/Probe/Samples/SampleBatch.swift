/// Everything a shard has measured since it was last asked; the only thing that leaves its thread.
public struct SampleBatch: Sendable {
    /// Per participant and ten seconds.
    public var participants: [ParticipantSample] = []
    /// Per cohort and second.
    public var cohorts: [CohortSecond] = []
    /// Ended calls.
    public var outcomes: [ParticipantOutcome] = []
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
        participants.isEmpty && cohorts.isEmpty && outcomes.isEmpty && events.isEmpty && delays.isEmpty
            && sessions.isEmpty
    }

    /// Appends another batch.
    public mutating func append(_ other: SampleBatch) {
        participants += other.participants
        cohorts += other.cohorts
        outcomes += other.outcomes
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
