import Probe
import Testing

@Suite struct LossModelTests {
    @Test func segmentationAndBurstRatioEqualTheVectors() throws {
        let rows = try VectorFile("burst_gap.csv").rows
        #expect(rows.count == 43)
        for row in rows {
            let pattern = row.text("pattern_1_is_lost").map { $0 == "1" }
            let segmentation = BurstGapSegmentation(pattern)
            #expect(segmentation.bursts == row.integer("seg_bursts").map(Int.init))
            #expect(segmentation.burstPackets == row.integer("seg_burst_pkts").map(Int.init))
            #expect(segmentation.burstLost == row.integer("seg_burst_lost").map(Int.init))
            #expect(segmentation.gapPackets == row.integer("seg_gap_pkts").map(Int.init))
            #expect(segmentation.gapLost == row.integer("seg_gap_lost").map(Int.init))
            #expect(agree(segmentation.burstDensity, row.number("seg_burst_density")))
            #expect(agree(segmentation.gapDensity, row.number("seg_gap_density")))

            var runs = LossRuns()
            for isLost in pattern { runs.add(isLost: isLost) }
            #expect(agree(runs.burstRatio, row.number("BurstR_G107")))
        }
    }

    @Test func freezesEqualTheVectors() throws {
        for row in try VectorFile("freeze.csv").rows {
            var detector = FreezeDetector()
            for time in row.text("frame_times_ms").split(separator: " ") {
                detector.render(at: try #require(Int64(time)))
            }
            #expect(detector.count == row.integer("libwebrtc_freezeCount").map(UInt64.init))
            #expect(agree(Double(detector.frozenMilliseconds), row.number("libwebrtc_freezeDuration_ms")))
            #expect(agree(Double(detector.totalMilliseconds), row.number("total_ms")))
            let rate = FreezeDetector.harmonicFrameRate(
                totalMilliseconds: detector.totalMilliseconds, sumOfSquares: detector.sumOfSquares)
            #expect(agree(rate, row.number("harmonic_fps")))
        }
    }

    @Test func aStreamThatNeverComesBackIsAStallNotAFreeze() {
        var detector = FreezeDetector()
        for frame in 0..<60 { detector.render(at: Int64(frame) * 33) }
        #expect(detector.stall(at: 59 * 33 + 900) == nil)
        #expect(detector.stall(at: 59 * 33 + 5000) == 5000)
        detector.pause()
        #expect(detector.stall(at: 60_000) == nil)
        detector.render(at: 70_000)
        #expect(detector.count == 0)
    }
}
