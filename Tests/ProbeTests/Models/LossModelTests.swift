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

            #expect(agree(segmentation.meanBurstPackets * 20, row.number("seg_mean_burst_ms_20msptime")))
            #expect(agree(segmentation.meanGapPackets * 20, row.number("seg_mean_gap_ms")))

            var runs = LossRuns()
            for isLost in pattern { runs.add(isLost: isLost) }
            #expect(agree(runs.burstRatio, row.number("BurstR_G107")))
        }
    }

    @Test func extendedReportCountersEqualTheVectors() throws {
        for row in try VectorFile("burst_gap.csv").rows {
            var counters = BurstGapCounters()
            for character in row.text("pattern_1_is_lost") { counters.add(isLost: character == "1") }
            let counts = [
                ("xr_c11", counters.gapReceived), ("xr_c13", counters.changes),
                ("xr_c14", counters.gapLosses),
                ("xr_c22", counters.burstReceived), ("xr_c23", counters.burstChanges),
                ("xr_c33", counters.burstLosses),
            ]
            for (column, count) in counts { #expect(count == row.integer(column).map(Int.init), "\(column)") }
            #expect(agree(counters.receivedToLoss, row.number("xr_p23")))
            #expect(agree(counters.lossToReceived, row.number("xr_p32")))
            #expect(agree(counters.burstDensity, row.number("xr_burst_density")))
            #expect(agree(counters.gapDensity, row.number("xr_gap_density")))
            #expect(agree(counters.meanBurstPackets * 20, row.number("xr_mean_burst_ms")))
            #expect(agree(counters.meanGapPackets * 20, row.number("xr_mean_gap_ms")))
        }
    }

    @Test func twoStateModelEqualsTheVectors() throws {
        for row in try VectorFile("burst_gap.csv").rows {
            let pattern = row.text("pattern_1_is_lost")
            // A pattern with nothing lost, or everything, has no model.
            guard pattern.contains("1"), pattern.contains("0") else { continue }
            var model = TwoStateLoss()
            for character in pattern { model.add(isLost: character == "1") }
            #expect(agree(model.lossAfterReceived, row.number("gilbert_p")))
            #expect(agree(model.receivedAfterLoss, row.number("gilbert_q")))
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
            #expect(agree(Double(detector.sumOfSquares) / 1e6, row.number("sumSquaredInterFrame_s2")))
            let frames = row.text("frame_times_ms").split(separator: " ").count
            let variance = FreezeDetector.durationVariance(
                totalMilliseconds: detector.totalMilliseconds, sumOfSquares: detector.sumOfSquares,
                count: frames - 1)
            #expect(agree(variance.map { $0 / 1e6 }, row.number("interframe_variance_s2")))
        }
    }

    @Test func freezesWithoutRoundingEqualTheVectors() throws {
        for row in try VectorFile("freeze.csv").rows {
            var detector = FreezeDetector(roundsMean: false)
            for time in row.text("frame_times_ms").split(separator: " ") {
                detector.render(at: try #require(Int64(time)))
            }
            #expect(detector.count == row.integer("w3c_real_freezeCount").map(UInt64.init))
            #expect(agree(Double(detector.frozenMilliseconds), row.number("w3c_real_freezeDuration_ms")))
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
