import Primitives
import Scenario
import Testing

@Suite struct ThresholdTests {
    @Test(arguments: [
        ("join.first-video p95 < 3s", Metric.joinFirstVideo, Statistic.p95, Threshold.Comparison.less, 3.0),
        ("join.failed = 0%", .joinFailed, .mean, .equal, 0),
        ("join.failed mean<1%", .joinFailed, .mean, .less, 0.01),
        ("audio.mos p10 >= 4.0", .audioMOS, .p10, .greaterOrEqual, 4),
        ("audio.mos > 3.9", .audioMOS, .p10, .greater, 3.9),
        ("rtt<=50ms", .roundTrip, .p95, .lessOrEqual, 0.05),
        ("audio.loss max < 7%", .audioLoss, .max, .less, 0.07),
        ("video.bitrate p50 > 500 kbit/s", .videoBitrate, .p50, .greater, 500_000),
        ("video.freezes mean < 0.5/min", .videoFreezes, .mean, .less, 0.5),
        ("video.fps p10 >= 20fps", .videoFrameRate, .p10, .greaterOrEqual, 20),
        ("video.psnr min > 30 dB", .videoPSNR, .min, .greater, 30),
        ("video.ssim p10 > 0.95", .videoSSIM, .p10, .greater, 0.95),
        ("video.height p10 >= 360p", .videoHeight, .p10, .greaterOrEqual, 360),
        ("audio.r p10 > 90", .audioR, .p10, .greater, 90),
        ("generator.cpu p99 < 75%", .generatorCPU, .p99, .less, 0.75),
    ])
    func reads(
        _ text: String, metric: Metric, statistic: Statistic, comparison: Threshold.Comparison, limit: Double
    ) throws {
        let threshold = try Threshold.parse(text).get()
        #expect(threshold.metric == metric)
        #expect(threshold.statistic == statistic)
        #expect(threshold.comparison == comparison)
        #expect(threshold.limit == limit)
        #expect(threshold.phase == nil && threshold.cohort == nil)
    }

    @Test func readsPhaseAndRoleInAnyOrder() throws {
        for text in ["rtt p95 < 1s during hold for viewer", "rtt p95 < 1s  for viewer during hold"] {
            let threshold = try Threshold.parse(text).get()
            #expect(threshold.phase == "hold")
            #expect(threshold.cohort == "viewer")
            #expect(!threshold.text.contains("  "))
        }
    }

    @Test(arguments: [
        ("", 0, "the end of the threshold", nil),
        ("joinfailed < 1%", 0, "unknown metric \"joinfailed\"", "join.failed"),
        ("join.first-vidoe p95 < 3s", 0, "unknown metric", "join.first-video"),
        ("rtt p96 < 1s", 4, "\"p96\" behind rtt", "p95"),
        ("rtt p95 3s", 8, "\"3s\"", nil),
        ("rtt p95 != 3s", 8, "\"!\"", nil),
        ("rtt p95 < ", 10, "the end of the threshold", nil),
        ("rtt p95 < 3", 10, "\"3\"", nil),
        ("rtt p95 < 3%", 10, "\"3%\"", nil),
        ("audio.loss < 101%", 13, "which audio.loss can never be", nil),
        ("audio.mos > 5.1", 12, "which audio.mos can never be", nil),
        ("join.failed p95 < 1%", 12, "\"p95\" behind join.failed", nil),
        ("rtt < 1s during", 15, "the end of the threshold", nil),
        ("rtt < 1s for a for b", 15, "\"for\"", "for"),
        ("rtt < 1s for a durign hold", 15, "\"durign\"", "during"),
        ("generator.cpu < 75% for viewer", 20, "\"for\" behind generator.cpu", nil),
    ])
    func tellsMistakes(_ text: String, offset: Int, found: String, hint: String?) {
        guard case .failure(let mistake) = Threshold.parse(text) else {
            Issue.record("accepted \(text)")
            return
        }
        #expect(mistake.offset == offset)
        #expect(mistake.found.contains(found), "\(mistake)")
        #expect(mistake.hint == hint)
    }

    @Test func judges() throws {
        let cases: [(String, Double, Bool)] = [
            ("rtt < 1s", 0.999, true), ("rtt < 1s", 1, false), ("rtt <= 1s", 1, true), ("rtt > 1s", 1, false),
            ("rtt >= 1s", 1, true), ("join.failed = 0%", 0, true), ("join.failed = 0%", 0.01, false),
        ]
        for (text, value, expected) in cases {
            #expect(try Threshold.parse(text).get().holds(for: value) == expected, "\(text) \(value)")
        }
    }

    @Test func everyMetricCanBeJudged() throws {
        let limits: [Metric.Unit: String] = [
            .time: "1s", .share: "1%", .meanOpinionScore: "4", .rating: "90", .perMinute: "1/min",
            .framesPerSecond: "20fps", .decibel: "30dB", .similarity: "0.9", .lines: "360p",
            .bitrate: "1Mbit/s",
        ]
        for metric in Metric.allCases {
            let limit = try #require(limits[metric.unit])
            let threshold = try Threshold.parse("\(metric.rawValue) < \(limit)").get()
            #expect(threshold.statistic == metric.defaultStatistic)
            #expect(metric.statistics.contains(threshold.statistic))
            #expect(!metric.summary.isEmpty)
        }
    }
}
