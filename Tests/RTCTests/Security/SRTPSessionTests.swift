import Primitives
import RTC
import Testing

@Suite struct SRTPSessionTests {
    /// Both ends of one direction.
    struct Ends {
        var sender: SRTPSession
        var receiver: SRTPSession

        init(key: UInt64 = 1) {
            func pair() -> CipherPair {
                CipherPair(inbound: SimulatedCipher(key: (key, 2)), outbound: SimulatedCipher(key: (key, 2)))
            }
            sender = SRTPSession(ciphers: pair())
            receiver = SRTPSession(ciphers: pair())
        }

        mutating func protect(_ sequenceNumber: UInt16, ssrc: UInt32 = 7) -> [UInt8] {
            var packet: [UInt8] = [
                0x80, 96, UInt8(sequenceNumber >> 8), UInt8(truncatingIfNeeded: sequenceNumber),
            ]
            packet += [0, 0, 0, 1, 0, 0, 0, UInt8(truncatingIfNeeded: ssrc)] + [UInt8](0..<40)
            let count = packet.count
            packet += [UInt8](repeating: 0, count: sender.rtpOverhead)
            let protected = packet.withUnsafeMutableBytes {
                sender.protectRTP(
                    $0, count: count, headerLength: 12, ssrc: ssrc, sequenceNumber: sequenceNumber)
            }
            #expect(protected == packet.count)
            return packet
        }

        mutating func unprotect(_ packet: [UInt8], ssrc: UInt32 = 7) -> SRTPResult {
            var packet = packet
            let sequenceNumber = UInt16(packet[2]) << 8 | UInt16(packet[3])
            return packet.withUnsafeMutableBytes {
                receiver.unprotectRTP($0, headerLength: 12, ssrc: ssrc, sequenceNumber: sequenceNumber)
            }
        }

        mutating func protectRTCP(ssrc: UInt32 = 7) -> [UInt8] {
            var packet: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, UInt8(truncatingIfNeeded: ssrc)]
            packet += [UInt8](repeating: 0, count: sender.rtcpOverhead)
            let protected = packet.withUnsafeMutableBytes { sender.protectRTCP($0, count: 8, ssrc: ssrc) }
            #expect(protected == packet.count)
            return packet
        }

        mutating func unprotectRTCP(_ packet: [UInt8]) -> SRTPResult {
            var packet = packet
            return packet.withUnsafeMutableBytes { receiver.unprotectRTCP($0) }
        }
    }

    @Test func theRolloverCounterFollowsEveryWrap() {
        var ends = Ends()
        var expected: UInt64 = 30_000
        for _ in 0..<40 {
            let packet = ends.protect(UInt16(truncatingIfNeeded: expected))
            #expect(ends.unprotect(packet) == .ok(count: 52, extendedIndex: expected))
            expected += 9_973
        }
        #expect(expected > 6 << 16)
        #expect(ends.receiver.statistics.unprotectedRTP == 40)
    }

    @Test(arguments: [
        (previous: 65_535, next: 0, index: 65_536),
        (previous: 40_000, next: 7_000, index: 65_536 + 7_000),
        (previous: 0, next: 32_767, index: 32_767),
        // There is nothing before the beginning: a number half a cycle back lies ahead instead.
        (previous: 2, next: 65_534, index: 65_534),
    ])
    func theIndexIsTheNearest(previous: UInt16, next: UInt16, index: UInt64) {
        var ends = Ends()
        #expect(ends.unprotect(ends.protect(previous)) == .ok(count: 52, extendedIndex: UInt64(previous)))
        #expect(ends.unprotect(ends.protect(next)) == .ok(count: 52, extendedIndex: index))
    }

    @Test func latePacketsKeepTheirIndexAcrossAWrap() {
        var ends = Ends()
        let packets = [65_533, 65_534, 65_535, 0, 1, 2].map { ends.protect(UInt16($0)) }
        let arrival = [0, 4, 2, 5, 1, 3]
        for position in arrival {
            #expect(
                ends.unprotect(packets[position]) == .ok(count: 52, extendedIndex: UInt64(65_533 + position)))
        }
    }

    @Test func aPacketIsAcceptedOnce() {
        var ends = Ends()
        let packets = (0..<200).map { ends.protect(UInt16(60_000 + $0)) }
        for packet in packets { #expect(ends.unprotect(packet) != .replay) }
        for packet in packets.reversed() { #expect(ends.unprotect(packet) == .replay) }
        #expect(ends.receiver.statistics.replays == 200)
        #expect(ends.receiver.statistics.unprotectedRTP == 200)
    }

    @Test func whatLeftTheWindowIsRefused() {
        var ends = Ends()
        let old = ends.protect(100)
        let edge = ends.protect(101)
        let recent = ends.protect(101 + 1023)
        #expect(ends.unprotect(recent) == .ok(count: 52, extendedIndex: 1124))
        #expect(ends.unprotect(old) == .replay)
        #expect(ends.unprotect(edge) == .ok(count: 52, extendedIndex: 101))
    }

    @Test func aForgeryLeavesNoTrace() {
        var ends = Ends()
        let first = ends.protect(1000)
        #expect(ends.unprotect(first) == .ok(count: 52, extendedIndex: 1000))
        var forged = ends.protect(1001)
        forged[2] = 0x60  // would move the window by thousands
        #expect(ends.unprotect(forged) == .unauthentic)
        var strange = ends.protect(5, ssrc: 9)
        strange[20] ^= 1
        #expect(ends.unprotect(strange, ssrc: 9) == .unauthentic)
        #expect(ends.unprotect(ends.protect(1002)) == .ok(count: 52, extendedIndex: 1002))
        #expect(ends.receiver.statistics.unauthentic == 2)
    }

    @Test(arguments: [1, 8, 9, 40, 500])
    func everySourceHasItsOwnCounter(sourceCount: Int) {
        var ends = Ends()
        var generator = SeededGenerator(seed: 4)
        let sources = (0..<sourceCount).map { _ in UInt32(truncatingIfNeeded: generator.next()) }
        for round in 0..<3 {
            for (number, ssrc) in sources.enumerated() {
                let index = UInt64(number) * 131 % 60_000 + UInt64(round) * 30_000
                let packet = ends.protect(UInt16(truncatingIfNeeded: index), ssrc: ssrc)
                #expect(ends.unprotect(packet, ssrc: ssrc) == .ok(count: 52, extendedIndex: index))
            }
        }
        #expect(ends.sender.statistics.protectedRTP == 3 * sourceCount)
    }

    @Test func controlPacketsAreAcceptedOnceInAnyOrder() {
        var ends = Ends()
        let packets = (0..<10).map { _ in ends.protectRTCP() }
        for index in [0, 3, 1, 2, 9, 4] {
            #expect(ends.unprotectRTCP(packets[index]) == .ok(count: 8, extendedIndex: UInt64(index)))
            #expect(ends.unprotectRTCP(packets[index]) == .replay)
        }
        let other = ends.protectRTCP(ssrc: 8)
        #expect(ends.unprotectRTCP(other) == .ok(count: 8, extendedIndex: 10))
        var forged = ends.protectRTCP()
        forged[1] ^= 1
        #expect(ends.unprotectRTCP(forged) == .unauthentic)
        for count in 0..<28 {
            #expect(ends.unprotectRTCP([UInt8](repeating: 0x80, count: count)) == .unauthentic)
        }
    }

    @Test func anotherKeyIsNotAuthentic() {
        var ends = Ends()
        var others = Ends(key: 5)
        #expect(others.unprotect(ends.protect(1)) == .unauthentic)
        #expect(others.unprotectRTCP(ends.protectRTCP()) == .unauthentic)
    }

    @Test func thePlainPacketComesBack() {
        var ends = Ends()
        var packet = ends.protect(1)
        #expect(Array(packet[12..<20]) == [0, 1, 2, 3, 4, 5, 6, 7])
        let result = packet.withUnsafeMutableBytes {
            ends.receiver.unprotectRTP($0, headerLength: 12, ssrc: 7, sequenceNumber: 1)
        }
        #expect(result == .ok(count: 52, extendedIndex: 1))
        #expect(Array(packet[12..<52]) == Array(0..<40))
    }
}
