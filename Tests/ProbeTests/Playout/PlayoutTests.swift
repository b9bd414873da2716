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
