import Statistics
import Testing

@Suite struct OrderStatisticsTests {
    /// A row of `order_stat_ci.csv`, made with SciPy's binomial distribution.
    struct Interval: Sendable {
        var count: Int
        var quantile, confidence: Double
        var lower, upper: Int?
    }

    /// A row of `percentile_types.csv`, made with NumPy.
    struct Percentile: Sendable {
        var values: [Double]
        var share, expected: Double
    }

    @Test(arguments: try intervals()) func ranksAgreeWithTheBinomialDistribution(row: Interval) {
        let ranks = OrderStatistics.confidenceRanks(
            count: row.count, quantile: row.quantile, confidence: row.confidence)
        #expect(ranks.lower == row.lower)
        #expect(ranks.upper == row.upper)
    }

    @Test(arguments: try percentiles()) func percentilesAreOfNearestRank(row: Percentile) {
        #expect(OrderStatistics.quantile(row.share, ofSorted: row.values) == row.expected)
    }

    @Test func intervalsAreValuesOfTheSample() {
        let values = (1...100).map(Double.init)
        let interval = OrderStatistics.interval(0.95, ofSorted: values)
        #expect((interval.lower, interval.upper) == (90, 100))
        #expect(OrderStatistics.interval(0.95, ofSorted: Array(values.prefix(71))).upper == nil)
        #expect(OrderStatistics.interval(0.95, ofSorted: Array(values.prefix(72))).upper == 72)
    }

    @Test func emptySamplesHaveNothing() {
        #expect(OrderStatistics.quantile(0.5, ofSorted: []) == nil)
        let interval = OrderStatistics.interval(0.5, ofSorted: [])
        #expect((interval.lower, interval.upper) == (nil, nil))
    }

    @Test func sharesThatAreNoBinaryFractionHitTheirRank() {
        let values = (1...100).map(Double.init)
        for percent in 1...100 {
            #expect(OrderStatistics.quantile(Double(percent) / 100, ofSorted: values) == Double(percent))
        }
    }

    private static func intervals() throws -> [Interval] {
        let rows = try rows(of: "order_stat_ci").map { fields in
            Interval(
                count: try #require(Int(fields[0])), quantile: try #require(Double(fields[1])),
                confidence: try #require(Double(fields[2])), lower: Int(fields[3]), upper: Int(fields[4]))
        }
        try #require(rows.count == 132)
        return rows
    }

    private static func percentiles() throws -> [Percentile] {
        let rows = try rows(of: "percentile_types").map { fields in
            Percentile(
                values: fields[0].split(separator: " ").compactMap { Double($0) }.sorted(),
                share: try #require(Double(fields[1])), expected: try #require(Double(fields[3])))
        }
        try #require(rows.count == 27)
        return rows
    }
}
