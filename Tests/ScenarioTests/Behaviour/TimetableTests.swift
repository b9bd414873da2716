import Primitives
import Scenario
import Testing

@Suite struct TimetableTests {
    private static func stops(
        _ timing: Timing, from start: Instant = .zero, until end: Instant = .seconds(100),
        lasting: Interval? = nil, seed: UInt64 = 1
    ) -> [Timetable.Stop] {
        var table = Timetable(timing, from: start, lasting: lasting, generator: SeededGenerator(seed: seed))
        var stops: [Timetable.Stop] = []
        while let next = table.next, next.at < end, stops.count < 100_000 {
            stops.append(next)
            table.advance()
        }
        return stops
    }

    private static func span(_ start: Int64, _ end: Int64) -> TimeSpan {
        TimeSpan(start: .seconds(start), end: .seconds(end))
    }

    /// 10 000 events at one in ten seconds: the mean gap is within four standard errors of ten seconds, its deviation
    /// is that of an exponential distribution, and the seed decides.
    @Test func randomMomentsAreAPoissonProcess() {
        let timing = Timing.poisson(every: .seconds(Int64(10)))
        let stops = Self.stops(timing, until: .seconds(100_000))
        #expect(abs(Double(stops.count) - 10_000) < 4 * 100)
        let gaps = zip(stops, stops.dropFirst()).map { ($1.at - $0.at).seconds }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let deviation = (gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count))
            .squareRoot()
        #expect(abs(mean - 10) < 0.4)
        #expect(abs(deviation - 10) < 0.6)
        #expect(stops.map(\.number) == Array(0..<stops.count))
        #expect(stops == Self.stops(timing, until: .seconds(100_000)))
        #expect(stops != Self.stops(timing, until: .seconds(100_000), seed: 2))
    }

    /// What lasts ends before it can begin again.
    @Test func whatLastsEnds() {
        let stops = Self.stops(
            .poisson(every: .seconds(Int64(5))), until: .seconds(1000), lasting: .seconds(Int64(15)))
        #expect(stops.count > 40)
        for (index, stop) in stops.enumerated() {
            #expect(stop.isStart == index.isMultiple(of: 2))
            if !stop.isStart { #expect(stop.at - stops[index - 1].at == .seconds(Int64(15))) }
        }
    }

    @Test func momentsBeforeTheArrivalAreMissed() {
        let timing = Timing.moments([5, 10, 10, 20].map { .seconds(Int64($0)) })
        #expect(Self.stops(timing).map(\.at) == [.seconds(5), .seconds(10), .seconds(20)])
        #expect(Self.stops(timing, from: .seconds(10)).map(\.at) == [.seconds(10), .seconds(20)])
        #expect(Self.stops(timing, from: .seconds(21)).isEmpty)
    }

    @Test func spansBeginAndEnd() {
        let timing = Timing.spans([Self.span(5, 10), Self.span(20, 30)])
        #expect(Self.stops(timing).map(\.at) == [.seconds(5), .seconds(10), .seconds(20), .seconds(30)])
        #expect(Self.stops(timing).map(\.isStart) == [true, false, true, false])
        let late = Self.stops(timing, from: .seconds(22))
        #expect(late.map(\.at) == [.seconds(22), .seconds(30)], "who comes in the middle begins at once")
        #expect(Self.stops(timing, from: .seconds(30)).isEmpty)
        #expect(Timing.poisson(every: .seconds(Int64(2))).perSecond == 0.5)
        #expect(timing.perSecond == 0)
    }
}
