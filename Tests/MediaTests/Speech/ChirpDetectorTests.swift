import Media
import Primitives
import Testing

@Suite struct ChirpDetectorTests {
    private func detect(_ samples: [Int16]) -> [ChirpDetector.Detection] {
        samples.withUnsafeBufferPointer(ChirpDetector.detect)
    }

    @Test(arguments: [0, 1, 5, 4_801, 20_003])
    func findsACleanChirpToTheSample(offset: Int) throws {
        var samples = [Int16](repeating: 0, count: 30_000)
        for (index, sample) in SyncChirp.samples.enumerated() { samples[offset + index] = sample / 4 }
        let found = detect(samples)
        #expect(found.count == 1)
        let detection = try #require(found.first)
        #expect(abs(detection.sampleOffset - Double(offset)) < 0.2)
        #expect(detection.correlation > 0.99)
    }

    @Test func peaksTenDecibelsBelowFullScale() {
        let peak = SyncChirp.samples.map { abs(Int($0)) }.max() ?? 0
        #expect((10_300...10_362).contains(peak))
        #expect(SyncChirp.samples.count == 4_800)
    }

    @Test func findsEveryChirpUnderSpeech() {
        let speech = SyntheticSpeech(seed: 3, rhythm: .english, pitch: 196, seconds: 4)
        let found = detect(speech.samples)
        #expect(found.count == 4)
        for (second, detection) in found.enumerated() {
            #expect(abs(detection.sampleOffset - Double(second * 48_000)) < 4)
        }
    }

    /// Opus at 24 kbit/s moves no chirp by more than 0.13 ms once its delay is taken off.
    @Test func survivesOpus() throws {
        let speech = SyntheticSpeech(seed: 2, rhythm: .french, pitch: 118, seconds: 3)
        let encoder = try OpusEncoder(OpusEncoder.Configuration(bitrate: 24_000))
        let decoder = try OpusDecoder()
        var decoded: [Int16] = []
        try speech.samples.withUnsafeBufferPointer { samples in
            for start in stride(from: 0, to: samples.count, by: 960) {
                decoded += try roundTrip(
                    UnsafeBufferPointer(rebasing: samples[start..<start + 960]), encoder, decoder)
            }
        }
        let found = detect(decoded)
        #expect(found.count == 3)
        for (second, detection) in found.enumerated() {
            let offset = detection.sampleOffset - Double(encoder.lookahead)
            #expect(abs(offset - Double(second * 48_000)) < 0.13 * 48)
        }
    }

    @Test func findsNothingInSpeechNoiseAndSilence() {
        let speech = SyntheticSpeech(seed: 2, rhythm: .french, pitch: 118, seconds: 3, hasChirps: false)
        #expect(detect(speech.samples) == [])
        #expect(detect(speech.background) == [])
        #expect(detect([Int16](repeating: 0, count: 20_000)) == [])
        var generator = SeededGenerator(seed: 1)
        #expect(detect((0..<20_000).map { _ in Int16(truncatingIfNeeded: generator.next()) }) == [])
        #expect(detect([]) == [])
        #expect(detect([Int16](repeating: 9, count: 4_799)) == [])
    }
}

/// One packet through an encoder and a decoder.
func roundTrip(
    _ samples: UnsafeBufferPointer<Int16>, _ encoder: OpusEncoder, _ decoder: OpusDecoder
) throws -> [Int16] {
    var packet = [UInt8](repeating: 0, count: OpusEncoder.maximumPacketSize)
    let count = try packet.withUnsafeMutableBytes { try encoder.encode(samples, into: $0) }
    return try decoded(Array(packet.prefix(count)), by: decoder)
}

/// The samples of one packet.
func decoded(_ packet: [UInt8], by decoder: OpusDecoder) throws -> [Int16] {
    var samples = [Int16](repeating: 0, count: OpusDecoder.maximumSamplesPerPacket)
    let count = try packet.withUnsafeBytes { packet in
        try samples.withUnsafeMutableBufferPointer { try decoder.decode(packet, into: $0) }
    }
    return Array(samples.prefix(count))
}
