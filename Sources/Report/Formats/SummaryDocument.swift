import Foundation
import Probe
import Results
import Scenario
import Statistics

/// The report for programs.
///
/// Docs/run-file.md explains every field. What was not measured is absent, never zero.
struct SummaryDocument: Encodable {
    /// Grows when a field changes its meaning.
    static let currentVersion = 1

    struct Judged: Encodable {
        var text, metric, statistic, comparison, unit, outcome: String
        var phase, cohort: String?
        var limit: Double
        var value, lower, upper: Double?
        var count, neverCount: Int
    }

    struct Result: Encodable {
        var word, sentence, ending: String
        var exitCode: Int
        var isValid: Bool
        var reasons: [String]
    }

    struct Run: Encodable {
        var title, seed: String
        var participants, rooms, started, failed, wellServed: Int
        var duration: Double
        var facts: [String: String]
    }

    struct Spread: Encodable {
        var unit: String
        var count, neverCount: Int
        var min, p10, p50, p95, p99, max, mean: Double?
    }

    struct Cohort: Encodable {
        var name: String
        var participants, failed, wellServed: Int
        var metrics: [String: Spread]
        var losses: Losses
    }

    struct Packets: Encodable {
        var expected, received, lostBeforeRepair, repaired, lost, duplicates, reordered, bytes: UInt64
    }

    struct Generator: Encodable {
        var peakLoad, worstLateness: Double
        var socketDrops, sendFailures, lostSamples: UInt64
    }

    struct ServerCount: Encodable {
        var what: String
        var ours, server, explained, left: Double
    }

    struct ServerCensus: Encodable {
        var moment: Double
        var counts: [ServerCount]
    }

    struct Server: Encodable {
        var readings, failedReadings: Int
        var counts: [ServerCount]
        var censuses: [ServerCensus]
    }

    struct Losses: Encodable {
        var expected, missing, uplink, server, downlink, generator, unassigned: Int

        init(_ sum: LossPlaces.Sum) {
            (expected, missing, uplink, server) = (sum.expected, sum.missing, sum.uplink, sum.server)
            (downlink, generator, unassigned) = (sum.downlink, sum.generator, sum.unassigned)
        }
    }

    struct Figures: Encodable {
        var firstPictureP95, soundP10, goodSoundShare, frozenShare, frozenP95: Double?
    }

    let schema = currentVersion
    let verdict: Result
    let run: Run
    let thresholds: [Judged]
    let headlines: Figures
    let metrics: [String: Spread]
    let cohorts: [Cohort]
    let audioPackets, videoPackets: Packets
    let losses: Losses
    let generator: Generator?
    let server: Server?
    let malformed: [String: Int]

    init(_ content: RunContent, _ standings: [Standing], _ headlines: Headlines) {
        let judged = content.verdict
        verdict = Result(
            word: VerdictSentence.word(content), sentence: VerdictSentence.rest(content),
            ending: judged.ending.rawValue,
            exitCode: Int(judged.exitCode), isValid: judged.validity.isValid, reasons: judged.validity.reasons
        )
        run = Run(
            title: content.plan.title, seed: String(content.plan.seed),
            participants: content.participants.count,
            rooms: Set(content.participants.map(\.room)).count, started: content.started.count,
            failed: content.failed.count, wellServed: headlines.wellServed, duration: content.duration,
            facts: content.facts.filter { $0.key != RunFact.plan && $0.key != RunFact.scenario })
        thresholds = judged.judgements.map(Self.judged)
        self.headlines = Figures(
            firstPictureP95: Self.finite(headlines.firstPicture), soundP10: Self.finite(headlines.sound),
            goodSoundShare: Self.finite(headlines.goodSound), frozenShare: Self.finite(headlines.frozen),
            frozenP95: Self.finite(headlines.frozenP95))
        let spreads = Self.spreads(content)
        metrics = spreads.all
        cohorts = content.cohorts.enumerated().map { index, name in
            Cohort(
                name: name, participants: content.participants.count { $0.cohort == index },
                failed: content.failed.count { $0.cohort == index },
                wellServed: standings.count { $0.participant.cohort == index && $0.isWellServed },
                metrics: spreads.cohorts[index], losses: Losses(LossTable.sum(of: index, content)))
        }
        audioPackets = Self.packets(content.participants.map(\.audio.packets))
        videoPackets = Self.packets(content.participants.map(\.video.packets))
        losses = Losses(content.lossPlaces.total)
        let seconds = content.generator
        generator =
            seconds.isEmpty
            ? nil
            : Generator(
                peakLoad: seconds.map(\.dataPlaneLoad).max() ?? 0,
                worstLateness: (seconds.map(\.worstTickLateness).max() ?? 0) / 1000,
                socketDrops: seconds.reduce(0) { $0 + $1.socketDrops },
                sendFailures: seconds.reduce(0) { $0 + $1.sendFailures },
                lostSamples: seconds.reduce(0) { $0 + $1.lostSamples })
        server = ServerAccount.isKnown(content) ? Self.server(content) : nil
        malformed = Dictionary(content.malformed.map { ($0.kind, $0.count) }) { $0 + $1 }
    }

    /// The document as JSON with sorted keys: equal runs give equal bytes.
    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    private static func server(_ content: RunContent) -> Server {
        let account = ServerAccount(content)
        func counts(_ lines: [ServerAccount.Line]) -> [ServerCount] {
            lines.map { line in
                ServerCount(
                    what: line.what, ours: line.ours, server: line.server, explained: line.explained,
                    left: line.left)
            }
        }
        return Server(
            readings: content.server.readings.count,
            failedReadings: content.server.readings.count { $0.failure != nil },
            counts: counts(account.counted),
            censuses: account.listed.map { ServerCensus(moment: $0.moment, counts: counts($0.lines)) })
    }

    private static func judged(_ judgement: Judgement) -> Judged {
        let threshold = judgement.threshold
        return Judged(
            text: threshold.text, metric: threshold.metric.rawValue, statistic: threshold.statistic.rawValue,
            comparison: threshold.comparison.rawValue, unit: unit(threshold.metric.unit),
            outcome: judgement.outcome.rawValue, phase: threshold.phase, cohort: threshold.cohort,
            limit: threshold.limit, value: finite(judgement.value), lower: finite(judgement.interval.lower),
            upper: finite(judgement.interval.upper), count: judgement.count, neverCount: judgement.neverCount)
    }

    /// How the values of each metric are spread, of everybody and of each cohort; every metric is worked out once.
    private static func spreads(_ content: RunContent) -> (all: [String: Spread], cohorts: [[String: Spread]])
    {
        var all: [String: Spread] = [:]
        var cohorts = Array(repeating: [String: Spread](), count: content.cohorts.count)
        let cohortOf = Dictionary(content.participants.map { ($0.id, $0.cohort) }) { first, _ in first }
        for metric in Metric.allCases {
            guard metric.isAboutParticipants else {
                all[metric.rawValue] = spread(content.values.values(of: metric), metric)
                continue
            }
            let values = content.values.participantValues(of: metric)
            all[metric.rawValue] = spread(values.map(\.value).sorted(), metric)
            for cohort in cohorts.indices {
                let members = values.filter { cohortOf[$0.participant] == cohort }
                cohorts[cohort][metric.rawValue] = spread(members.map(\.value).sorted(), metric)
            }
        }
        return (all, cohorts)
    }

    private static func spread(_ values: [Double], _ metric: Metric) -> Spread? {
        guard !values.isEmpty else { return nil }
        func quantile(_ share: Double) -> Double? {
            finite(OrderStatistics.quantile(share, ofSorted: values))
        }
        return Spread(
            unit: unit(metric.unit), count: values.count, neverCount: values.count { $0.isInfinite },
            min: quantile(0), p10: quantile(0.1), p50: quantile(0.5), p95: quantile(0.95),
            p99: quantile(0.99),
            max: quantile(1), mean: finite(values.reduce(0, +) / Double(values.count)))
    }

    private static func packets(_ counts: [PacketCounts]) -> Packets {
        var sum = PacketCounts()
        for count in counts { sum += count }
        return Packets(
            expected: sum.expected, received: sum.received, lostBeforeRepair: sum.lostBeforeRepair,
            repaired: sum.repaired, lost: sum.lost, duplicates: sum.duplicates, reordered: sum.reordered,
            bytes: sum.bytes)
    }

    /// Nine decimals are more than anything carries, and free of the last bit's noise.
    private static func finite(_ value: Double?) -> Double? {
        guard let value, value.isFinite else { return nil }
        return value.magnitude < 1e6 ? (value * 1e9).rounded() / 1e9 : value
    }

    static func unit(_ unit: Metric.Unit) -> String {
        switch unit {
        case .time: "s"
        case .share: "1"
        case .meanOpinionScore: "MOS"
        case .rating: "R"
        case .perMinute: "1/min"
        case .framesPerSecond: "1/s"
        case .decibel: "dB"
        case .similarity: "SSIM"
        case .lines: "lines"
        case .bitrate: "bit/s"
        }
    }
}
