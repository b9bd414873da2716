import Statistics
import Testing

@Suite struct RankComparisonTests {
    /// A row of `mannwhitney.csv`, made with SciPy.
    struct Row: Sendable {
        var base, candidate: [Double]
        var u, probability, effectOfBase, shift: Double

        init(_ cells: [String]) throws {
            base = try numbers(cells[0])
            candidate = try numbers(cells[1])
            let figures = try cells[2...5].map { try #require(Double($0)) }
            (u, probability, effectOfBase, shift) = (figures[0], figures[1], figures[2], figures[3])
        }
    }

    @Test(arguments: try rows(of: "mannwhitney").map(Row.init)) func agreesWithSciPy(row: Row) throws {
        let comparison = try #require(RankComparison(base: row.base, candidate: row.candidate))
        #expect(agree(comparison.baseU, row.u))
        #expect(agree(-comparison.effect, row.effectOfBase))
        #expect(agree(comparison.shift, row.shift))
        // The vectors are asymptotic; where ours is exact the two differ by no more than the approximation does.
        let isExact =
            row.base.count * row.candidate.count <= 900
            && Set(row.base + row.candidate).count == row.base.count + row.candidate.count
        #expect(agree(comparison.probability, row.probability, within: isExact ? 0.02 : 1e-9))
    }

    /// Values from the table of critical values of U: with 5 and 5, U = 2 is the last with p ≤ 0.05.
    @Test func smallSamplesAreExact() throws {
        let apart = try #require(RankComparison(base: [1, 2, 3, 4, 5], candidate: [6, 7, 8, 9, 10]))
        #expect(agree(apart.probability, 2 / 252.0))
        #expect(apart.effect == 1)
        #expect(apart.shift == 5)
        let four = try #require(RankComparison(base: [1, 2, 3, 4], candidate: [5, 6, 7, 8]))
        #expect(agree(four.probability, 2 / 70.0))
        let three = try #require(RankComparison(base: [1, 2, 3], candidate: [4, 5, 6]))
        #expect(agree(three.probability, 0.1))
    }

    /// Moses' interval of two samples of five leaves two differences off at either end (α = 0.032).
    @Test func theIntervalHoldsRanksOfDifferences() throws {
        let comparison = try #require(
            RankComparison(base: [1, 2, 3, 4, 5], candidate: [11.5, 12.6, 13.7, 14.8, 15.9]))
        var differences: [Double] = []
        for y in [11.5, 12.6, 13.7, 14.8, 15.9] { for x in 1...5 { differences.append(y - Double(x)) } }
        differences.sort()
        #expect(comparison.interval == differences[2]...differences[22])
        #expect(try #require(RankComparison(base: [1, 2, 3], candidate: [4, 5, 6])).interval == nil)
    }

    /// The exact and the approximate interval meet where one takes over from the other.
    @Test func largeSamplesAreApproximated() throws {
        let base = (0..<30).map { Double($0 * 7919 % 1009) }
        let candidate = (0..<30).map { Double($0 * 6007 % 1013) + 100 }
        let exact = try #require(RankComparison(base: base, candidate: candidate)?.interval)
        let approximate = try #require(
            RankComparison(base: base + [500.5], candidate: candidate)?.interval)
        #expect(abs(exact.lowerBound - approximate.lowerBound) < 40)
        #expect(abs(exact.upperBound - approximate.upperBound) < 40)
    }

    @Test func nothingComparesWithNothing() {
        #expect(RankComparison(base: [], candidate: [1]) == nil)
        #expect(RankComparison(base: [1], candidate: []) == nil)
    }

    @Test func equalSamplesDoNotDiffer() throws {
        let comparison = try #require(RankComparison(base: [2, 2, 2, 2], candidate: [2, 2, 2, 2]))
        #expect(comparison.probability == 1)
        #expect(comparison.shift == 0)
        #expect(comparison.effect == 0)
        #expect(comparison.interval == 0...0)
    }
}
