public import Probe
public import Scenario
import Statistics

/// How one threshold fared.
public struct Judgement: Sendable {
    /// What a judgement can come out as.
    public enum Outcome: String, Sendable, Hashable {
        /// The promise was kept.
        case held
        /// The promise was broken.
        case failed
        /// Nothing was measured that would decide.
        case undecided
    }

    /// The promise.
    public var threshold: Threshold
    /// The figure, in the metric's base unit; nil when nothing was measured, infinite when it was due and never came.
    public var value: Double?
    /// Between which figures the true one lies with 95 % confidence, where the number of participants allows.
    public var interval: (lower: Double?, upper: Double?)
    /// How many participants had a value; of the generator seconds, of the server readings or packets.
    public var count: Int
    /// How many of these never got what was due to them, such as a first picture.
    public var neverCount: Int
    /// How it came out.
    public var outcome: Outcome
}

/// Whether the figures of a run may be used at all: the generator must not have been the bottleneck.
public struct Validity: Sendable, Hashable {
    /// Why the run is invalid, in words; empty when it is valid.
    public var reasons: [String]
    /// Whether the figures may be used.
    public var isValid: Bool { reasons.isEmpty }

    /// The data-plane threads may use at most this share of their time, over any ten seconds.
    public static let maximumLoad = 0.8
    /// 99 % of the seconds must have no tick later than this, in milliseconds.
    public static let maximumLateness = 50.0

    /// Over how many seconds the load is averaged.
    public static let loadWindow = 10

    /// Judges the generator's own seconds, and that every planned participant was accounted for.
    ///
    /// - Parameters:
    ///   - generator: The seconds; none in virtual time, where a generator cannot be late.
    ///   - unaccounted: Planned participants of whom the run file does not say how they ended.
    public init(_ generator: [GeneratorSecond], unaccounted: Int = 0) {
        reasons = []
        if unaccounted > 0 {
            reasons.append("the run broke off: of \(unaccounted) participants the file does not tell the end")
        }
        guard !generator.isEmpty else { return }
        let drops = generator.reduce(0) { $0 + $1.socketDrops }
        if drops > 0 { reasons.append("our own sockets dropped \(drops) datagrams") }
        let failures = generator.reduce(0) { $0 + $1.sendFailures }
        if failures > 0 { reasons.append("\(failures) datagrams could not be sent") }
        let lost = generator.reduce(0) { $0 + $1.lostSamples }
        if lost > 0 { reasons.append("\(lost) samples were lost before they reached the run file") }
        let loads = generator.map(\.dataPlaneLoad)
        let window = min(Self.loadWindow, loads.count)
        var worstLoad = 0.0
        for start in loads.indices where start + window <= loads.count {
            worstLoad = max(worstLoad, loads[start..<start + window].reduce(0, +) / Double(window))
        }
        if worstLoad > Self.maximumLoad {
            reasons.append(
                "the generator's threads were \(Int(worstLoad * 100)) % busy over \(window) seconds")
        }
        let lateness = generator.map(\.worstTickLateness).sorted()
        if let p99 = OrderStatistics.quantile(0.99, ofSorted: lateness), p99 > Self.maximumLateness {
            reasons.append("the generator was up to \(Int(p99)) ms late with what was due")
        }
    }
}

/// The verdict on a run, judged from its file alone, so that it can be judged again later and elsewhere.
public struct Verdict: Sendable {
    /// Every threshold of the plan.
    public var judgements: [Judgement]
    /// Whether the figures may be used.
    public var validity: Validity
    /// Whether the run was interrupted.
    public var wasInterrupted: Bool
    /// Whether nobody could join: the target could not be reached, or did not allow the run.
    public var wasUnreachable: Bool

    /// Judges a run by the thresholds of its plan.
    public init(_ file: RunFile) throws(RunFileError) {
        let plan = try file.plan()
        let values = try MetricValues(file)
        judgements = plan.thresholds.map { Self.judge($0, values) }
        let participants = try file.participants()
        validity = Validity(
            try file.generator(), unaccounted: participants.count { $0.ending == nil })
        wasInterrupted = try file.meta()[RunFact.ending] == RunFact.interrupted
        let started = participants.filter { $0.ending != nil && $0.ending != .neverStarted }
        wasUnreachable =
            !started.isEmpty && started.allSatisfy { $0.ending == .failed && $0.join[.signalling] == nil }
    }

    /// The process's exit code: see docs/exit-codes.md.
    public var exitCode: Int32 { ending.exitCode }

    /// What the verdict comes down to: the first of these that applies, because each makes the next meaningless.
    public var ending: Ending {
        if wasInterrupted { return .interrupted }
        if wasUnreachable { return .unreachable }
        if !validity.isValid { return .invalid }
        if judgements.contains(where: { $0.outcome == .failed }) { return .failed }
        if judgements.contains(where: { $0.outcome == .undecided }) { return .inconclusive }
        return .held
    }

    /// The ways a judged run can come out.
    public enum Ending: String, Sendable, Hashable, CaseIterable {
        /// Every threshold held.
        case held
        /// A threshold failed.
        case failed
        /// The data do not decide.
        case inconclusive
        /// The generator, not the target, was the limit, or samples were lost.
        case invalid
        /// The target could not be reached, or did not allow the run.
        case unreachable
        /// The run was stopped before its end.
        case interrupted

        /// The process's exit code.
        public var exitCode: Int32 {
            switch self {
            case .held: 0
            case .unreachable: 96
            case .inconclusive: 97
            case .invalid: 98
            case .failed: 99
            case .interrupted: 130
            }
        }
    }

    private static func judge(_ threshold: Threshold, _ source: MetricValues) -> Judgement {
        if let buckets = source.buckets(of: threshold.metric, phase: threshold.phase) {
            return judge(threshold, buckets)
        }
        let values = source.values(of: threshold.metric, phase: threshold.phase, cohort: threshold.cohort)
        var judgement = Judgement(
            threshold: threshold, value: nil, interval: (nil, nil), count: values.count,
            neverCount: values.count { $0.isInfinite }, outcome: .undecided)
        guard !values.isEmpty else { return judgement }
        let value: Double?
        if let share = threshold.statistic.quantile {
            value = OrderStatistics.quantile(share, ofSorted: values)
            if share > 0, share < 1 { judgement.interval = OrderStatistics.interval(share, ofSorted: values) }
        } else {
            value = values.reduce(0, +) / Double(values.count)
        }
        judgement.value = value
        if let value { judgement.outcome = threshold.holds(for: value) ? .held : .failed }
        return judgement
    }

    /// Of a percentile of a histogram only the bucket is known: a limit inside of it is not decided.
    private static func judge(_ threshold: Threshold, _ buckets: BucketCounts) -> Judgement {
        var judgement = Judgement(
            threshold: threshold, value: nil, interval: (nil, nil), count: Int(buckets.total.rounded()),
            neverCount: 0, outcome: .undecided)
        guard let share = threshold.statistic.quantile, let estimate = buckets.quantile(share) else {
            return judgement
        }
        judgement.value = estimate.value
        judgement.interval = (estimate.lower, estimate.upper)
        let isBelow = estimate.upper.map { $0 <= threshold.limit } ?? false
        let isAbove = estimate.lower >= threshold.limit
        switch threshold.comparison {
        case .less, .lessOrEqual: judgement.outcome = isBelow ? .held : isAbove ? .failed : .undecided
        case .greater, .greaterOrEqual: judgement.outcome = isAbove ? .held : isBelow ? .failed : .undecided
        case .equal: break
        }
        return judgement
    }
}
