public import Primitives

/// Who speaks when in one room: the conversational model of ITU-T P.59, for any number of speakers.
///
/// P.59 (03/93) lets two people converse as a chain of three kinds of state with exponential lengths:
/// single talk (mean 0.854 s), double talk (0.226 s) and mutual silence (0.456 s). Single talk ends in double
/// talk with probability 0.4, else in silence; double talk and silence both end in single talk, with even
/// chances of either person. Measured conversations, of which P.59 gives the averages, have talk spurts of
/// 1.004 s and mutual silence for 22.5 % of the time.
///
/// Meetings have more people, but still one floor: here single talk belongs to one holder, another speaker,
/// drawn evenly from those present, breaks in or follows, and at most two talk at a time. With two speakers
/// this is P.59 itself; with one it leaves talk and pauses of the same mean lengths.
///
/// Everything is a pure function of the seed, the room and its speakers: every generator that knows the plan
/// knows every turn of the room, its own participants' and all others'.
public struct ConversationModel: Sendable {
    /// The room's generator, from which every walk through the conversation starts.
    private let chance: SeededGenerator
    /// Everybody who takes part.
    private let speakers: [Speaker]

    /// Models the conversation of `speakers` in the room with the given index.
    public init(seed: UInt64, room: Int, speakers: [Speaker]) {
        chance = SeededGenerator(seed: seed).fork("conversation", room)
        self.speakers = speakers
    }

    /// Models one who talks alone, whatever the others do.
    public init(seed: UInt64, monologue speaker: Speaker) {
        chance = SeededGenerator(seed: seed).fork("monologue", speaker.participant)
        speakers = [speaker]
    }

    /// The turns of one participant, in order; none for somebody who takes no part.
    public func turns(for participant: Int) -> SpeakingTurns {
        let position = speakers.firstIndex { $0.participant == participant }
        return SpeakingTurns(walk: ConversationWalk(chance: chance, speakers: speakers), speaker: position)
    }

    /// The turns of one participant as a timetable that can be asked at any time.
    public func schedule(for participant: Int) -> SpeakingSchedule {
        SpeakingSchedule(turns: turns(for: participant))
    }
}

extension Plan {
    /// When `participant` speaks; nil when the microphone never carries speech.
    public func speakingSchedule(for participant: PlannedParticipant) -> SpeakingSchedule? {
        let model: ConversationModel
        switch participant.microphone {
        case .off, .muted: return nil
        case .conversation:
            model = ConversationModel(
                seed: seed, room: participant.room, speakers: rooms[participant.room].speakers)
        case .monologue:
            model = ConversationModel(
                seed: seed,
                monologue: Speaker(
                    participant: participant.index, presence: participant.presence, mutes: participant.mutes))
        }
        return model.schedule(for: participant.index)
    }
}

/// A stretch of time in which one participant speaks without a break.
public struct SpeakingTurn: Hashable, Sendable {
    /// The first moment of speech.
    public var start: Instant
    /// The first moment of silence after it.
    public var end: Instant
}

/// The speaking turns of one participant, made one by one as they are asked for.
public struct SpeakingTurns: Sequence, IteratorProtocol, Sendable {
    /// The room's conversation, at the state after the last turn.
    private var walk: ConversationWalk
    /// The participant's position among the speakers; nil when the turns are over.
    private var speaker: Int?

    init(walk: ConversationWalk, speaker: Int?) {
        self.walk = walk
        self.speaker = speaker
    }

    /// The next turn; nil after the participant has left.
    public mutating func next() -> SpeakingTurn? {
        guard let speaker else { return nil }
        let present = walk.speakers[speaker].presence
        while walk.start < present.end {
            // Neighbouring states in which the participant speaks are one turn: a talk over which somebody
            // tries to break in does not stop for that.
            let start = walk.start
            while walk.isSpeaking(speaker), walk.start < present.end { walk.advance() }
            guard walk.start > start else {
                walk.advance()
                continue
            }
            return SpeakingTurn(start: .zero + start, end: .zero + Swift.min(walk.start, present.end))
        }
        self.speaker = nil
        return nil
    }
}

/// The speaking turns of one participant as a function of time.
///
/// Asking for ever later times costs a few operations each; asking for an earlier time than before starts
/// again from the beginning, with the same answers.
public struct SpeakingSchedule: Sendable {
    /// A moment at which speech starts or stops.
    public struct Change: Hashable, Sendable {
        /// When.
        public var at: Instant
        /// Whether the participant speaks from then on.
        public var speaks: Bool
    }

    /// The turns from the beginning, to start again from.
    private let beginning: SpeakingTurns
    /// The turns after `turn`.
    private var rest: SpeakingTurns
    /// The turn in which, or before which, the last question lay; nil after the last turn.
    private var turn: SpeakingTurn?
    /// No question about a moment before this one can be answered without starting again.
    private var answeredFrom = Instant(nanoseconds: .min)

    init(turns: SpeakingTurns) {
        beginning = turns
        rest = turns
        turn = rest.next()
    }

    /// The first change after `now`; nil when the participant stays silent for good.
    public mutating func nextChange(after now: Instant) -> Change? {
        move(to: now)
        guard let turn else { return nil }
        return now < turn.start ? Change(at: turn.start, speaks: true) : Change(at: turn.end, speaks: false)
    }

    /// Whether the participant speaks at `now`.
    public mutating func isSpeaking(at now: Instant) -> Bool {
        move(to: now)
        guard let turn else { return false }
        return turn.start <= now
    }

    private mutating func move(to now: Instant) {
        if now < answeredFrom {
            rest = beginning
            turn = rest.next()
            answeredFrom = Instant(nanoseconds: .min)
        }
        while let last = turn, last.end <= now {
            answeredFrom = last.end
            turn = rest.next()
        }
    }
}
