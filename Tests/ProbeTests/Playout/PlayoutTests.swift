import Probe
import Testing

@Suite struct PlayoutTests {
    @Test func delayTargetEqualsTheVectors() throws {
        var series: Int64 = -1
        var floor = TransitFloor(windowMilliseconds: 2000)
        var target = DelayTarget(initialMilliseconds: 80)
        for row in try VectorFile("neteq_target.csv").rows {
            if row.integer("series") != series {
                series = try #require(row.integer("series"))
                floor = TransitFloor(windowMilliseconds: 2000)
                target = DelayTarget(initialMilliseconds: 80)
            }
            let mediaTime = try #require(row.integer("rtp_ms"))
            let arrival = try #require(row.integer("arrival_ms"))
            let relative = arrival - mediaTime - floor.add(mediaTime: mediaTime, transit: arrival - mediaTime)
            target.note(arrival: arrival, relativeDelay: relative)
            #expect(relative == row.integer("relative_delay_ms"))
            #expect(target.milliseconds == row.integer("target_delay_ms"))
        }
    }

    @Test(arguments: 0..<6)
    func audioPlayoutEqualsTheVectors(series: Int64) throws {
        let rows = try VectorFile("playout_audio.csv").rows.filter { $0.integer("series") == series }
        #expect(rows.count == 600)
        let arrivals = rows.enumerated().compactMap { index, row in
            row.integer("arrival_ms_blank_if_lost").map { (index: index, arrival: $0) }
        }.sorted { ($0.arrival, $0.index) < ($1.arrival, $1.index) }
        let usesRED = rows[0].integer("red") == 1
        var player = AudioPlayout()
        var turns: [AudioPlayout.Turn] = []
        for (index, arrival) in arrivals {
            while let turn = player.nextTurn(now: arrival - 1) { turns.append(turn) }
            let mediaTime = Int64(index) * 20
            player.receive(sequence: Int64(index), mediaTime: mediaTime, arrival: arrival)
            if usesRED, index > 0 {
                player.receiveRedundant(
                    sequence: Int64(index - 1), mediaTime: mediaTime - 20, arrival: arrival)
            }
        }
        while let turn = player.nextTurn(now: .max / 2) { turns.append(turn) }
        // A packet lost at the very end of a stream cannot be known to have existed.
        #expect(turns.count >= rows.count - 2)
        for (turn, row) in zip(turns, rows) {
            let state: AudioPlayout.Fate =
                switch row.text("state") {
                case "ok": .played
                case "expand": .stretched
                default: .concealed
                }
            #expect(turn.fate == state)
            #expect(turn.concealedMilliseconds == row.integer("concealed_ms"))
            #expect(turn.offsetMilliseconds == row.integer("playout_offset_ms"))
        }
    }

    /// What a whole series comes down to.
    @Test(arguments: 0..<6)
    func audioSummariesEqualTheVectors(series: Int64) throws {
        let rows = try VectorFile("playout_audio.csv").rows.filter { $0.integer("series") == series }
        let summary = try #require(
            try VectorFile("playout_audio_summary.csv").rows.first { $0.integer("series") == series })
        let usesRED = rows[0].integer("red") == 1
        var concealed: Int64 = 0
        var events = 0
        var isConcealing = false
        var stretched: Int64 = 0
        var missed = 0
        for row in rows {
            let milliseconds = try #require(row.integer("concealed_ms"))
            concealed += milliseconds
            if milliseconds > 0, !isConcealing { events += 1 }
            isConcealing = milliseconds > 0
            if row.text("state") == "expand" { stretched += milliseconds }
            if row.text("state") == "lost" || row.text("state") == "discard" { missed += 1 }
        }
        var counts = AudioCounts()
        counts.turns = UInt64(rows.count)
        counts.missed = UInt64(missed)
        counts.concealedMilliseconds = UInt64(concealed)
        counts.playedMilliseconds = UInt64(Int64(rows.count) * 20 + stretched)
        #expect(concealed == summary.integer("concealed_ms"))
        #expect(events == summary.integer("concealment_events").map(Int.init))
        #expect(agree(counts.concealmentRatio, summary.number("concealment_ratio")))
        #expect(agree(counts.effectiveLoss.map { $0 * 100 }, summary.number("Ppl_eff_pct")))
        #expect(usesRED == (summary.integer("red") == 1))
    }

    @Test func videoSummariesEqualTheVectors() throws {
        for summary in try VectorFile("playout_video_summary.csv").rows {
            let rows = try VectorFile("playout_video.csv").rows.filter {
                $0.integer("series") == summary.integer("series")
            }
            var freezes = FreezeDetector()
            var delays: [Double] = []
            for row in rows {
                guard let render = row.integer("render_ms_blank_if_skipped") else { continue }
                freezes.render(at: render)
                delays.append(Double(render - (try #require(row.integer("rtp_ms")))))
            }
            #expect(delays.count == summary.integer("rendered").map(Int.init))
            #expect(freezes.count == summary.integer("freezeCount").map(UInt64.init))
            #expect(agree(Double(freezes.frozenMilliseconds), summary.number("freezeDuration_ms")))
            #expect(agree(Double(freezes.totalMilliseconds), summary.number("total_ms")))
            let rate = FreezeDetector.harmonicFrameRate(
                totalMilliseconds: freezes.totalMilliseconds, sumOfSquares: freezes.sumOfSquares)
            #expect(agree(rate, summary.number("harmonic_fps")))
            let mean = delays.reduce(0, +) / Double(delays.count)
            #expect(agree(mean, summary.number("mean_capture_to_render_ms")))
        }
    }

    @Test func videoPlayoutEqualsTheVectors() throws {
        var series: Int64 = -1
        var playout = VideoPlayout()
        for row in try VectorFile("playout_video.csv").rows {
            if row.integer("series") != series {
                series = try #require(row.integer("series"))
                playout = VideoPlayout()
            }
            guard let complete = row.integer("complete_ms_blank_if_lost"), row.integer("decodable") == 1
            else {
                #expect(row.integer("render_ms_blank_if_skipped") == nil)
                continue
            }
            let render = playout.render(mediaTime: try #require(row.integer("rtp_ms")), complete: complete)
            #expect(render == row.integer("render_ms_blank_if_skipped"))
        }
    }
}
