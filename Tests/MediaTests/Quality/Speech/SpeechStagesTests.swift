import Media
import Testing

/// Stage by stage against ViSQOL version 3 as visqol-python 3.8.0 computes it.
@Suite struct SpeechStagesTests {
    private func numbers(_ text: String) throws -> [Double] {
        try text.split(separator: " ").map { try #require(Double($0)) }
    }

    @Test(arguments: [("speech16k", 16_000, 21, 8000.0), ("audio48k", 48_000, 32, 24_000)])
    func filtersEqualTheVectors(name: String, sampleRate: Int, bandCount: Int, highest: Double) throws {
        let bank = GammatoneFilter.bank(
            sampleRate: sampleRate, bandCount: bandCount, lowestHertz: 50, highestHertz: highest)
        let rows = try Fixture.rows("speech/erb_filters_\(name).csv")
        #expect(rows.count == bandCount)
        // The file has the highest band first.
        for (row, filter) in zip(rows, bank.reversed()) {
            let expected = try row[1...].map { try #require(Double($0)) }
            let actual =
                [filter.centerHertz, filter.a0] + (0..<4).map { filter.a1[$0] }
                + [0, 1, filter.b1, filter.b2, filter.gain]
            for (left, right) in zip(actual, expected) {
                #expect(abs(left - right) <= 1e-9 * max(abs(left), abs(right), 1e-12), "\(row[0])")
            }
        }
    }

    /// 0.3 sin 440 Hz + 0.2 sin 2500 Hz + noise of a linear congruential generator, half a second.
    @Test(arguments: [("speech16k", 16_000, 21, 8000.0), ("audio48k", 48_000, 32, 24_000)])
    func spectrogramEqualsTheVectors(name: String, sampleRate: Int, bandCount: Int, highest: Double) throws {
        var state: UInt32 = 12345
        let samples = (0..<sampleRate / 2).map { index -> Double in
            state = 1_664_525 &* state &+ 1_013_904_223
            let noise = Double(state >> 16) / 32768 - 1
            let time = Double(index) / Double(sampleRate)
            return 0.3 * Self.sine(440 * time) + 0.2 * Self.sine(2500 * time) + 0.05 * noise
        }
        let graph = AuditorySpectrograph(sampleRate: sampleRate, bandCount: bandCount, highestHertz: highest)
        let spectrogram = try #require(graph.spectrogram(of: samples))
        let rows = try Fixture.rows("speech/spectrogram_\(name).csv")
        #expect(rows.count == spectrogram.frameCount)
        let expected = try rows.flatMap { try $0.map { try #require(Double($0)) } }
        #expect(expected.count == spectrogram.values.count)
        for (left, right) in zip(spectrogram.values, expected) { #expect(abs(left - right) <= 1e-6 * right) }
    }

    /// The sine of so many turns, by its series, so that no library is needed here.
    private static func sine(_ turns: Double) -> Double {
        let x = 2 * Double.pi * (turns - turns.rounded())
        var (term, sum) = (x, x)
        for index in 1...14 {
            term *= -x * x / Double(2 * index * (2 * index + 1))
            sum += term
        }
        return sum
    }

    @Test func similarityEqualsTheVectors() throws {
        let rows = try Fixture.rows("speech/nsim_patches.csv")
        #expect(rows.count == 4)
        for row in rows {
            let bands = try #require(Int(row[1]))
            let frames = try #require(Int(row[2]))
            /// The file is band by band; we keep frame by frame.
            func patch(_ text: String) throws -> [Double] {
                let values = try numbers(text)
                return (0..<frames).flatMap { frame in (0..<bands).map { values[$0 * frames + frame] } }
            }
            let similarity = NeurogramSimilarity(
                of: try patch(row[4]), against: try patch(row[3]), bandCount: bands)
            #expect(abs(similarity.mean - (try #require(Double(row[5])))) < 1e-9)
            for (left, right) in zip(similarity.bandMeans, try numbers(row[6])) {
                #expect(abs(left - right) < 1e-9)
            }
        }
    }

    @Test func lagsEqualTheVectors() throws {
        let rows = try Fixture.rows("speech/best_lag.csv")
        #expect(rows.count == 4)
        for row in rows {
            let lag = SoundAlignment.bestLag(of: try numbers(row[1]), behind: try numbers(row[0]))
            #expect(lag == Int(row[3]))
        }
    }

    @Test func opinionsEqualTheVectors() throws {
        for row in try Fixture.rows("speech/speech_exponential_map.csv") {
            let similarity = try #require(Double(row[0]))
            let scaled = SpeechQuality.opinion(ofSimilarity: similarity)
            let plain = SpeechQuality.opinion(ofSimilarity: similarity, isScaled: false)
            #expect(abs(scaled - (try #require(Double(row[1])))) < 1e-9)
            #expect(abs(plain - (try #require(Double(row[2])))) < 1e-9)
        }
    }

    /// A pure tone has a flat envelope, whatever the length; 1000 and 1001 take Bluestein's way.
    @Test(arguments: [1000, 1001, 1024])
    func aToneHasAFlatEnvelope(count: Int) {
        let tone = (0..<count).map { Self.sine(20 * Double($0) / Double(count)) + 3 }
        let envelope = SoundAlignment.envelope(tone)
        #expect(envelope.count == count)
        #expect(envelope.allSatisfy { abs($0 - 4) < 1e-9 })
    }
}
