import Primitives
import Testing

@Suite struct SecurityFuzzTests {
    @Test func handshakesSurviveNoise() {
        var generator = SeededGenerator(seed: 5).fork("handshake-noise")
        for _ in 0..<200 {
            let bytes = (0..<1 + generator.next() % 4).flatMap { _ in piece(using: &generator) }
            bytes.withUnsafeBytes { fuzzSecureHandshake($0) }
        }
    }

    @Test func packetsSurviveNoise() {
        var generator = SeededGenerator(seed: 6).fork("srtp-noise")
        for _ in 0..<10_000 {
            var bytes = generator.bytes(Int(generator.next() % 80))
            if bytes.count > 1, generator.chance(0.9) {
                bytes[0] %= 24
                bytes[1] = 0
            }
            bytes.withUnsafeBytes { fuzzSRTP($0) }
        }
    }

    /// One datagram with its length before it: mostly something that begins like a DTLS 1.2 record.
    private func piece(using generator: inout SeededGenerator) -> [UInt8] {
        let words = Int(generator.next() % 30)
        var datagram = generator.bytes(words * 8)
        if datagram.count >= 32, generator.chance(0.9) {
            let length = generator.chance(0.9) ? datagram.count - 13 : Int(generator.next() % 300)
            let type = UInt8(20 + generator.next() % 5)
            let epoch = UInt8(generator.next() % 2)
            let header: [UInt8] = [type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, UInt8(generator.next() % 9)]
            datagram.replaceSubrange(0..<13, with: header + [UInt8(length >> 8), UInt8(length & 255)])
            if type == 22, generator.chance(0.9) {
                // A handshake message: type, length, message number, no fragment.
                let body = datagram.count - 25
                let size = [0, UInt8(body >> 8), UInt8(body & 255)]
                let number = [0, UInt8(generator.next() % 3)]
                let kind =
                    generator.chance(0.5) ? UInt8(1 + generator.next() % 4) : UInt8(generator.next() % 21)
                datagram.replaceSubrange(13..<25, with: [kind] + size + number + [0, 0, 0] + size)
            }
        }
        return [UInt8(words)] + datagram
    }
}
