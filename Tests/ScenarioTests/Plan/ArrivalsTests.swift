import Primitives
import Scenario
import Testing

@Suite struct ArrivalsTests {
    /// The joins of one phase in order, in seconds, and its length.
    private func arrivals(_ pattern: String, of count: Int, seed: UInt64 = 1) throws -> ([Double], Double) {
        let text = ScenarioText(
            rooms: "- {name: t, participants: \(count)}", phases: "[{arrive: {\(pattern)}}, {hold: 10s}]")
        let plan = try text.plan(seed: seed)
        return (plan.participants.map(\.arrival.seconds).sorted(), plan.phases[0].end.seconds)
    }

    private func expect(
        _ values: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(values.count == expected.count, sourceLocation: sourceLocation)
        for (value, expected) in zip(values, expected) {
            #expect(abs(value - expected) < 2e-6, "\(values)", sourceLocation: sourceLocation)
        }
    }

    @Test func constant() throws {
        let (times, end) = try arrivals("constant: 4/s", of: 5)
        expect(times, [0, 0.25, 0.5, 0.75, 1])
        expect([end], [1.25])
        expect(try arrivals("constant: 30/min", of: 3).0, [0, 2, 4])
    }

    @Test func rampUp() throws {
        // From 0 to 2/s in 10 s: A(t) = t² / 10, so join k is due at sqrt(10 k).
        let (times, end) = try arrivals("ramp: {from: 0/s, to: 2/s, over: 10s}", of: 9)
        expect(times, (0..<9).map { (10 * Double($0)).squareRoot() })
        expect([end], [Double(90).squareRoot()])
    }

    @Test func rampGoesOnAtItsEndRate() throws {
        // From 1 to 3/s in 2 s: four joins in the ramp, then one each third of a second.
        let (times, end) = try arrivals("ramp: {from: 1/s, to: 3/s, over: 2s}", of: 7)
        expect(Array(times[4...]), [2, 2 + 1.0 / 3, 2 + 2.0 / 3])
        expect([times[0], end], [0, 3])
    }

    @Test func rampDown() throws {
        // From 4/s to 0 in 2 s: A(t) = 4 t - t², so join k is due at 2 - sqrt(4 - k), and the fourth ends it.
        let (times, end) = try arrivals("ramp: {from: 4/s, to: 0/s, over: 2s}", of: 4)
        expect(times, (0..<4).map { 2 - (4 - Double($0)).squareRoot() })
        expect([end], [2])
    }

    @Test func flatRampIsConstant() throws {
        expect(try arrivals("ramp: {from: 2/s, to: 2/s, over: 1s}", of: 6).0, [0, 0.5, 1, 1.5, 2, 2.5])
    }

    @Test func staircase() throws {
        let (times, end) = try arrivals("staircase: {step: 2, every: 10s}", of: 5)
        expect(times, [0, 0, 10, 10, 20])
        expect([end], [30])
        expect(try arrivals("staircase: {step: 2, every: 10s, over: 4s}", of: 4).0, [0, 2, 10, 12])
    }

    @Test func poissonHasItsRateAndItsSpread() throws {
        let (times, end) = try arrivals("poisson: 20/s", of: 4000)
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
        #expect(abs(mean - 0.05) < 0.003)
        // An exponential distribution's deviation is its mean.
        #expect(abs(variance.squareRoot() / mean - 1) < 0.08)
        #expect(abs(end - (times[3999] + 0.05)) < 1e-5)
    }

    @Test func stormFillsItsWindow() throws {
        let (even, end) = try arrivals("storm: 10s", of: 4000)
        #expect(end == 10)
        #expect(even.allSatisfy { $0 >= 0 && $0 < 10 })
        #expect(abs(even.count { $0 < 2.5 } - 1000) < 120)
        let (normal, _) = try arrivals("storm: {over: 12s, shape: normal}", of: 4000)
        #expect(normal.allSatisfy { $0 >= 0 && $0 < 12 })
        // Mean 6 s and deviation 2 s: 68.3 % within one deviation, 95.4 % within two.
        #expect(abs(normal.count { abs($0 - 6) < 2 } - 2731) < 120)
        #expect(abs(normal.count { abs($0 - 6) < 4 } - 3818) < 60)
    }

    @Test func chanceFollowsTheSeed() throws {
        #expect(try arrivals("poisson: 3/s", of: 20).0 == arrivals("poisson: 3/s", of: 20).0)
        #expect(try arrivals("poisson: 3/s", of: 20).0 != arrivals("poisson: 3/s", of: 20, seed: 2).0)
    }

    @Test func phasesShareTheParticipants() throws {
        let text = ScenarioText(
            rooms: "- {name: t, participants: 20}",
            phases: """
                [{arrive: {storm: 2s, participants: 25%}}, {hold: 10s}, {arrive: {storm: 2s, participants: 3}},
                  {hold: 5s}, {arrive: {storm: 3s}}]
                """)
        let plan = try text.plan()
        let counts = plan.phases.map { phase in plan.participants.count { phase.span.contains($0.arrival) } }
        #expect(counts == [5, 0, 3, 0, 12])
        #expect(plan.duration == .seconds(Int64(22)))
    }
}
