import Media
import Primitives
import Testing

@Suite struct VideoPlayheadTests {
    private func playhead(
        _ framesPerSecond: Int, frames: Int = 240, start: Instant = .zero, offset: UInt32 = 0,
        pictureID: UInt16 = 0
    ) -> VideoPlayhead {
        VideoPlayhead(
            framesPerSecond: framesPerSecond, frameCount: frames, start: start, timestampOffset: offset,
            pictureID: pictureID)
    }

    @Test(arguments: [
        (30, [0, 3_000, 6_000, 9_000]), (20, [0, 4_500, 9_000, 13_500]), (7, [0, 12_857, 25_714, 38_571]),
    ])
    func timestampsFollowTheFrameRate(framesPerSecond: Int, timestamps: [UInt32]) {
        var playhead = playhead(framesPerSecond)
        #expect((0..<4).map { _ in playhead.next().timestamp } == timestamps)
    }

    @Test(arguments: [7, 20, 24, 30])
    func aDayBringsNoDrift(framesPerSecond: Int) {
        let day = 86_400
        var playhead = playhead(framesPerSecond, start: .seconds(3), offset: 17)
        for _ in 0..<day * framesPerSecond { _ = playhead.next() }
        let capture = playhead.next()
        #expect(capture.instant == .seconds(Double(day + 3)))
        #expect(capture.timestamp == UInt32(truncatingIfNeeded: (day + 3) * 90_000 + 17))
        #expect(capture.frame == day * framesPerSecond % 240)
    }

    @Test func layersOfOneTrackShareTheirClock() {
        var slow = playhead(20, offset: 99)
        var fast = playhead(30, offset: 99)
        let slowSecond = (0...20).map { _ in slow.next() }[20]
        let fastSecond = (0...30).map { _ in fast.next() }[30]
        #expect(slowSecond.instant == fastSecond.instant && slowSecond.timestamp == fastSecond.timestamp)
    }

    @Test func theLoopStartsOver() {
        var playhead = playhead(10, frames: 3)
        #expect((0..<7).map { _ in playhead.next().frame } == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test func aKeyFrameComesAtTheNextInstant() {
        var playhead = playhead(10)
        for _ in 0..<5 { _ = playhead.next() }
        let due = playhead.nextDue
        playhead.requestKeyFrame()
        #expect(playhead.nextDue == due)
        let capture = playhead.next()
        #expect(capture.frame == 0 && capture.instant == due && capture.instant == .seconds(0.5))
        #expect(playhead.next().frame == 1)
    }

    @Test func pictureIDsCountOnAndWrap() {
        var playhead = playhead(10, frames: 2, pictureID: 0x7ffe)
        #expect((0..<4).map { _ in playhead.next().pictureID } == [0x7ffe, 0x7fff, 0, 1])
        playhead.requestKeyFrame()
        #expect(playhead.next().pictureID == 2)
    }

    @Test(arguments: [(1.0, 1.0), (1.01, 1.05), (1.0501, 1.1), (0.0, 0.1), (3_600.001, 3_600.05)])
    func resumesOnItsGridWithAKeyFrame(now: Double, due: Double) {
        var playhead = playhead(20)
        _ = playhead.next()
        _ = playhead.next()
        playhead.resume(at: .seconds(now))
        #expect(playhead.nextDue == .seconds(due))
        #expect(playhead.next().frame == 0)
    }
}
