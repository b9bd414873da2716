import Primitives
import RTC
import Testing

@Suite struct HandshakeTimerTests {
    @Test func doublesUntilPatienceEnds() {
        var timer = HandshakeTimer()
        #expect(timer.deadline == nil)
        timer.start(now: .zero)
        timer.flightSent(now: .zero)
        var repeats: [Double] = []
        while let deadline = timer.deadline {
            switch timer.expire(now: deadline) {
            case .retransmit: repeats.append(deadline.seconds)
            case .giveUp: #expect(deadline == .seconds(30.0))
            case .none: Issue.record("nothing was due at \(deadline.seconds)")
            }
        }
        let expected = [0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7, 25.5]
        #expect(repeats.count == expected.count)
        #expect(zip(repeats, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(repeats)")
    }

    @Test func aNewFlightStartsAnewAndAnAnswerSilences() {
        var timer = HandshakeTimer()
        timer.start(now: .zero)
        timer.flightSent(now: .zero)
        #expect(timer.expire(now: .seconds(0.05)) == .none)
        #expect(timer.expire(now: .seconds(0.1)) == .retransmit)
        timer.flightSent(now: .seconds(0.15))
        #expect(timer.deadline == .seconds(0.25))
        timer.flightAnswered()
        #expect(timer.deadline == .seconds(30.0))
        timer.stop()
        #expect(timer.deadline == nil)
        #expect(timer.expire(now: .seconds(100.0)) == .none)
    }
}
