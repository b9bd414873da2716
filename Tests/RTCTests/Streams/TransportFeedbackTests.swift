import Primitives
import RTC
import Testing
import WireFormats

@Suite struct TransportFeedbackTests {
    private static let sources = FeedbackSources(sender: 1, media: 2)

    /// The statuses of all feedback in a datagram, and the counts of the messages.
    private func read(_ datagram: [UInt8]) -> (statuses: [TransportFeedbackStatus], counts: [UInt8]) {
        var reader = RTCPReader(datagram.span.bytes)
        var statuses: [TransportFeedbackStatus] = []
        var counts: [UInt8] = []
        while let packet = reader.next() {
            guard case .transportFeedback(Self.sources, let header) = packet else { continue }
            counts.append(header.feedbackCount)
            var walker = reader.transportStatuses(header)
            while let status = walker.next() { statuses.append(status) }
        }
        return (statuses, counts)
    }

    private func report(_ recorder: inout TransportFeedbackRecorder, at now: Instant, _ capacity: Int = 1500)
        -> [UInt8]
    {
        composed(capacity) { recorder.write(into: &$0, Self.sources, now: now) }
    }

    @Test func reportsArrivalsAndGaps() {
        var recorder = TransportFeedbackRecorder()
        #expect(recorder.deadline == nil)
        for (number, time) in [(UInt16(65_534), 10.0), (65_535, 11), (2, 20), (1, 30)] {
            recorder.receive(number, now: .ms(time))
        }
        #expect(recorder.deadline == .ms(110))
        let (statuses, counts) = read(report(&recorder, at: .ms(110)))
        #expect(counts == [0])
        #expect(statuses.map(\.sequenceNumber) == [65_534, 65_535, 0, 1, 2])
        #expect(statuses.map(\.arrival) == [40, 44, nil, 120, 80])
        #expect(recorder.deadline == nil)
        #expect(report(&recorder, at: .ms(200)).isEmpty)
    }

    @Test func nextReportBeginsWhereTheLastEnded() {
        var recorder = TransportFeedbackRecorder()
        recorder.receive(5, now: .ms(1))
        _ = report(&recorder, at: .ms(101))
        recorder.receive(8, now: .ms(150))
        let (statuses, counts) = read(report(&recorder, at: .ms(250)))
        #expect(statuses.map(\.sequenceNumber) == [6, 7, 8])
        #expect(counts == [1])
    }

    @Test func latePacketsAreReportedAfterAll() {
        var recorder = TransportFeedbackRecorder()
        for number in [UInt16(5), 7] { recorder.receive(number, now: .ms(1)) }
        _ = report(&recorder, at: .ms(101))
        recorder.receive(6, now: .ms(120))
        recorder.receive(5, now: .ms(121))
        let (statuses, _) = read(report(&recorder, at: .ms(220)))
        #expect(statuses.map(\.sequenceNumber) == [6, 7])
        #expect(statuses.map(\.arrival) == [480, 4])
        #expect(recorder.deadline == nil)
    }

    @Test func manyPacketsAskForAnEarlyReport() {
        var recorder = TransportFeedbackRecorder()
        for number in 0..<100 as Range<UInt16> { recorder.receive(number, now: .ms(Double(number) / 10)) }
        #expect(recorder.deadline == .ms(50))
        _ = report(&recorder, at: .ms(50))
        for number in 100..<220 as Range<UInt16> { recorder.receive(number, now: .ms(60)) }
        #expect(recorder.deadline == .ms(100))
    }

    @Test func splitsWhatDoesNotFit() {
        var recorder = TransportFeedbackRecorder()
        for number in 0..<300 as Range<UInt16> { recorder.receive(number, now: .ms(Double(number))) }
        var statuses: [TransportFeedbackStatus] = []
        var datagrams = 0
        while recorder.deadline != nil, datagrams < 20 {
            statuses += read(report(&recorder, at: .ms(400), 100)).statuses
            datagrams += 1
        }
        #expect(datagrams > 3)
        #expect(statuses.map(\.sequenceNumber) == Array(0..<300))
        #expect(statuses.allSatisfy { $0.arrival == Int64($0.sequenceNumber) * 4 })
    }

    @Test func longOutagesAreSkipped() {
        var recorder = TransportFeedbackRecorder()
        recorder.receive(0, now: .ms(0))
        _ = report(&recorder, at: .ms(100))
        recorder.receive(1500, now: .ms(200))
        #expect(read(report(&recorder, at: .ms(300))).statuses.map(\.sequenceNumber) == [1500])
        recorder.receive(1501 + 5000, now: .ms(400))
        #expect(read(report(&recorder, at: .ms(500))).statuses.map(\.sequenceNumber) == [6501])
    }

    @Test func pausesNeedSeveralMessages() {
        var recorder = TransportFeedbackRecorder()
        recorder.interval = .seconds(60)
        recorder.receive(0, now: .seconds(0.0))
        recorder.receive(1, now: .seconds(20.0))
        let (statuses, counts) = read(report(&recorder, at: .seconds(60.0)))
        #expect(statuses.map(\.arrival) == [0, 80_000])
        #expect(counts == [0, 1])
    }

    // Sender and receiver together.

    private func deliver(_ datagram: [UInt8], to reader: inout TransportFeedbackReader, at now: Instant)
        -> [TransportPacketResult]
    {
        var rtcp = RTCPReader(datagram.span.bytes)
        var results: [TransportPacketResult] = []
        while let packet = rtcp.next() {
            guard case .transportFeedback(_, let header) = packet else { continue }
            reader.receive(header, in: rtcp, now: now) { results.append($0) }
        }
        return results
    }

    @Test func senderLearnsFateAndDelay() {
        var reader = TransportFeedbackReader()
        var recorder = TransportFeedbackRecorder()
        // The receiver's clock is 1000 s ahead; packet 3 is lost, packet 5 waits 30 ms in a queue.
        for index in 0..<8 {
            let number = reader.recordSent(byteCount: 100 + index, now: .ms(Double(index) * 10))
            #expect(number == UInt16(index + 1))
            let delay = index == 5 ? 70.0 : 40
            if index != 3 { recorder.receive(number, now: .ms(1_000_000 + Double(index) * 10 + delay)) }
        }
        let datagram = report(&recorder, at: .ms(1_000_200))
        let results = deliver(datagram, to: &reader, at: .ms(200))
        #expect(results.map(\.sequenceNumber) == Array(1...8))
        #expect(results.map(\.isAcknowledged) == [true, true, true, false, true, true, true, true])
        #expect(results.map(\.byteCount) == Array(100..<108))
        #expect(results.compactMap { $0.queueingDelay?.milliseconds } == [0, 0, 0, 0, 30, 0, 0])
        #expect(results[5].sentAt == .ms(50))
        #expect(reader.statistics.sentCount == 8)
        #expect(reader.statistics.acknowledgedCount == 7)
        #expect(reader.statistics.acknowledgedByteCount == 828 - 103)
        #expect(reader.statistics.lostCount == 1)
        // The same message again decides nothing.
        #expect(deliver(datagram, to: &reader, at: .ms(201)).isEmpty)
        #expect(reader.statistics.lostCount == 1)
    }

    @Test func lostPacketsMayTurnUp() {
        var reader = TransportFeedbackReader()
        var recorder = TransportFeedbackRecorder()
        for index in 0..<3 { _ = reader.recordSent(byteCount: 100, now: .ms(Double(index))) }
        recorder.receive(1, now: .ms(10))
        recorder.receive(3, now: .ms(12))
        _ = deliver(report(&recorder, at: .ms(110)), to: &reader, at: .ms(110))
        #expect(reader.statistics.lostCount == 1)
        recorder.receive(2, now: .ms(130))
        let results = deliver(report(&recorder, at: .ms(230)), to: &reader, at: .ms(230))
        #expect(results.map(\.sequenceNumber) == [2])
        #expect(reader.statistics.lostCount == 0)
        #expect(reader.statistics.acknowledgedCount == 3)
    }

    @Test func noticesMissedMessagesAndUnknownPackets() {
        var reader = TransportFeedbackReader()
        func message(_ count: UInt8) -> [UInt8] {
            composed { writer in
                _ = writer.writeTransportFeedback(
                    Self.sources, baseSequence: 500, statusCount: 2, feedbackCount: count
                ) { _ in 10 }
            }
        }
        for count: UInt8 in [254, 255, 2, 1] {
            #expect(deliver(message(count), to: &reader, at: .zero).isEmpty)
        }
        #expect(reader.statistics.missedFeedbackCount == 2)
        #expect(reader.statistics.feedbackCount == 4)
        #expect(reader.statistics.unknownCount == 8)
    }

    @Test func referenceTimeMayWrap() {
        var reader = TransportFeedbackReader()
        // 2^23 units of 64 ms: where the signed reference time wraps.
        let wrap = Int64(1) << 23 * 256
        for index in 0..<4 { _ = reader.recordSent(byteCount: 1, now: .ms(Double(index) * 100)) }
        var delays: [Double] = []
        for index in 0..<4 {
            let datagram = composed { writer in
                _ = writer.writeTransportFeedback(
                    Self.sources, baseSequence: UInt16(index + 1), statusCount: 1, feedbackCount: UInt8(index)
                ) { _ in wrap + Int64(index - 2) * 400 }
            }
            delays += deliver(datagram, to: &reader, at: .ms(500)).compactMap {
                $0.queueingDelay?.milliseconds
            }
        }
        #expect(delays == [0, 0, 0, 0])
    }

    @Test func theMinimumFollowsADrift() {
        var reader = TransportFeedbackReader()
        var last: Interval?
        // The path becomes 20 ms longer for good: after two periods that is no queue any more.
        for second in 0..<60 {
            let number = reader.recordSent(byteCount: 1, now: .seconds(Double(second)))
            let ticks = Int64(second) * 4000 + (second >= 20 ? 80 : 0)
            let datagram = composed { writer in
                _ = writer.writeTransportFeedback(
                    Self.sources, baseSequence: number, statusCount: 1, feedbackCount: UInt8(second)
                ) { _ in ticks }
            }
            last = deliver(datagram, to: &reader, at: .seconds(Double(second) + 0.1)).first?.queueingDelay
            if second == 21 { #expect(last == .milliseconds(20)) }
        }
        #expect(last == .zero)
    }
}
