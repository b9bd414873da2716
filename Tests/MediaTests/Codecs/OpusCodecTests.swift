import Media
import Testing

@Suite struct OpusCodecTests {
    private func packets(_ configuration: OpusEncoder.Configuration, count: Int) throws -> [[UInt8]] {
        let speech = SyntheticSpeech(seed: 2, rhythm: .french, pitch: 118, seconds: 2)
        let encoder = try OpusEncoder(configuration)
        return try speech.samples.withUnsafeBufferPointer { samples in
            try (0..<count).map { number in
                var packet = [UInt8](repeating: 0, count: OpusEncoder.maximumPacketSize)
                let start = number * OpusEncoder.samplesPerPacket
                let size = try packet.withUnsafeMutableBytes { packet in
                    try encoder.encode(
                        UnsafeBufferPointer(rebasing: samples[start..<start + OpusEncoder.samplesPerPacket]),
                        into: packet)
                }
                return Array(packet.prefix(size))
            }
        }
    }

    private func level(_ samples: [Int16]) -> UInt8 { samples.withUnsafeBufferPointer(AudioLevel.measure) }

    @Test func aPacketHoldsTwentyMilliseconds() throws {
        let decoder = try OpusDecoder()
        for packet in try packets(OpusEncoder.Configuration(bitrate: 32_000), count: 20) {
            #expect(try decoded(packet, by: decoder).count == OpusEncoder.samplesPerPacket)
        }
    }

    @Test func concealmentFillsALostPacket() throws {
        let decoder = try OpusDecoder()
        for packet in try packets(OpusEncoder.Configuration(bitrate: 32_000), count: 18) {
            _ = try decoded(packet, by: decoder)
        }
        var samples = [Int16](repeating: 0, count: OpusEncoder.samplesPerPacket)
        let count = try samples.withUnsafeMutableBufferPointer { try decoder.conceal(into: $0) }
        #expect(count == samples.count)
        #expect(level(samples) < 50)
    }

    /// A packet lost in the middle of speech comes back from its successor louder and closer than
    /// concealment.
    @Test func redundancyRebuildsALostPacket() throws {
        let all = try packets(
            OpusEncoder.Configuration(
                bitrate: 32_000, hasForwardErrorCorrection: true, expectedLossPercent: 20),
            count: 30)
        let (whole, recovering, concealing) = (try OpusDecoder(), try OpusDecoder(), try OpusDecoder())
        var errors = (recovered: 0.0, concealed: 0.0)
        for (number, packet) in all.dropLast().enumerated() {
            let truth = try decoded(packet, by: whole)
            guard number > 8, number.isMultiple(of: 4) else {
                _ = try decoded(packet, by: recovering)
                _ = try decoded(packet, by: concealing)
                continue
            }
            var samples = [Int16](repeating: 0, count: truth.count)
            _ = try all[number + 1].withUnsafeBytes { next in
                try samples.withUnsafeMutableBufferPointer { try recovering.recover(from: next, into: $0) }
            }
            errors.recovered += distance(samples, truth)
            _ = try samples.withUnsafeMutableBufferPointer { try concealing.conceal(into: $0) }
            errors.concealed += distance(samples, truth)
        }
        #expect(errors.recovered < 0.8 * errors.concealed)
    }

    private func distance(_ left: [Int16], _ right: [Int16]) -> Double {
        zip(left, right).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    }

    @Test func hostileBytesAreRefused() throws {
        let decoder = try OpusDecoder()
        #expect(throws: CodecError.self) { try decoded([], by: decoder) }
        // Code 3 with more frames than bytes (RFC 6716 section 3.2.5).
        #expect(throws: CodecError.self) { try decoded([0xff, 0x3f, 1], by: decoder) }
    }
}
