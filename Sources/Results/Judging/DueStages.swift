import Primitives
import Probe
import Scenario

/// Which stages of a join a participant should have reached, so that one that did not come counts as late for
/// ever and not as never asked for.
struct DueStages {
    /// How long somebody must have been sending to a viewer before a picture was surely due, in seconds.
    private static let overlap = 10.0

    /// Whether the run asked Meet for tokens at all.
    private let usesMeet: Bool
    /// Participants who come with an account.
    private let loggingIn: Set<Int>
    /// Participants to whom somebody's camera was open for long enough.
    private let viewers: Set<Int>

    init(_ plan: Plan, _ participants: [RunFile.Participant]) {
        if case .livekit = plan.target { usesMeet = false } else { usesMeet = true }
        loggingIn = Set(plan.participants.filter { $0.login != .guest }.map(\.index))
        let planned = Dictionary(plan.participants.map { ($0.index, $0) }) { first, _ in first }
        var cameras: [Int: [(id: Int, stay: Range<Double>)]] = [:]
        for person in participants {
            guard planned[person.id]?.camera ?? .off != .off, let stay = Self.stay(of: person) else {
                continue
            }
            cameras[person.room, default: []].append((person.id, stay))
        }
        viewers = Set(
            participants.compactMap { person -> Int? in
                guard let layout = planned[person.id]?.layout, layout != .none else { return nil }
                // Who failed to get in would have stayed as planned.
                guard let stay = Self.stay(of: person) ?? Self.plannedStay(of: person) else { return nil }
                let isDue = cameras[person.room]?.contains { camera in
                    camera.id != person.id && camera.stay.clamped(to: stay).length >= Self.overlap
                }
                return isDue == true ? person.id : nil
            })
    }

    /// Whether `stage`, which was not reached, should have been.
    func isDue(_ stage: JoinTimeline.Stage, for person: RunFile.Participant) -> Bool {
        switch stage {
        case .firstKeyFrame, .firstVideo: viewers.contains(person.id)
        case .api: usesMeet && person.ending == .failed
        case .login: loggingIn.contains(person.id) && person.ending == .failed
        // Whether a door should have been opened is a host's affair.
        case .lobby: false
        // What comes after the keys depends on what the others send, which only pictures tell for sure.
        case .firstPacket, .firstAudio: person.ending == .failed && person.join[.dtls] == nil
        case .webSocket, .signalling, .ice, .dtls: person.ending == .failed
        }
    }

    private static func stay(of person: RunFile.Participant) -> Range<Double>? {
        guard let connected = person.join[.dtls] else { return nil }
        let start = person.arrival + connected / 1000
        return start..<max(start, person.ended ?? person.departure)
    }

    private static func plannedStay(of person: RunFile.Participant) -> Range<Double>? {
        person.ending == .failed ? person.arrival..<max(person.arrival, person.departure) : nil
    }
}

extension Range<Double> {
    fileprivate var length: Double { upperBound - lowerBound }
}
