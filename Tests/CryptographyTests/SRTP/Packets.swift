import Primitives
import RTC

/// An RTP packet for tests: fixed header, optionally CSRCs and an extension, and a payload.
struct TestPacket {
    var bytes: [UInt8]
    var headerLength: Int

    init(
        ssrc: UInt32, sequenceNumber: UInt16, contributors: Int = 0, extensionWords: Int? = nil,
        payload: [UInt8]
    ) {
        bytes = [UInt8(0x80 | contributors | (extensionWords == nil ? 0 : 0x10)), 96]
        bytes += [UInt8(sequenceNumber >> 8), UInt8(truncatingIfNeeded: sequenceNumber), 1, 2, 3, 4]
        bytes += Self.bigEndian(ssrc)
        bytes += [UInt8](repeating: 0xcc, count: contributors * 4)
        if let extensionWords {
            bytes +=
                [0xbe, 0xde, 0, UInt8(extensionWords)] + [UInt8](repeating: 0x10, count: extensionWords * 4)
        }
        headerLength = bytes.count
        bytes += payload
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// Runs `body` on `bytes` in a buffer with `room` more bytes, and returns the first bytes it says are valid.
func inPlace(
    _ bytes: [UInt8], room: Int = 0, _ body: (UnsafeMutableRawBufferPointer) -> Int
) -> [UInt8] {
    var buffer = bytes + [UInt8](repeating: 0xaa, count: room)
    let count = buffer.withUnsafeMutableBytes(body)
    return Array(buffer[..<count])
}

extension PacketCipher {
    /// The protected form of a packet; empty if refused.
    func protected(_ packet: TestPacket, ssrc: UInt32, index: UInt64) -> [UInt8] {
        inPlace(packet.bytes, room: rtpOverhead) {
            protectRTP(
                $0, count: packet.bytes.count, headerLength: packet.headerLength, ssrc: ssrc, index: index)
        }
    }

    /// The plain form of a protected packet; empty if refused.
    func unprotected(_ bytes: [UInt8], headerLength: Int, ssrc: UInt32, index: UInt64) -> [UInt8] {
        inPlace(bytes) {
            unprotectRTP($0, count: bytes.count, headerLength: headerLength, ssrc: ssrc, index: index)
        }
    }

    /// The protected form of an RTCP packet; empty if refused.
    func protectedRTCP(_ bytes: [UInt8], ssrc: UInt32, index: UInt32) -> [UInt8] {
        inPlace(bytes, room: rtcpOverhead) { protectRTCP($0, count: bytes.count, ssrc: ssrc, index: index) }
    }

    /// The plain form of a protected RTCP packet; empty if refused.
    func unprotectedRTCP(_ bytes: [UInt8]) -> [UInt8] {
        inPlace(bytes) { unprotectRTCP($0, count: bytes.count) }
    }
}

extension SRTPProfile {
    static let all: [SRTPProfile] = [.aeadAES128GCM, .aes128CMHMACSHA1_80]

    /// Keying material for tests.
    func material(seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(2 * (keyByteCount + saltByteCount))
    }
}
