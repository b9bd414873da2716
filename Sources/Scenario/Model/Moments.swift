import Foundation
public import Primitives

/// When something happens to or is done by each participant of a role.
public enum Moments: Equatable, Sendable {
    /// At these moments since the start of the run, ascending, for everybody.
    case at([Interval])
    /// So often per second in the mean, each participant at moments of its own.
    case rate(Double)

    /// The moments of one participant within its presence: gaps between them are exponential where there is a rate.
    func draw(within presence: TimeSpan, using generator: inout SeededGenerator) -> [Interval] {
        switch self {
        case .at(let moments): return moments.filter(presence.contains)
        case .rate(let rate):
            guard rate > 0 else { return [] }
            var moments: [Interval] = []
            var next = presence.start
            while true {
                // To whole microseconds, so that a plan has whole numbers.
                next += .microseconds(Int64((-log(1 - generator.uniform()) / rate * 1e6).rounded()))
                guard next < presence.end else { return moments }
                moments.append(next)
            }
        }
    }
}

/// What may become of a participant's connection through no fault of the deployment.
public enum ConnectionChange: String, CaseIterable, Codable, Hashable, Sendable {
    /// The page is loaded anew: the participant leaves and joins again at once.
    case reload
    /// The device moves to another network: all its sockets are dead.
    case network
    /// The tab is closed: the participant is gone without a word.
    case close
}

/// A planned change of a participant's connection.
public struct PlannedChange: Codable, Hashable, Sendable {
    /// When, since the start of the run.
    public var at: Interval
    /// What happens.
    public var change: ConnectionChange

    /// Plans one.
    public init(at: Interval, change: ConnectionChange) {
        self.at = at
        self.change = change
    }
}
