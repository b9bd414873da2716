import Foundation
import Media
import Testing

@Suite struct SpeechQualityTests {
    private static let speech = SyntheticSpeech(
        seed: 2, rhythm: .french, pitch: 118, seconds: 4, hasChirps: false
    ).samples

    private static func quality(of heard: [Int16]) throws -> SpeechQuality {
        try #require(SpeechQuality(of: resampled(heard), against: resampled(speech)))
    }

    private static func resampled(_ samples: [Int16]) -> [Double] {
        samples.withUnsafeBufferPointer(SpeechResampler.downsample)
    }

    @Test func speechEqualsItself() throws {
        let quality = try Self.quality(of: Self.speech)
        #expect(abs(quality.opinion - 5) < 1e-3)
        #expect(abs(quality.similarity - 1) < 1e-6)
        #expect(quality.poorCount == 0)
        #expect(quality.similarities.count >= 5)
    }

    /// Neither level nor delay is heard.
    @Test func levelAndDelayAreTakenOut() throws {
        let late = [Int16](repeating: 0, count: 6576) + Self.speech.map { $0 / 2 }
        #expect(try Self.quality(of: late).opinion > 4.95)
    }

    @Test func gapsShowInTheWorstPatchesMoreThanInTheMean() throws {
        var heard = Self.speech
        for quarter in 1...3 {
            let start = heard.count * quarter / 4
            heard.replaceSubrange(start..<start + 9600, with: repeatElement(0, count: 9600))
        }
        let quality = try Self.quality(of: heard)
        #expect((4...4.98).contains(quality.opinion))
        #expect(quality.tenthPercentile < quality.similarity - 0.1)
    }

    /// Opus at a lower rate, then with loss, then noise: each is worse than the one before.
    @Test func worseIsWorse() throws {
        let fine = try Self.quality(of: try coded(48_000)).opinion
        let coarse = try Self.quality(of: try coded(12_000)).opinion
        let lossy = try Self.quality(of: try coded(12_000, losingEvery: 6)).opinion
        #expect(fine > coarse)
        #expect(coarse > lossy + 0.1)
    }

    @Test func tooLittleIsNotScored() {
        #expect(SpeechQuality(of: [], against: []) == nil)
        let silence = [Double](repeating: 0, count: 16_000)
        #expect(SpeechQuality(of: silence, against: silence) == nil)
        #expect(SpeechQuality(of: [0.1, 0.2], against: [0.1, 0.2]) == nil)
    }

    private func coded(_ bitrate: Int, losingEvery period: Int? = nil) throws -> [Int16] {
        let encoder = try OpusEncoder(OpusEncoder.Configuration(bitrate: bitrate))
        let decoder = try OpusDecoder()
        var heard: [Int16] = []
        let size = OpusEncoder.samplesPerPacket
        for number in 0..<Self.speech.count / size {
            var packet = [UInt8](repeating: 0, count: OpusEncoder.maximumPacketSize)
            let count = try Self.speech[number * size..<(number + 1) * size].withUnsafeBufferPointer {
                samples in
                try packet.withUnsafeMutableBytes { try encoder.encode(samples, into: $0) }
            }
            var samples = [Int16](repeating: 0, count: size)
            let isLost = period.map { number % $0 == $0 - 1 } ?? false
            _ = try samples.withUnsafeMutableBufferPointer { samples in
                try packet.withUnsafeBytes { packet in
                    isLost
                        ? try decoder.conceal(into: samples)
                        : try decoder.decode(
                            UnsafeRawBufferPointer(rebasing: packet[..<count]), into: samples)
                }
            }
            heard += samples
        }
        return heard
    }
}

/// The published pairs in full, where they are: set VISIOBENCH_VECTORS to the folder of the measurement vectors.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["VISIOBENCH_VECTORS"] != nil))
struct PublishedSpeechTests {
    private static let folder = ProcessInfo.processInfo.environment["VISIOBENCH_VECTORS"] ?? ""

    /// 16 kHz mono as 16-bit samples, as the scores were made.
    private func samples(_ name: String) throws -> [Double] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/audio/\(name)"))
        let samples = data.dropFirst(44).withUnsafeBytes { bytes in
            (0..<bytes.count / 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))
            }
        }
        let resampled = samples.withUnsafeBufferPointer(SpeechResampler.downsample)
        return resampled.map { (min(max($0, -1), 32767 / 32768.0) * 32768).rounded(.toNearestOrEven) / 32768 }
    }

    @Test func everyConditionHasItsPublishedScore() throws {
        let text = try String(contentsOfFile: "\(Self.folder)/audio/scores.csv", encoding: .utf8)
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let row = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let quality = try #require(SpeechQuality(of: try samples(row[0]), against: try samples(row[1])))
            let opinion = try #require(Double(row[6]))
            let similarity = try #require(Double(row[7]))
            #expect(abs(quality.opinion - opinion) < 0.01, "\(row[0]): \(quality.opinion) for \(opinion)")
            #expect(abs(quality.similarity - similarity) < 0.002, "\(row[0])")
        }
    }
}
