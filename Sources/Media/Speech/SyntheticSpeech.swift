import Primitives

/// Speech-like sound made from nothing: a voice source, four resonances of a mouth, hiss, and the sync
/// chirps.
///
/// 48 kHz mono, integer arithmetic only, one loop that begins and ends in silence and so repeats without a
/// seam. Nobody was recorded, hence nobody's licence applies.
public struct SyntheticSpeech: Sendable {
    /// The samples of one loop.
    public let samples: [Int16]
    /// Faint noise of the same length: what the microphone hears when nobody speaks.
    public let background: [Int16]

    /// Root mean square of speech while it is active: -26 dBFS, as ITU-T P.56 measurements are aligned to.
    private static let activeLevel: Int64 = 1642

    /// Speaks for a loop of `seconds`.
    ///
    /// - Parameters:
    ///   - seed: What is said.
    ///   - rhythm: In the manner of which language.
    ///   - pitch: Of the voice at rest, in Hz.
    ///   - hasChirps: Whether the sync chirp sounds at every whole second.
    public init(seed: UInt64, rhythm: SpeechRhythm, pitch: Int, seconds: Int, hasChirps: Bool = true) {
        let count = seconds * OpusEncoder.sampleRate
        let score = SpeechScore(seed: seed, rhythm: rhythm, pitch: pitch, seconds: seconds)
        var voice = Voice(seed: seed)
        let raw = voice.speak(score)
        background = Self.noise(seed: seed, count: count)
        samples = Self.mixed(raw, score: score, background: background, hasChirps: hasChirps)
    }

    private static func noise(seed: UInt64, count: Int) -> [Int16] {
        var generator = SeededGenerator(seed: seed).fork("background")
        return (0..<count).map { _ in Int16(truncatingIfNeeded: generator.next() >> 59) - 16 }
    }

    private static func mixed(
        _ raw: [Int64], score: SpeechScore, background: [Int16], hasChirps: Bool
    ) -> [Int16] {
        var energy: Int64 = 0
        var active: Int64 = 0
        for (index, step) in score.steps.enumerated() where step.voice > 0 || step.hiss > 0 {
            let start = index * Articulation.samplesPerStep
            for sample in raw[start..<start + Articulation.samplesPerStep] {
                energy &+= (sample >> 8) &* (sample >> 8)
            }
            active += Int64(Articulation.samplesPerStep)
        }
        let level = max(1, FixedPoint.squareRoot(energy / max(1, active)) << 8)
        return raw.indices.map { index in
            var sample = raw[index] * activeLevel / level + Int64(background[index])
            let sinceSecond = index % OpusEncoder.sampleRate
            if hasChirps, sinceSecond < SyncChirp.sampleCount {
                sample += Int64(SyncChirp.samples[sinceSecond])
            }
            return Int16(clamping: sample)
        }
    }
}

/// The source and the mouth.
private struct Voice {
    private var mouth = (Resonator(), Resonator(), Resonator(), Resonator())
    private var hissPlace = Resonator()
    private var generator: SeededGenerator
    private var glottis: UInt32 = 0

    init(seed: UInt64) { generator = SeededGenerator(seed: seed).fork("hiss") }

    /// Renders a score; the level is arbitrary.
    mutating func speak(_ score: SpeechScore) -> [Int64] {
        var samples: [Int64] = []
        samples.reserveCapacity(score.steps.count * Articulation.samplesPerStep)
        var (voice, hiss) = (0, 0)
        for step in score.steps {
            mouth.0.tune(hertz: step.formants.0, bandwidth: 70)
            mouth.1.tune(hertz: step.formants.1, bandwidth: 100)
            mouth.2.tune(hertz: step.formants.2, bandwidth: 160)
            mouth.3.tune(hertz: 3500, bandwidth: 250)
            hissPlace.tune(hertz: step.hissHertz, bandwidth: 1200)
            let increment = UInt32(step.pitch) &* 89_478  // 2^32 / 48000
            let steps = Articulation.samplesPerStep
            for index in 0..<steps {
                // Loudness slides over the step, so that nothing clicks.
                let voiceNow = voice + (step.voice - voice) * index / steps
                let hissNow = hiss + (step.hiss - hiss) * index / steps
                glottis &+= increment
                samples.append(sample(voice: Int64(voiceNow), hiss: Int64(hissNow)))
            }
            (voice, hiss) = (step.voice, step.hiss)
        }
        return samples
    }

    private mutating func sample(voice: Int64, hiss: Int64) -> Int64 {
        var sound = mouth.0.filter(flow * voice)
        sound = mouth.1.filter(sound)
        sound = mouth.2.filter(sound)
        sound = mouth.3.filter(sound)
        let noise = Int64(truncatingIfNeeded: generator.next() >> 52) - 2048
        return sound + hissPlace.filter(noise * hiss)
    }

    /// The derivative of the air flow through the vocal cords (Rosenberg 1971), about -4096...1365.
    private var flow: Int64 {
        let open = Int64(glottis >> 16) * 5 / 3  // open for 60 % of the period
        guard open < 65536 else { return 0 }
        return (2 * open - ((3 * open * open) >> 16)) >> 4
    }
}
