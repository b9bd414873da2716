import Primitives
import RTC
import Testing
import WireFormats

@Suite struct ReceiveStreamTests {
    private func stream(_ policy: RetransmissionPolicy = RetransmissionPolicy(requestsRetransmission: true))
        -> ReceiveStream
    {
        ReceiveStream(ssrc: 7, clockRate: 90_000, policy: policy)
    }

    private func kinds(_ stream: ReceiveStream, _ numbers: [UInt16], at now: Instant = .zero)
        -> [PacketArrival.Kind]
    {
        numbers.map { stream.receive(packet($0), now: now).kind }
    }

    @Test func extendsNumbersAcrossWraps() {
        let stream = stream()
        let numbers: [UInt16] = [65_534, 65_535, 0, 1, 65_533]
        let extended = numbers.map { stream.receive(packet($0), now: .zero) }
        #expect(extended.map(\.extendedSequence) == [65_534, 65_535, 65_536, 65_537, 65_533])
        #expect(extended.map(\.kind) == [.new, .new, .new, .new, .reordered])
        #expect(stream.expectedCount == 5)
        #expect(stream.highestSequence == 65_537)
    }

    @Test func tellsReorderedDuplicateAndLostPackets() {
        let stream = stream()
        #expect(
            kinds(stream, [10, 12, 11, 11, 12, 15]) == [.new, .new, .reordered, .duplicate, .duplicate, .new])
        #expect(stream.missingCount == 2)
        #expect(stream.statistics.reorderedCount == 1)
        #expect(stream.statistics.duplicateCount == 2)
        #expect(stream.statistics.uniqueCount == 4)
        #expect(stream.statistics.loss == LossAccount())
    }

    @Test func aStreamMayBeginEarlierThanItSeems() {
        let stream = stream()
        #expect(kinds(stream, [100, 103, 97, 98, 97]) == [.new, .new, .reordered, .reordered, .duplicate])
        // 97...103, of which 99, 101 and 102 are missing.
        #expect(stream.expectedCount == 7)
        #expect(stream.missingCount == 3)
        #expect(stream.receive(packet(99), isRepair: true, now: .ms(30)).kind == .recovered)
        #expect(stream.receive(packet(101), isRepair: true, now: .ms(30)).kind == .recovered)
        #expect(stream.missingCount == 1)
        // Not much earlier, though, and not on the word of a retransmission.
        #expect(kinds(stream, [80]) == [.outside])
        #expect(stream.receive(packet(96), isRepair: true, now: .ms(30)).kind == .outside)
        #expect(stream.statistics.outsideCount == 2)
        #expect(stream.statistics.uniqueCount == 6)
    }

    @Test(arguments: [false, true])
    func countsLossByTimeAlone(_ ticks: Bool) {
        let stream = stream()
        _ = kinds(stream, [1, 5])
        if ticks { stream.tick(now: .ms(19)) }
        #expect(stream.receive(packet(2), now: .ms(19.9)).kind == .reordered)
        if ticks { stream.tick(now: .ms(20)) }
        #expect(stream.receive(packet(3), now: .ms(20)).kind == .recovered)
        #expect(stream.receive(packet(4), isRepair: true, now: .ms(60)).kind == .recovered)
        let loss = stream.statistics.loss
        #expect(loss.lostBeforeRepair == 2)
        #expect(loss.lateRecovered == 1)
        #expect(loss.repaired == 1)
        #expect(loss.lostAfterRepair == 0)
        #expect(stream.missingCount == 0)
    }

    @Test func aRepairWithinTheToleranceStillCounts() {
        let stream = stream()
        _ = kinds(stream, [1, 3])
        #expect(stream.receive(packet(2), isRepair: true, now: .ms(1)).kind == .recovered)
        #expect(stream.statistics.loss.lostBeforeRepair == 1)
        #expect(stream.statistics.loss.repaired == 1)
        // The original turns up after all.
        #expect(stream.receive(packet(2), now: .ms(2)).kind == .duplicate)
    }

    @Test func aRepairMayBeTheNewestPacket() {
        let stream = stream()
        _ = kinds(stream, [1])
        #expect(stream.receive(packet(3), isRepair: true, now: .zero).kind == .new)
        #expect(stream.statistics.loss.repaired == 1)
        #expect(stream.missingCount == 1)
    }

    @Test func givesUpAfterTwoSeconds() {
        let stream = stream()
        _ = kinds(stream, [1, 3])
        stream.tick(now: .ms(1999))
        #expect(stream.statistics.loss.lostAfterRepair == 0)
        stream.tick(now: .ms(2000))
        #expect(stream.statistics.loss.lostAfterRepair == 1)
        #expect(stream.statistics.loss.lostBeforeRepair == 1)
        #expect(stream.deadline == nil)
        #expect(stream.receive(packet(2), isRepair: true, now: .ms(2001)).kind == .tooLate)
        #expect(stream.receive(packet(2), isRepair: true, now: .ms(2002)).kind == .duplicate)
        #expect(stream.statistics.loss.repaired == 0)
        #expect(stream.statistics.uniqueCount == 2)
        #expect(stream.statistics.tooLateCount == 1)
    }

    @Test func givesUpWhatFallsTooFarBehind() {
        let stream = stream()
        _ = kinds(stream, [1, 3])
        for number in UInt16(4)...1001 { _ = stream.receive(packet(number), now: .ms(1)) }
        #expect(stream.missingCount == 1)
        _ = kinds(stream, [1002, 1004], at: .ms(1))
        #expect(stream.missingCount == 1)
        #expect(stream.statistics.loss.lostAfterRepair == 1)
    }

    @Test func longOutageIsGivenUpAtOnceAsFarAsItIsTooLong() {
        let stream = stream()
        _ = kinds(stream, [0, 2500])
        #expect(stream.missingCount == 1000)
        #expect(stream.statistics.loss.lostAfterRepair == 1499)
        #expect(stream.expectedCount == 2501)
        stream.finish()
        #expect(stream.statistics.loss.lostAfterRepair == 2499)
        #expect(stream.missingCount == 0)
    }

    @Test func restartNeedsTwoPacketsInSequence() {
        let stream = stream()
        _ = kinds(stream, [10, 11, 13])
        #expect(kinds(stream, [40_000, 14, 40_001, 40_002]) == [.implausible, .new, .implausible, .new])
        #expect(stream.statistics.restartCount == 1)
        #expect(stream.statistics.implausibleCount == 2)
        #expect(stream.statistics.loss.lostAfterRepair == 1)
        // 10...14 and 40002.
        #expect(stream.expectedCount == 6)
        #expect(kinds(stream, [40_003]) == [.new])
        // Numbers never go back, even where the source does.
        #expect(kinds(stream, [5000, 5001]) == [.implausible, .new])
        #expect(stream.highestSequence == Int64(70_537))
    }

    @Test func repairsCannotRestartAStream() {
        let stream = stream()
        _ = kinds(stream, [10])
        for number: UInt16 in [40_000, 40_001, 40_002] {
            #expect(stream.receive(packet(number), isRepair: true, now: .zero).kind == .implausible)
        }
        #expect(stream.statistics.restartCount == 0)
    }

    @Test func reportsLossOfThePrimaryPath() throws {
        let stream = stream()
        #expect(stream.makeReportBlock(now: .zero) == nil)
        _ = kinds(stream, [1, 2, 3, 5])
        var block = try #require(stream.makeReportBlock(now: .zero))
        #expect(block.fractionLost == 51)  // 1 of 5 in 1/256
        #expect(block.cumulativeLost == 1)
        #expect(block.highestSequence == 5)
        #expect(block.lastSenderReport == 0)
        #expect(block.delaySinceLastSenderReport == 0)
        // A repair does not change what the path lost; a late packet does.
        _ = stream.receive(packet(4), isRepair: true, now: .zero)
        _ = kinds(stream, [6, 7])
        block = try #require(stream.makeReportBlock(now: .zero))
        #expect(block.fractionLost == 0)
        #expect(block.cumulativeLost == 1)
        // Duplicates can make the loss negative (RFC 3550 section 6.4.1).
        _ = kinds(stream, [7, 7, 7])
        block = try #require(stream.makeReportBlock(now: .zero))
        #expect(block.cumulativeLost == -2)
        #expect(block.fractionLost == 0)
    }

    @Test func reportsWhatLiveKitReportsForTheFirstPackets() throws {
        // The recorded block of a server that missed 18 of the first 41 packets: fraction 112, lost 18.
        let stream = stream()
        for number in UInt16(32_407)...32_447 where number == 32_407 || number > 32_425 {
            _ = stream.receive(packet(number), now: .zero)
        }
        let block = try #require(stream.makeReportBlock(now: .zero))
        #expect(block.fractionLost == 112)
        #expect(block.cumulativeLost == 18)
        #expect(block.highestSequence == 32_447)
    }

    @Test func echoesTheLastSenderReport() throws {
        let stream = stream()
        _ = kinds(stream, [1])
        let report = SenderReport(
            ssrc: 7, ntp: 0xeeae_e63a_18f2_cf9e, rtpTimestamp: 90_000, packetCount: 0, octetCount: 0)
        stream.receive(report, now: .seconds(3.0))
        var other = report
        other.ssrc = 8
        stream.receive(other, now: .seconds(3.2))
        let block = try #require(stream.makeReportBlock(now: .seconds(3.5)))
        #expect(block.lastSenderReport == 0xe63a_18f2)
        #expect(block.delaySinceLastSenderReport == 1 << 15)
        #expect(stream.senderTime(of: 90_000) == report.ntp)
        #expect(stream.senderTime(of: 135_000) == report.ntp + 1 << 31)
        #expect(stream.senderTime(of: 45_000) == report.ntp - 1 << 31)
    }

    @Test func jitterSeesOnePacketPerFrame() {
        let steady = stream()
        for frame in 0..<100 {
            for part in 0..<5 {
                let header = packet(UInt16(frame * 5 + part), timestamp: UInt32(frame) * 3000)
                _ = steady.receive(header, now: .ms(Double(frame) * 100 / 3 + Double(part) * 3))
            }
        }
        #expect(steady.jitter.units < 1)
        // Repairs come long after and say nothing about the path.
        _ = steady.receive(packet(1000, timestamp: 0), isRepair: true, now: .seconds(9.0))
        #expect(steady.jitter.units < 1)
    }

    @Test func countsBytesAndPadding() {
        let stream = stream()
        _ = stream.receive(packet(1, payloadCount: 100), now: .zero)
        _ = stream.receive(packet(2, payloadCount: 0), now: .ms(5))
        _ = stream.receive(packet(1, payloadCount: 30), isRepair: true, now: .ms(9))
        #expect(stream.statistics.packetCount == 2)
        #expect(stream.statistics.payloadByteCount == 100)
        #expect(stream.statistics.paddingPacketCount == 1)
        #expect(stream.statistics.repairPacketCount == 1)
        #expect(stream.statistics.repairPayloadByteCount == 30)
        #expect(stream.lastPacketAt == .ms(5))
    }

    /// Every packet of a random network is accounted for, at every moment.
    @Test(arguments: 0..<20)
    func accountsAddUp(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed).fork("accounts")
        let stream = stream()
        var events: [(at: Int64, number: Int, isRepair: Bool)] = []
        let loss = 0.1 + generator.uniform() * 0.4
        for number in 0..<3000 {
            let sentAt = Int64(number) * 4_000_000
            var at = sentAt + Int64(generator.next() % 3_000_000)
            if generator.chance(0.02) { at += Int64(generator.next() % 60_000_000) }
            if !generator.chance(loss) || number == 0 { events.append((at, number, false)) }
            if generator.chance(0.02) { events.append((at + 1_000_000, number, false)) }
            if generator.chance(loss), number > 0 {
                events.append((sentAt + 50_000_000 + Int64(generator.next() % 3_000_000_000), number, true))
            }
        }
        events.sort { ($0.at, $0.number) < ($1.at, $1.number) }
        var seen = Set<Int>()
        for event in events {
            let now = Instant(nanoseconds: event.at)
            let arrival = stream.receive(
                packet(UInt16(event.number + 60_000 & 0xffff)), isRepair: event.isRepair, now: now)
            guard arrival.kind != .outside else { continue }
            #expect(Int(arrival.extendedSequence) == event.number + 60_000)
            #expect(arrival.isUnique == seen.insert(event.number).inserted)
            if generator.chance(0.1) { stream.tick(now: now) }
            let statistics = stream.statistics
            #expect(
                stream.expectedCount == statistics.uniqueCount + statistics.loss.lostAfterRepair
                    + stream.missingCount)
        }
        stream.finish()
        let (statistics, account) = (stream.statistics, stream.statistics.loss)
        #expect(
            account.lostBeforeRepair == account.repaired + account.lateRecovered + account.lostAfterRepair)
        #expect(stream.expectedCount == statistics.uniqueCount + account.lostAfterRepair)
        #expect(seen.count == statistics.uniqueCount + statistics.tooLateCount)
        #expect(account.repaired > 0)
        #expect(account.lostAfterRepair > 0)
    }
}
