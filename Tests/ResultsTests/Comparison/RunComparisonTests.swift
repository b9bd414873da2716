import Primitives
import Probe
import Results
import Scenario
import Statistics
import Testing

@Suite struct RunComparisonTests {
    /// Runs whose only difference is the round-trip time of all their participants.
    private final class Side {
        private var folders: [Folder] = []
        private(set) var runs: [ComparedRun] = []

        init(
            _ milliseconds: [Double], thresholds: [String] = ["rtt p95 < 1s"], participants: Int = 4,
            socketDrops: UInt64 = 0
        ) throws {
            for value in milliseconds {
                let folder = try Folder()
                var generator = GeneratorSecond(second: 0)
                generator.socketDrops = socketDrops
                _ = try SmallRun.write(
                    try SmallRun.plan(participants: participants, thresholds: thresholds), into: folder,
                    generator: [generator]
                ) { batch in
                    batch.outcomes = (0..<participants).map { SmallRun.outcome($0) }
                    batch.participants = (0..<participants).map { index in
                        var sample = SmallRun.sample(index, 2, 12)
                        sample.roundTripMilliseconds = value
                        return sample
                    }
                }
                folders.append(folder)
                runs.append(try ComparedRun(path: folder.runFile))
            }
        }
    }

    private func comparison(_ base: [Double], _ candidate: [Double]) throws -> RunComparison {
        let (before, after) = (try Side(base), try Side(candidate))
        return RunComparison(base: before.runs, candidate: after.runs)
    }

    @Test func aSlowerCandidateIsFound() throws {
        let comparison = try comparison([100, 101, 99, 100.5, 99.5], [106, 107, 105, 106.5, 105.5])
        let first = try #require(comparison.criteria.first)
        #expect(first.criterion.text == "rtt p95")
        #expect(first.outcome == .worse)
        #expect(first.ranks.map { ($0.shift * 1000).rounded() } == 6)
        #expect(comparison.ending() == .failed)
        #expect(comparison.differences.isEmpty)
    }

    @Test func aFasterCandidateIsBetter() throws {
        let comparison = try comparison([106, 107, 105, 106.5, 105.5], [90, 91, 89, 90.5, 89.5])
        #expect(comparison.criteria.first?.outcome == .better)
        #expect(comparison.ending() == .held)
    }

    /// Certainly slower, but by less than anybody would notice.
    @Test func aShiftBelowTheMarginIsNoChange() throws {
        let comparison = try comparison(
            [100, 100.1, 99.9, 100.05, 99.95], [101, 101.1, 100.9, 101.05, 100.95])
        #expect(comparison.criteria.first?.outcome == .same)
        #expect(comparison.ending() == .held)
    }

    @Test func fewOrScatteredRunsDecideNothing() throws {
        let few = try comparison([100, 101], [120, 121])
        #expect(few.ending() == .inconclusive)
        #expect(few.runsNeeded == 4)
        let scattered = try comparison([80, 100, 120, 90, 110], [85, 105, 125, 95, 115])
        #expect(scattered.ending() == .inconclusive)
        #expect(try #require(scattered.runsNeeded) > 50)
    }

    @Test func whatIsNotPromisedDoesNotDecide() throws {
        let promise = ["audio.loss p95 <= 1%"]
        let before = try Side([100, 101, 99, 100.5, 99.5], thresholds: promise)
        let after = try Side([120, 121, 119, 120.5, 119.5], thresholds: promise)
        let comparison = RunComparison(base: before.runs, candidate: after.runs)
        #expect(comparison.criteria.first { $0.criterion.metric == .roundTrip }?.outcome == .worse)
        #expect(comparison.ending() == .held)
    }

    @Test func differentPlansAreRefused() throws {
        let (before, after) = (try Side([100], participants: 4), try Side([100], participants: 5))
        let comparison = RunComparison(base: before.runs, candidate: after.runs)
        #expect(Set(comparison.differences.map(\.name)) == ["plan"])
        #expect(comparison.ending() == .incomparable)
        #expect(comparison.ending(ignoringDifferences: true) == .inconclusive)
    }

    @Test func invalidRunsAreRefused() throws {
        let (before, after) = (try Side([100]), try Side([100], socketDrops: 3))
        let comparison = RunComparison(base: before.runs, candidate: after.runs)
        #expect(comparison.unusable.map(\.text) == ["our own sockets dropped 3 datagrams"])
        #expect(comparison.ending() == .invalid)
    }

    @Test func theUsersMarginCounts() throws {
        let (before, after) = (
            try Side([100, 101, 99, 100.5, 99.5]), try Side([106, 107, 105, 106.5, 105.5])
        )
        let comparison = RunComparison(
            base: before.runs, candidate: after.runs,
            margins: [.roundTrip: PracticalMargin(relative: 0, absolute: 0.050)])
        #expect(comparison.criteria.first?.outcome == .same)
    }
}

/// What the procedure does in the long run, on figures drawn from a known distribution.
@Suite struct ComparisonRiskTests {
    private static let criterion = ComparisonCriterion(
        metric: .videoDelay, statistic: .p95, phase: nil, cohort: nil, isPromised: true,
        margin: PracticalMargin(relative: 0.05, absolute: 0))

    /// Figures of `count` runs around `mean`, normal by the sum of twelve even draws.
    private func figures(_ count: Int, mean: Double, _ generator: inout SeededGenerator) -> [Double] {
        (0..<count).map { _ in
            var sum = -6.0
            for _ in 0..<12 { sum += Double(generator.next() >> 11) / Double(1 << 53) }
            return mean + sum * 0.004
        }
    }

    @Test func identicalSidesRaiseNoAlarm() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let comparison = CriterionComparison(
                Self.criterion, base: figures(8, mean: 0.1, &generator),
                candidate: figures(8, mean: 0.1, &generator), confidence: 0.99)
            #expect(comparison.outcome != .worse)
        }
    }

    /// A first look says how many runs it takes; with so many, a candidate slower by the margin is found.
    @Test func theNumberAskedForFindsAShiftOfTheMargin() throws {
        var generator = SeededGenerator(seed: 6)
        var found = 0
        for _ in 0..<100 {
            let look = CriterionComparison(
                Self.criterion, base: figures(6, mean: 0.1, &generator),
                candidate: figures(6, mean: 0.105, &generator), confidence: 0.99)
            guard let needed = look.runsNeeded else {
                found += look.outcome == .worse ? 1 : 0
                continue
            }
            let comparison = CriterionComparison(
                Self.criterion, base: figures(needed, mean: 0.1, &generator),
                candidate: figures(needed, mean: 0.105, &generator), confidence: 0.99)
            if comparison.outcome == .worse { found += 1 }
        }
        #expect(found >= 75)
    }
}
