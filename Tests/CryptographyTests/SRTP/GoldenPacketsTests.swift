import Cryptography
import Foundation
import Primitives
import RTC
import Testing

/// Packets exchanged with a LiveKit server, whose keys were logged.
@Suite struct GoldenPacketsTests {
    struct Golden {
        var profile = SRTPProfile.aeadAES128GCM
        var material: [UInt8] = []
        var role = DTLSRole.server
        var packets: [Packet] = []
    }

    struct Packet {
        var isRTP: Bool
        var isReceived: Bool
        var protected: [UInt8]
        var plain: [UInt8]
    }

    @Test(arguments: ["aead-aes-128-gcm", "aes128-cm-sha1-80"])
    func receivedPacketsDecryptToTheReference(name: String) throws {
        let golden = try load(name)
        var session = SRTPSession(ciphers: try ciphers(of: golden, role: golden.role))
        for packet in golden.packets where packet.isReceived {
            var bytes = packet.protected
            let result = unprotect(&bytes, isRTP: packet.isRTP, session: &session)
            guard case .ok(let count, let index) = result else {
                Issue.record("\(result)")
                continue
            }
            #expect(Array(bytes[..<count]) == packet.plain)
            if packet.isRTP { #expect(index == TestPacket.bigEndian(packet.plain[2..<4])) }
        }
        #expect(session.statistics.unprotectedRTP == 14)
        #expect(session.statistics.unprotectedRTCP == 1)
        #expect(session.statistics.unauthentic == 0)
    }

    @Test(arguments: ["aead-aes-128-gcm", "aes128-cm-sha1-80"])
    func protectingAnewGivesTheReference(name: String) throws {
        let golden = try load(name)
        let own = try ciphers(of: golden, role: golden.role)
        let peers = try ciphers(of: golden, role: golden.role == .server ? .client : .server)
        for packet in golden.packets {
            let cipher = packet.isReceived ? peers.outbound : own.outbound
            if packet.isRTP {
                let ssrc = UInt32(TestPacket.bigEndian(packet.plain[8..<12]))
                let index = TestPacket.bigEndian(packet.plain[2..<4])
                let protected = inPlace(packet.plain, room: cipher.rtpOverhead) {
                    cipher.protectRTP(
                        $0, count: packet.plain.count, headerLength: 12, ssrc: ssrc, index: index)
                }
                #expect(protected == packet.protected)
            } else {
                let end = packet.protected.count - cipher.bytesAfterRTCPIndex
                let index = UInt32(TestPacket.bigEndian(packet.protected[end - 4..<end]) & 0x7fff_ffff)
                let ssrc = UInt32(TestPacket.bigEndian(packet.plain[4..<8]))
                #expect(cipher.protectedRTCP(packet.plain, ssrc: ssrc, index: index) == packet.protected)
            }
        }
        #expect(golden.packets.count == 20)
    }

    private func unprotect(_ bytes: inout [UInt8], isRTP: Bool, session: inout SRTPSession) -> SRTPResult {
        let ssrc = UInt32(TestPacket.bigEndian(bytes[8..<12]))
        let sequenceNumber = UInt16(TestPacket.bigEndian(bytes[2..<4]))
        return bytes.withUnsafeMutableBytes { buffer in
            isRTP
                ? session.unprotectRTP(buffer, headerLength: 12, ssrc: ssrc, sequenceNumber: sequenceNumber)
                : session.unprotectRTCP(buffer)
        }
    }

    private func ciphers(of golden: Golden, role: DTLSRole) throws -> CipherPair {
        try #require(CipherPair(profile: golden.profile, keyingMaterial: golden.material, role: role))
    }

    private func load(_ name: String) throws -> Golden {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: folder.appendingPathComponent("Goldens/\(name).txt"), encoding: .utf8)
        var golden = Golden()
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            switch words[0] {
            case "profile":
                let code = try #require(UInt16(words[1], radix: 16))
                golden.profile = try #require(SRTPProfile(rawValue: code))
            case "material": golden.material = try #require([UInt8](hexadecimal: words[1]))
            case "role": golden.role = words[1] == "server" ? .server : .client
            default:
                golden.packets.append(
                    Packet(
                        isRTP: words[0] == "rtp", isReceived: words[1] == "recv",
                        protected: try #require([UInt8](hexadecimal: words[2])),
                        plain: try #require([UInt8](hexadecimal: words[3]))))
            }
        }
        return golden
    }
}
