import Primitives
import RTC
import Testing
import WireFormats

@Suite struct RoundTripMeterTests {
    private func block(_ lastReport: UInt32, _ delay: UInt32) -> ReportBlock {
        ReportBlock(
            ssrc: 1, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0,
            lastSenderReport: lastReport,
            delaySinceLastSenderReport: delay)
    }

    @Test func agreesWithTheStandardsExample() {
        // RFC 3550 figure 2: A = 0xb710:8000, DLSR = 5.250 s, LSR = 0xb705:2000, round trip 6.125 s.
        var meter = RoundTripMeter()
        let trip = meter.receive(block(0xb705_2000, 0x0005_4000), compactNow: 0xb710_8000)
        #expect(trip == .seconds(6.125))
        #expect(meter.latest == trip)
        #expect(meter.smoothed == trip)
        #expect(meter.minimum == trip)
    }

    @Test func smoothsAndKeepsTheMinimum() {
        var meter = RoundTripMeter()
        meter.receive(block(0x1_0000, 0), compactNow: 0x1_0000 + 65_536 / 8)
        let echo = DelaySinceLastReference(ssrc: 1, lastReference: 0x1_0000, delay: 0)
        meter.receive(echo, compactNow: 0x1_0000 + 65_536 / 4)
        #expect(meter.latest == .milliseconds(250))
        #expect(meter.minimum == .milliseconds(125))
        #expect(meter.smoothed == .milliseconds(140.625))
        #expect(meter.count == 2)
    }

    @Test func believesNoNonsense() {
        var meter = RoundTripMeter()
        let results = [
            meter.receive(block(0, 5), compactNow: 100),  // no report received yet
            meter.receive(block(1000, 2000), compactNow: 2000),  // arrives before it was sent
            meter.receive(block(1000, 0), compactNow: 1000 + 31 << 16),  // too long
        ]
        #expect(results.allSatisfy { $0 == nil })
        #expect(meter.count == 0)
        // Rounding may take a few units off a short trip.
        let short = meter.receive(block(1000, 1002), compactNow: 2000)
        #expect(short == .zero)
    }

    @Test func worksAcrossTheWrap() {
        var meter = RoundTripMeter()
        let trip = meter.receive(block(0xffff_ff00, 0x80), compactNow: 0x80)
        #expect(trip == Interval(nanoseconds: Int64(0x100) * 1_000_000_000 / 65_536))
    }

    @Test func echoesReferenceTimesOnce() throws {
        var echoes = ReferenceTimeEchoes()
        #expect(!echoes.isAnswerDue)
        echoes.receive(referenceTime: 0x1234_5678_9abc_def0, from: 5, now: .seconds(1.0))
        echoes.receive(referenceTime: 0x0000_0001_0000_0000, from: 6, now: .seconds(1.0))
        #expect(echoes.isAnswerDue)
        let datagram = composed { echoes.write(into: &$0, sender: 9, now: .seconds(1.5)) }
        #expect(
            datagram.hexadecimal == "80cf0008" + "00000009" + "05000006" + "00000005" + "56789abc"
                + "00008000" + "00000006" + "00010000" + "00008000")
        #expect(!echoes.isAnswerDue)
        #expect(composed { echoes.write(into: &$0, sender: 9, now: .seconds(2.0)) }.isEmpty)
        echoes.receive(referenceTime: 1 << 16, from: 5, now: .seconds(3.0))
        #expect(composed { echoes.write(into: &$0, sender: 9, now: .seconds(3.0)) }.count == 24)
    }

    @Test func remembersSixteenReceivers() {
        var echoes = ReferenceTimeEchoes()
        for ssrc in 0..<20 as Range<UInt32> {
            echoes.receive(referenceTime: 1 << 16, from: ssrc, now: .ms(Double(ssrc)))
        }
        var count = 0
        _ = composed { count = echoes.write(into: &$0, sender: 9, now: .seconds(1.0)) }
        #expect(count == 16)
    }

    @Test func echoesWithoutRoomStayDue() {
        var echoes = ReferenceTimeEchoes()
        for ssrc in 0..<3 as Range<UInt32> { echoes.receive(referenceTime: 1 << 16, from: ssrc, now: .zero) }
        var counts: [Int] = []
        for _ in 0..<4 {
            _ = composed(30) { counts.append(echoes.write(into: &$0, sender: 9, now: .zero)) }
        }
        #expect(counts == [1, 1, 1, 0])
    }
}
