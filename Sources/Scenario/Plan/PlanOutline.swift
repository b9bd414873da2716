import Foundation
import Primitives

/// The first draws of a plan: how large each room is, and when the phases are.
struct PlanOutline {
    /// The size of each room, by group.
    var sizes: [[Int]]
    /// All participants.
    var total: Int
    /// The phases with their times.
    var phases: [PlannedPhase]
    /// The joins in order, since the start of the run.
    var arrivals: [Interval]
    /// How long the run lasts.
    var duration: Interval

    /// Draws the outline of `scenario` from `seed`.
    init(_ scenario: Scenario, seed: UInt64) throws(PlanError) {
        let chance = SeededGenerator(seed: seed)
        sizes = scenario.rooms.enumerated().map { index, group in
            var generator = chance.fork("sizes", index)
            return (0..<group.count).map { _ in group.size.draw(from: &generator) }
        }
        let total = sizes.reduce(0) { $0 + $1.reduce(0, +) }
        self.total = total
        let allowed = scenario.allow.participants ?? ScenarioReader.mostParticipants
        guard total <= allowed else { throw .tooManyParticipants(planned: total, allowed: allowed) }
        phases = []
        arrivals = []
        duration = .zero
        let counts = try Self.arrivals(of: scenario.phases, total: total)
        for (index, phase) in scenario.phases.enumerated() {
            let start = duration
            let kind: PlannedPhase.Kind
            switch phase.kind {
            case .arrive(_, let pattern):
                let generator = chance.fork("arrivals", index)
                guard let plan = Arrivals(pattern, count: counts[index], generator: generator) else {
                    throw .arrivalsTooFew(
                        phase: phase.name, possible: Arrivals.possible(pattern), wanted: counts[index])
                }
                arrivals += plan.offsets.map { start + $0 }
                (kind, duration) = (.arrive, start + plan.length)
            case .hold(let length): (kind, duration) = (.hold, start + length)
            case .leave(let length): (kind, duration) = (.leave, start + length)
            }
            phases.append(
                PlannedPhase(name: phase.name, kind: kind, span: TimeSpan(start: start, end: duration)))
            guard duration <= ScenarioReader.longestRun else { throw .tooLong(duration) }
        }
    }

    /// How many participants arrive in each phase; 0 for the phases in which nobody does.
    private static func arrivals(of phases: [Phase], total: Int) throws(PlanError) -> [Int] {
        var shares = phases.map { phase in
            if case .arrive(.share(let share), _) = phase.kind { share } else { 0.0 }
        }
        let sum = shares.reduce(0, +)
        // Shares beyond the whole are told below; until then they must not break the apportionment.
        if sum > 1 { shares = shares.map { $0 / sum } }
        var counts = Apportionment.largestRemainder(of: total, shares: shares)
        var rest: Int?
        for (index, phase) in phases.enumerated() {
            guard case .arrive(let share, _) = phase.kind else { continue }
            if case .number(let number) = share { counts[index] = number }
            if case .rest = share { rest = index }
        }
        let counted = counts.reduce(0) { $0.addingReportingOverflow($1).overflow ? .max : $0 + $1 }
        guard counted <= total, sum <= 1 + 1e-9 else {
            let arriving = max(counted, Int((sum * Double(total)).rounded()))
            throw .arrivalsDoNotAddUp(arriving: arriving, planned: total)
        }
        if let rest {
            counts[rest] += total - counted
        } else if counted < total {
            throw .arrivalsDoNotAddUp(arriving: counted, planned: total)
        }
        return counts
    }
}

extension RoomSize {
    /// The 95 % quantile of the standard normal distribution.
    private static let normalQuantile95 = 1.6448536269514722

    /// Draws the size of one room.
    func draw(from generator: inout SeededGenerator) -> Int {
        switch self {
        case .fixed(let size): return size
        case .uniform(let min, let max): return min + Int(generator.uniform() * Double(max - min + 1))
        case .lognormal(let median, let p95, let min, let max):
            // ln X is normal with mean ln median, and its 95 % quantile ln p95 lies 1.645 deviations above.
            let deviation = log(p95 / median) / Self.normalQuantile95
            // min <= median <= max keeps nearly half of all draws, so that hundreds never miss in a row.
            for _ in 0..<256 {
                let size = (median * exp(deviation * generator.standardNormal())).rounded()
                if size >= Double(min), size <= Double(max) { return Int(size) }
            }
            return Int(median)
        }
    }
}
