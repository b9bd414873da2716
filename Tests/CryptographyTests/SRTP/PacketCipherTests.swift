import Cryptography
import Primitives
import RTC
import Testing

/// What every cipher must do, ours for simulations included.
@Suite struct PacketCipherTests {
    enum Kind: CaseIterable, CustomTestStringConvertible {
        case galoisCounter, counterMode, simulated

        var testDescription: String { "\(self)" }

        func pair(seed: UInt64) throws -> (sender: any PacketCipher, receiver: any PacketCipher) {
            guard let profile else {
                return (SimulatedCipher(key: (seed, ~seed)), SimulatedCipher(key: (seed, ~seed)))
            }
            let material = profile.material(seed: seed)
            let client = try #require(CipherPair(profile: profile, keyingMaterial: material, role: .client))
            let server = try #require(CipherPair(profile: profile, keyingMaterial: material, role: .server))
            return (client.outbound, server.inbound)
        }

        private var profile: SRTPProfile? {
            switch self {
            case .galoisCounter: .aeadAES128GCM
            case .counterMode: .aes128CMHMACSHA1_80
            case .simulated: nil
            }
        }
    }

    @Test(arguments: Kind.allCases, [0, 1, 7, 15, 16, 17, 100, 1100])
    func whatWasProtectedComesBack(kind: Kind, payloadCount: Int) throws {
        let (sender, receiver) = try kind.pair(seed: 5)
        var generator = SeededGenerator(seed: 9)
        let index: UInt64 = 0x1234_5678_9abc
        let packet = TestPacket(
            ssrc: 7, sequenceNumber: 0x9abc, contributors: 1, extensionWords: 2,
            payload: generator.bytes(payloadCount))
        let protected = sender.protected(packet, ssrc: 7, index: index)
        #expect(protected.count == packet.bytes.count + sender.rtpOverhead)
        #expect(protected.prefix(packet.headerLength) == packet.bytes.prefix(packet.headerLength))
        #expect(
            receiver.unprotected(protected, headerLength: packet.headerLength, ssrc: 7, index: index)
                == packet.bytes)
    }

    @Test(arguments: Kind.allCases)
    func anyFlippedBitIsFound(kind: Kind) throws {
        let (sender, receiver) = try kind.pair(seed: 1)
        let packet = TestPacket(ssrc: 7, sequenceNumber: 3, extensionWords: 1, payload: Array(0..<50))
        let protected = sender.protected(packet, ssrc: 7, index: 3)
        for bit in 0..<protected.count * 8 {
            var forged = protected
            forged[bit / 8] ^= 1 << (bit % 8)
            let plain = receiver.unprotected(forged, headerLength: packet.headerLength, ssrc: 7, index: 3)
            #expect(plain.isEmpty, "bit \(bit)")
        }
        #expect(
            !receiver.unprotected(protected, headerLength: packet.headerLength, ssrc: 7, index: 3).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func anyFlippedBitOfRTCPIsFound(kind: Kind) throws {
        let (sender, receiver) = try kind.pair(seed: 2)
        let report: [UInt8] = [0x81, 201, 0, 7, 0, 0, 0x11, 0x11] + Array(0..<24)
        let protected = sender.protectedRTCP(report, ssrc: 0x1111, index: 77)
        #expect(protected.count == report.count + sender.rtcpOverhead)
        for bit in 0..<protected.count * 8 {
            var forged = protected
            forged[bit / 8] ^= 1 << (bit % 8)
            #expect(receiver.unprotectedRTCP(forged).isEmpty, "bit \(bit)")
        }
        #expect(receiver.unprotectedRTCP(protected) == report)
    }

    @Test(arguments: Kind.allCases)
    func anotherIndexOrKeyIsFound(kind: Kind) throws {
        let (sender, receiver) = try kind.pair(seed: 3)
        let stranger = try kind.pair(seed: 4).receiver
        let packet = TestPacket(ssrc: 7, sequenceNumber: 3, payload: Array(0..<50))
        let protected = sender.protected(packet, ssrc: 7, index: 3)
        #expect(receiver.unprotected(protected, headerLength: 12, ssrc: 7, index: 3 + 1 << 16).isEmpty)
        #expect(stranger.unprotected(protected, headerLength: 12, ssrc: 7, index: 3).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func impossibleSizesAreRefused(kind: Kind) throws {
        let (sender, receiver) = try kind.pair(seed: 3)
        let packet = TestPacket(ssrc: 7, sequenceNumber: 3, payload: [1, 2, 3])
        let protected = sender.protected(packet, ssrc: 7, index: 3)
        for count in 0..<protected.count {
            #expect(
                receiver.unprotected(Array(protected[..<count]), headerLength: 12, ssrc: 7, index: 3).isEmpty)
            #expect(receiver.unprotectedRTCP(Array(protected[..<count])).isEmpty)
        }
        let noRoom = inPlace(packet.bytes, room: sender.rtpOverhead - 1) {
            sender.protectRTP($0, count: packet.bytes.count, headerLength: 12, ssrc: 7, index: 3)
        }
        #expect(noRoom.isEmpty)
        let report = [UInt8](repeating: 0x80, count: 8)
        let noRoomRTCP = inPlace(report, room: sender.rtcpOverhead - 1) {
            sender.protectRTCP($0, count: 8, ssrc: 7, index: 3)
        }
        #expect(noRoomRTCP.isEmpty)
        #expect(receiver.unprotected(protected, headerLength: 19, ssrc: 7, index: 3).isEmpty)
        #expect(receiver.unprotected(protected, headerLength: 1000, ssrc: 7, index: 3).isEmpty)
    }

    @Test func wrongKeyingMaterialIsRefused() {
        for profile in SRTPProfile.all {
            let material = profile.material(seed: 1)
            #expect(CipherPair(profile: profile, keyingMaterial: material, role: .client) != nil)
            #expect(CipherPair(profile: profile, keyingMaterial: material + [0], role: .client) == nil)
            #expect(CipherPair(profile: profile, keyingMaterial: [], role: .client) == nil)
            #expect(CipherPair.cipher(profile: profile, masterKey: [1], masterSalt: [2]) == nil)
        }
    }
}
