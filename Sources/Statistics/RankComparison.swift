import Foundation

/// Whether, and by how much, one sample lies above another, without assuming any distribution.
///
/// Mann and Whitney's U with Cliff's δ as effect size and Hodges and Lehmann's estimate of the shift. The values must
/// be independent of each other: one for each run, or for each participant, never packets or seconds.
public struct RankComparison: Hashable, Sendable {
    /// U of the base: pairs in which the base lies above, ties counting half.
    public let baseU: Double
    /// Probability of a U at least as extreme if both samples came from one population, two-sided.
    public let probability: Double
    /// Cliff's δ of the candidate over the base, −1...1; |δ| below 0.147 is negligible, 0.33 small, 0.474 medium.
    public let effect: Double
    /// Median of all differences candidate − base, in the unit of the values (Hodges and Lehmann).
    public let shift: Double
    /// Between which shifts the true one lies; nil where there are too few values for this confidence.
    public let interval: ClosedRange<Double>?

    /// Compares two samples of finite values; nil when one is empty.
    ///
    /// - Parameter confidence: Of the interval of the shift.
    public init?(base: [Double], candidate: [Double], confidence: Double = 0.95) {
        guard !base.isEmpty, !candidate.isEmpty else { return nil }
        var differences: [Double] = []
        differences.reserveCapacity(base.count * candidate.count)
        for y in candidate { for x in base { differences.append(y - x) } }
        differences.sort()
        let above = differences.count { $0 < 0 }
        let ties = differences.count { $0 == 0 }
        let pairs = Double(differences.count)
        baseU = Double(above) + Double(ties) / 2
        effect = (pairs - 2 * baseU) / pairs
        shift = Self.median(ofSorted: differences)
        let groups = Self.tieGroups(base + candidate)
        let distribution = UDistribution(base.count, candidate.count)
        if let distribution, groups.isEmpty {
            let smaller = min(baseU, pairs - baseU)
            probability = min(1, 2 * distribution.cumulative(Int(smaller)))
        } else {
            probability = Self.asymptotic(u: baseU, base.count, candidate.count, ties: groups)
        }
        interval = Self.interval(
            differences, distribution, base.count, candidate.count, tail: (1 - confidence) / 2)
    }

    /// The two-sided probability by the normal approximation, with correction for continuity and ties.
    static func asymptotic(u: Double, _ n1: Int, _ n2: Int, ties: [Int]) -> Double {
        let (a, b) = (Double(n1), Double(n2))
        let n = a + b
        var tieSum = 0.0
        for group in ties { tieSum += Double(group * group * group - group) }
        let variance = a * b / 12 * (n + 1 - tieSum / (n * (n - 1)))
        guard variance > 0 else { return 1 }
        let z = (abs(u - a * b / 2) - 0.5) / variance.squareRoot()
        return min(1, 2 * NormalDistribution.cumulative(-z))
    }

    /// The differences between which the shift lies: Moses' interval, the ranks of U's own distribution.
    private static func interval(
        _ differences: [Double], _ distribution: UDistribution?, _ n1: Int, _ n2: Int, tail: Double
    ) -> ClosedRange<Double>? {
        // The largest k with P(U < k) ≤ α/2 cuts k − 1 differences off at either end.
        var cut = 0
        if let distribution {
            while distribution.cumulative(cut) <= tail { cut += 1 }
        } else {
            let (a, b) = (Double(n1), Double(n2))
            let z = NormalDistribution.quantile(1 - tail)
            cut = Int((a * b / 2 - z * (a * b * (a + b + 1) / 12).squareRoot()).rounded(.down))
        }
        guard cut >= 1, 2 * cut <= differences.count else { return nil }
        return differences[cut - 1]...differences[differences.count - cut]
    }

    /// The sizes of the groups of equal values.
    private static func tieGroups(_ values: [Double]) -> [Int] {
        let sorted = values.sorted()
        var groups: [Int] = []
        var start = 0
        for index in 1...sorted.count where index == sorted.count || sorted[index] != sorted[start] {
            if index - start > 1 { groups.append(index - start) }
            start = index
        }
        return groups
    }

    private static func median(ofSorted values: [Double]) -> Double {
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }
}

/// The exact distribution of U when both samples come from one population without ties.
struct UDistribution {
    private let cumulativeShares: [Double]

    /// Counts all orders; nil for samples so large that the normal approximation is as good.
    init?(_ n1: Int, _ n2: Int) {
        guard n1 > 0, n2 > 0, n1 * n2 <= 900 else { return nil }
        // Orders of i and j values with a given U follow from those of one value less: the largest value is either
        // of the first sample, above all j of the second, or of the second.
        var counts = Array(repeating: [1.0], count: n2 + 1)
        for i in 1...n1 {
            for j in 1...n2 {
                var next = Array(repeating: 0.0, count: i * j + 1)
                for (u, orders) in counts[j].enumerated() { next[u + j] += orders }
                for (u, orders) in counts[j - 1].enumerated() { next[u] += orders }
                counts[j] = next
            }
        }
        let total = counts[n2].reduce(0, +)
        var sum = 0.0
        cumulativeShares = counts[n2].map { orders in
            sum += orders
            return sum / total
        }
    }

    /// P(U ≤ u).
    func cumulative(_ u: Int) -> Double { u < 0 ? 0 : cumulativeShares[min(u, cumulativeShares.count - 1)] }
}
