import Statistics
import Testing

@Suite struct SamplingTests {
    @Test(arguments: try rows(of: "wilson_clopper")) func intervalsAgreeWithSciPy(cells: [String]) throws {
        let row = try cells.map { try #require(Double($0)) }
        let (failures, trials) = (Int(row[0]), Int(row[1]))
        let wilson = ProportionInterval.wilson(failures: failures, of: trials, confidence: row[2])
        #expect(agree(wilson.lower, row[3]) && agree(wilson.upper, row[4]))
        let exact = ProportionInterval.clopperPearson(failures: failures, of: trials, confidence: row[2])
        #expect(agree(exact.lower, row[5]) && agree(exact.upper, row[6]))
    }

    @Test(arguments: try rows(of: "acceptance_plans")) func plansAreTheSmallest(cells: [String]) throws {
        let row = try cells.map { try #require(Double($0)) }
        let plan = try #require(
            SamplingPlan.smallest(good: row[0], bad: row[1], producerRisk: row[2], consumerRisk: row[3]))
        #expect(plan == SamplingPlan(size: Int(row[4]), acceptance: Int(row[5])))
        #expect(agree(plan.acceptanceProbability(failing: row[0]), row[6]))
        #expect(agree(plan.acceptanceProbability(failing: row[1]), row[7]))
    }

    @Test(arguments: try rows(of: "zero_failure_n")) func zeroFailures(cells: [String]) throws {
        let row = try cells.map { try #require(Double($0)) }
        #expect(SamplingPlan.zeroFailures(atMost: row[0], confidence: row[1]).size == Int(row[2]))
    }

    @Test(arguments: try rows(of: "sprt")) func sequentialTestsStopWhereTheyShould(cells: [String]) throws {
        let risks = try cells[0...3].map { try #require(Double($0)) }
        var test = SequentialTest(
            good: risks[0], bad: risks[1], producerRisk: risks[2], consumerRisk: risks[3])
        #expect(agree(test.upper, try #require(Double(cells[5]))))
        #expect(agree(test.lower, try #require(Double(cells[6]))))
        for outcome in cells[4] { test.add(failed: outcome == "1") }
        #expect(agree(test.ratio, try #require(Double(cells[7]))))
        #expect(test.count == Int(cells[9]))
        let expected: SequentialTest.Decision =
            cells[8].hasPrefix("accept") ? .accepted : cells[8].hasPrefix("reject") ? .rejected : .open
        #expect(test.decision == expected)
        test.add(failed: true)
        if expected != .open { #expect(test.count == Int(cells[9])) }
    }

    /// From the tables: z₀.₉₇₅ = 1.959964, z₀.₉ = 1.281552; 2 (3.2415)² π/3 = 22.007.
    @Test func runsNeeded() {
        #expect(agree(NormalDistribution.quantile(0.975), 1.959963984540054, within: 1e-9))
        #expect(RunCount.needed(deviation: 1, margin: 1) == 23)
        #expect(RunCount.needed(deviation: 0.1, margin: 1) == 4)
        #expect(RunCount.needed(deviation: 0, margin: 1) == 4)
        #expect(RunCount.least(significance: 0.05) == 4)
        #expect(RunCount.least(significance: 0.05 / 6) == 5)
        // Two degrees of freedom: s² = 2, and χ²₀.₂ = 0.446 (tables), so σ² = 4 / 0.446.
        let cautious = RunCount.cautiousDeviation([1, 3], [11, 13])
        #expect(cautious.map { abs($0 - (4 / 0.446).squareRoot()) < 0.05 } == true)
        #expect(RunCount.cautiousDeviation([1], [2]) == nil)
    }
}
