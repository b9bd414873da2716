import Foundation
import Primitives

/// The states of a room's conversation one after the other, each with its draw of length and successor.
struct ConversationWalk: Sendable {
    /// What a room is doing.
    private enum State {
        /// One speaker holds the floor.
        case single(Int)
        /// A second speaker talks over the holder.
        case double(Int, Int)
        /// Nobody speaks; the last holder is remembered.
        case silence(Int)
    }

    /// Everybody who takes part.
    let speakers: [Speaker]
    /// When the present state starts, since the start of the run.
    private(set) var start = Interval.zero
    /// The present state.
    private var state = State.silence(0)
    /// When the present state ends.
    private var end = Interval.zero
    /// The draws still to come.
    private var chance: SeededGenerator

    /// Mean lengths of the states, ITU-T P.59 (03/93), in seconds.
    private static let means = (single: 0.854, double: 0.226, silence: 0.456)
    /// The probability that single talk turns into double talk and not into silence, ITU-T P.59 (03/93).
    private static let breakIn = 0.4
    /// The probability that the holder keeps the floor after double talk or silence, ITU-T P.59 (03/93).
    private static let keepsFloor = 0.5

    init(chance: SeededGenerator, speakers: [Speaker]) {
        self.chance = chance
        self.speakers = speakers
        guard !speakers.isEmpty else { return }
        // The meeting opens with a silence, and any of the speakers may end it.
        state = .silence(Int(self.chance.uniform() * Double(speakers.count)))
        end = length(mean: Self.means.silence)
    }

    /// Whether the speaker at `position` talks in the present state.
    func isSpeaking(_ position: Int) -> Bool {
        switch state {
        case .single(let holder): holder == position
        case .double(let first, let second): first == position || second == position
        case .silence: false
        }
    }

    /// Goes on to the next state.
    mutating func advance() {
        // Three draws for every state, needed or not, keep the walk's course independent of who is there.
        let (event, choice, span) = (chance.uniform(), chance.uniform(), chance.uniform())
        start = end
        switch state {
        case .single(let holder):
            if event < Self.breakIn, let other = someone(but: holder, choice) {
                state = .double(holder, other)
            } else {
                state = .silence(holder)
            }
        case .double(let first, let second):
            let keeps = event < Self.keepsFloor
            state = floor(keeps ? first : second, otherwise: keeps ? second : first)
        case .silence(let last):
            let other = someone(but: last, choice)
            let next = event < Self.keepsFloor && mayTakeFloor(last) ? last : other ?? last
            state = mayTakeFloor(next) ? .single(next) : .silence(last)
        }
        end = start + Self.length(mean: mean, span)
    }

    private var mean: Double {
        switch state {
        case .single: Self.means.single
        case .double: Self.means.double
        case .silence: Self.means.silence
        }
    }

    private func floor(_ first: Int, otherwise second: Int) -> State {
        if mayTakeFloor(first) { return .single(first) }
        return mayTakeFloor(second) ? .single(second) : .silence(first)
    }

    private func mayTakeFloor(_ position: Int) -> Bool { speakers[position].mayTakeFloor(at: start) }

    /// A speaker other than `holder` who is there: the first one from a random place on, round the table.
    private func someone(but holder: Int, _ choice: Double) -> Int? {
        let others = speakers.count - 1
        guard others > 0 else { return nil }
        let first = Int(choice * Double(others))
        for step in 0..<others {
            let position = (holder + 1 + (first + step) % others) % speakers.count
            if mayTakeFloor(position) { return position }
        }
        return nil
    }

    private mutating func length(mean: Double) -> Interval { Self.length(mean: mean, chance.uniform()) }

    /// An exponential length by inversion, in whole microseconds and never nothing.
    private static func length(mean: Double, _ uniform: Double) -> Interval {
        .microseconds(max(1, Int64((-mean * log(1 - uniform) * 1e6).rounded())))
    }
}
