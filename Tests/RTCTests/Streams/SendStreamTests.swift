import Primitives
import RTC
import Testing
import WireFormats

@Suite struct SendStreamTests {
    private func stream(_ capacity: Int = 8, rtx: UInt32? = 99, resends: Int = 3) -> SendStream {
        var generator = SeededGenerator(seed: 4)
        return SendStream(
            ssrc: 7, retransmissionSSRC: rtx, clockRate: 48_000, historyCapacity: capacity,
            maximumResendCount: resends, generator: &generator)
    }

    private func send(
        _ stream: SendStream, _ number: UInt16? = nil, timestamp: UInt32 = 0, at now: Instant = .zero
    ) {
        let number = number ?? stream.nextSequenceNumber
        let packet = SentPacket(
            token: UInt64(number) + 1_000_000, sequenceNumber: number, timestamp: timestamp, marker: true,
            payloadType: 96, sentAt: now)
        stream.recordSent(packet, payloadByteCount: 100)
    }

    @Test func numbersPacketsFromTheLowerHalf() {
        for seed in 0..<50 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let stream = SendStream(
                ssrc: 7, retransmissionSSRC: nil, clockRate: 48_000, historyCapacity: 1, generator: &generator
            )
            #expect(1...0x7fff ~= stream.nextSequenceNumber)
        }
        let stream = stream()
        let first = stream.nextSequenceNumber
        send(stream)
        send(stream)
        #expect(stream.nextSequenceNumber == first + 2)
    }

    @Test func forwarderChoosesTheNumbers() {
        let stream = stream()
        send(stream, 65_535)
        #expect(stream.nextSequenceNumber == 0)
        send(stream, 65_533)
        #expect(stream.nextSequenceNumber == 0)
        send(stream, 4)
        #expect(stream.nextSequenceNumber == 5)
        #expect(stream.packet(requested: 65_533, now: .ms(1), roundTripTime: nil)?.token == 1_065_533)
    }

    @Test func findsWhatItSentUntilItIsOverwritten() throws {
        let stream = stream(8)
        for number in UInt16(100)..<110 { send(stream, number, timestamp: UInt32(number) * 10) }
        #expect(stream.packet(requested: 101, now: .zero, roundTripTime: nil) == nil)
        #expect(stream.packet(requested: 110, now: .zero, roundTripTime: nil) == nil)
        let packet = try #require(stream.packet(requested: 102, now: .zero, roundTripTime: nil))
        #expect(packet.token == 1_000_102)
        #expect(packet.timestamp == 1020)
        #expect(packet.marker)
        #expect(packet.payloadType == 96)
        #expect(stream.statistics.forgottenCount == 2)
        #expect(stream.statistics.requestedCount == 3)
    }

    @Test func answersOncePerRoundTripAndNotForEver() {
        let stream = stream(resends: 3)
        send(stream, 5)
        let roundTripTime = Interval.milliseconds(60)
        var answers: [Double] = []
        for milliseconds in stride(from: 1.0, to: 1000, by: 10) {
            guard stream.packet(requested: 5, now: .ms(milliseconds), roundTripTime: roundTripTime) != nil
            else { continue }
            _ = stream.recordResent(5, payloadByteCount: 100, now: .ms(milliseconds))
            answers.append(milliseconds)
        }
        #expect(answers == [1, 61, 121])
        #expect(stream.statistics.resentPacketCount == 3)
        #expect(stream.statistics.resentPayloadByteCount == 300)
        #expect(stream.statistics.packetCount == 1)
    }

    @Test func theHoldOffIsAtMost100Milliseconds() {
        let stream = stream(resends: 10)
        send(stream, 5)
        _ = stream.recordResent(5, payloadByteCount: 1, now: .zero)
        #expect(stream.packet(requested: 5, now: .ms(99), roundTripTime: .seconds(3)) == nil)
        #expect(stream.packet(requested: 5, now: .ms(100), roundTripTime: .seconds(3)) != nil)
    }

    @Test func numbersRetransmissionsOnTheirOwn() {
        let separate = stream()
        send(separate, 5)
        let first = separate.nextRetransmissionSequenceNumber
        #expect(separate.recordResent(5, payloadByteCount: 1, now: .zero) == first)
        #expect(separate.recordResent(5, payloadByteCount: 1, now: .zero) == first + 1)
        let shared = stream(rtx: nil)
        send(shared, 5)
        #expect(shared.recordResent(5, payloadByteCount: 1, now: .zero) == 5)
    }

    @Test func reportsTheMomentInBothClocks() throws {
        let stream = stream()
        let wallClock = WallClockOrigin(unixNanoseconds: 1_795_450_808_000_000_000)
        #expect(stream.makeSenderReport(now: .zero, wallClock: wallClock) == nil)
        send(stream, timestamp: 960, at: .ms(20))
        send(stream, timestamp: 1920, at: .ms(40))
        // An older timestamp, as a forwarder may send late, changes nothing.
        send(stream, timestamp: 1440, at: .ms(45))
        let report = try #require(stream.makeSenderReport(now: .ms(1040), wallClock: wallClock))
        #expect(report.ssrc == 7)
        #expect(report.rtpTimestamp == 1920 + 48_000)
        #expect(report.ntp == wallClock.ntpTimestamp(at: .ms(1040)))
        #expect(report.packetCount == 3)
        #expect(report.octetCount == 300)
        stream.setTimestampReference(.max, at: .seconds(2.0))
        #expect(stream.makeSenderReport(now: .seconds(3.0), wallClock: wallClock)?.rtpTimestamp == 47_999)
        #expect(
            stream.makeSenderReport(now: .seconds(1.0), wallClock: wallClock)?.rtpTimestamp == UInt32.max
                - 48_000)
    }

    @Test func keepsTheReceiversReport() {
        let stream = stream()
        var block = ReportBlock(
            ssrc: 8, fractionLost: 1, cumulativeLost: 2, highestSequence: 3, jitter: 4, lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
        stream.receive(block, now: .ms(1))
        #expect(stream.lastReport == nil)
        block.ssrc = 7
        stream.receive(block, now: .ms(2))
        #expect(stream.lastReport?.block == block)
        #expect(stream.lastReport?.arrivedAt == .ms(2))
    }

    @Test func historyEntriesAreSmall() { #expect(MemoryLayout<SentPacket>.stride == 32) }
}
