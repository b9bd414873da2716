import Primitives
import RTC
import Testing
import WireFormats

@Suite struct RetransmissionRequestTests {
    private let policy = RetransmissionPolicy(requestsRetransmission: true)

    /// Runs a stream with missing packets and returns when which packet was asked for, in ms.
    private func requests(
        _ stream: ReceiveStream, until end: Double, roundTripTime: Interval?, from start: Double = 0
    ) -> [(at: Double, numbers: [UInt16])] {
        var log: [(at: Double, numbers: [UInt16])] = []
        var now = Instant.ms(start)
        while let deadline = stream.deadline, deadline <= .ms(end) {
            now = max(now, deadline)
            let datagram = composed {
                stream.writeRequests(into: &$0, sender: 1, now: now, roundTripTime: roundTripTime)
            }
            let numbers = requested(in: datagram)
            if !numbers.isEmpty { log.append(((now - .zero).milliseconds, numbers)) }
            if stream.deadline == deadline, numbers.isEmpty {
                Issue.record("a deadline that nothing meets"); break
            }
        }
        return log
    }

    private func stream(_ numbers: [UInt16], _ policy: RetransmissionPolicy) -> ReceiveStream {
        let stream = ReceiveStream(ssrc: 7, clockRate: 90_000, policy: policy)
        for number in numbers { _ = stream.receive(packet(number), now: .zero) }
        return stream
    }

    @Test func asksAfterTheToleranceAndBacksOff() {
        let stream = stream([1, 3], policy)
        #expect(
            composed { stream.writeRequests(into: &$0, sender: 1, now: .ms(19.9), roundTripTime: nil) }
                .isEmpty)
        let log = requests(stream, until: 5000, roundTripTime: .milliseconds(50))
        // 20 ms, then 50 ms times 1.25 each time.
        let expected = [20, 70, 132.5, 210.6, 308.3, 430.4, 582.9, 773.7, 1012.1, 1310.1]
        #expect(log.count == expected.count)
        for (request, time) in zip(log, expected) {
            #expect(abs(request.at - time) < 0.1)
            #expect(request.numbers == [2])
        }
        #expect(stream.statistics.requestedCount == 10)
        #expect(stream.statistics.nackCount == 10)
        #expect(stream.statistics.loss.lostAfterRepair == 1)
        #expect(stream.deadline == nil)
    }

    @Test(
        arguments: [
            (Interval.milliseconds(1), 1, 20.0), (.milliseconds(1), 2, 25), (.milliseconds(300), 1, 300),
            (.milliseconds(300), 2, 375), (.milliseconds(300), 3, 400), (.seconds(2), 1, 400), (nil, 1, 100),
        ] as [(Interval?, Int, Double)])
    func waitsARoundTripWithinLimits(_ roundTripTime: Interval?, _ count: Int, _ milliseconds: Double) {
        #expect(
            policy.retryInterval(after: count, roundTripTime: roundTripTime) == .milliseconds(milliseconds))
    }

    @Test func asksForSeveralAtOnceAndStopsWhenTheyCome() {
        let stream = stream([1, 3, 6, 40], policy)
        let first = composed { stream.writeRequests(into: &$0, sender: 1, now: .ms(20), roundTripTime: nil) }
        #expect(requested(in: first) == [2, 4, 5] + Array(7...39))
        for number in UInt16(7)...39 { _ = stream.receive(packet(number), isRepair: true, now: .ms(60)) }
        _ = stream.receive(packet(4), isRepair: true, now: .ms(60))
        let second = composed {
            stream.writeRequests(into: &$0, sender: 1, now: .ms(120), roundTripTime: nil)
        }
        #expect(requested(in: second) == [2, 5])
    }

    @Test func namesTheStream() {
        let stream = stream([1, 3], policy)
        let datagram = composed {
            stream.writeRequests(into: &$0, sender: 0x1111, now: .ms(20), roundTripTime: nil)
        }
        var reader = RTCPReader(datagram.span.bytes)
        guard case .genericNACK(let sources, _)? = reader.next() else { Issue.record("no NACK"); return }
        #expect(sources == FeedbackSources(sender: 0x1111, media: 7))
    }

    @Test func whatFindsNoRoomStaysDue() {
        let stream = stream([0, 100, 200], policy)
        var all: [UInt16] = []
        for _ in 0..<20 {
            let datagram = composed(20) {
                stream.writeRequests(into: &$0, sender: 1, now: .ms(20), roundTripTime: nil)
            }
            all += requested(in: datagram)
        }
        #expect(all == Array(1...99) + Array(101...199))
        #expect(
            composed(15) { stream.writeRequests(into: &$0, sender: 1, now: .ms(900), roundTripTime: nil) }
                .isEmpty)
    }

    @Test func countsWithoutAskingWhereThereIsNoRetransmission() {
        let stream = stream([1, 3], RetransmissionPolicy(requestsRetransmission: false))
        #expect(stream.deadline == .ms(20))
        #expect(
            composed { stream.writeRequests(into: &$0, sender: 1, now: .ms(20), roundTripTime: nil) }.isEmpty)
        #expect(stream.statistics.loss.lostBeforeRepair == 1)
        #expect(stream.deadline == .seconds(2.0))
        stream.tick(now: .seconds(2.0))
        #expect(stream.statistics.loss.lostAfterRepair == 1)
        #expect(stream.deadline == nil)
    }

    @Test func tickBeforeTheDeadlineDoesNothing() {
        let stream = stream([1, 3], policy)
        let before = (stream.statistics, stream.deadline)
        stream.tick(now: .ms(19))
        #expect(stream.statistics == before.0)
        #expect(stream.deadline == before.1)
    }
}
