import Media
import Testing

@Suite struct SyntheticSpeechTests {
    private static let french = SyntheticSpeech(
        seed: 2, rhythm: .french, pitch: 118, seconds: 4, hasChirps: false)
    private static let english = SyntheticSpeech(
        seed: 2, rhythm: .english, pitch: 118, seconds: 4, hasChirps: false)

    private func levels(_ speech: SyntheticSpeech) -> [UInt8] {
        speech.samples.withUnsafeBufferPointer { samples in
            stride(from: 0, to: samples.count, by: 960).map {
                AudioLevel.measure(UnsafeBufferPointer(rebasing: samples[$0..<$0 + 960]))
            }
        }
    }

    /// The same samples on every machine.
    @Test func isTheSameEverywhere() {
        #expect(checksum(Self.french.samples) == 3_682_063_525)
        #expect(checksum(Self.english.samples) == 927_078_387)
    }

    @Test(arguments: [SpeechRhythm.french, .english])
    func hasTalkSpurtsAndPauses(rhythm: SpeechRhythm) {
        let speech = rhythm == .french ? Self.french : Self.english
        let levels = levels(speech)
        #expect(speech.samples.count == 4 * 48_000 && speech.background.count == speech.samples.count)
        // Active speech lies about 26 dB below full scale, pauses at the background.
        #expect(levels.filter { $0 < 40 }.count > 100)
        #expect(levels.filter { $0 > 60 }.count > 15)
        #expect(levels.allSatisfy { $0 > 12 })
    }

    @Test func beginsAndEndsInSilence() {
        for speech in [Self.french, Self.english] {
            let levels = levels(speech)
            #expect(levels.prefix(4).allSatisfy { $0 > 60 })
            #expect(levels.suffix(3).allSatisfy { $0 > 60 })
        }
    }

    @Test func languagesDiffer() { #expect(Self.french.samples != Self.english.samples) }

    /// The voice is periodic at its pitch: the autocorrelation of a vowel peaks there.
    @Test func isVoiced() throws {
        let samples = Self.french.samples
        let loudest = try #require(
            stride(from: 0, to: samples.count - 4800, by: 960).max { left, right in
                energy(samples[left..<left + 2400]) < energy(samples[right..<right + 2400])
            })
        let window = samples[loudest..<loudest + 4800].map(Double.init)
        func correlation(_ lag: Int) -> Double {
            zip(window, window.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let best = try #require((200...700).max { correlation($0) < correlation($1) })
        let pitch = 48_000.0 / Double(best)
        #expect((90...160).contains(pitch))
        #expect(correlation(best) > 0.5 * correlation(0))
    }

    private func energy(_ samples: ArraySlice<Int16>) -> Int { samples.reduce(0) { $0 + Int($1) * Int($1) } }
}
