import Primitives
import Testing
import WireFormats

@Suite struct STUNFuzzTests {
    @Test func survivesNoise() {
        var generator = SeededGenerator(seed: 1).fork("stun-noise")
        for _ in 0..<20_000 {
            var bytes = generator.bytes(Int(generator.next() % 120))
            if generator.chance(0.9), bytes.count >= 20 { repair(&bytes) }
            bytes.withUnsafeBytes { fuzzSTUN($0) }
        }
    }

    @Test func survivesMutations() {
        var generator = SeededGenerator(seed: 2).fork("stun-mutations")
        for _ in 0..<20_000 {
            var bytes = message(using: &generator)
            for _ in 0..<1 + generator.next() % 4 {
                switch generator.next() % 4 {
                case 0:
                    bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8.random(
                        in: 0...255, using: &generator)
                case 1: bytes.removeLast(min(bytes.count - 1, Int(generator.next() % 8)))
                case 2: bytes += generator.bytes(Int(generator.next() % 8))
                default:
                    bytes[Int(generator.next() % UInt64(bytes.count))] ^= 1 << UInt8(generator.next() % 8)
                }
            }
            if generator.chance(0.5), bytes.count >= 20 { repair(&bytes) }
            bytes.withUnsafeBytes { fuzzSTUN($0) }
        }
    }

    /// Gives bytes the header of a STUN message, so that their attributes are looked at.
    private func repair(_ bytes: inout [UInt8]) {
        bytes.removeLast(bytes.count % 4)
        let length = bytes.count - 20
        bytes[0] &= 0x3f
        bytes.replaceSubrange(2..<8, with: [UInt8(length >> 8), UInt8(length & 255), 0x21, 0x12, 0xa4, 0x42])
    }

    private func message(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 200)
        let id = STUNTransactionID(using: &generator)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = STUNWriter(buffer, .request, transactionID: id)
            writer.writeUsername(Array(generator.text(Int(generator.next() % 20)).utf8))
            writer.writeMappedAddress(SocketAddress(v6High: generator.next(), low: generator.next(), port: 9))
            writer.writeRole(isControlling: true, tieBreaker: generator.next())
            writer.writeErrorCode(487, reason: "Role Conflict")
            if generator.chance(0.5) { writer.writeFingerprint() }
            return writer.count
        }
        return Array(bytes[..<count])
    }
}
