import Primitives

/// What a synthetic voice says in one loop: 5 ms steps drawn from a seed, beginning and ending in a pause.
///
/// Phrases of some syllables with short pauses between them, in the rhythm and melody of a language; the
/// words mean nothing.
struct SpeechScore {
    /// The steps of the loop.
    private(set) var steps: [Articulation] = []

    private let rhythm: SpeechRhythm
    private let pitch: Int
    private let stepCount: Int
    private var generator: SeededGenerator

    /// Pause before the first phrase and after the last, in steps: the filters fall silent in it.
    private static let edgePause = 20

    init(seed: UInt64, rhythm: SpeechRhythm, pitch: Int, seconds: Int) {
        self.rhythm = rhythm
        self.pitch = pitch
        stepCount = seconds * OpusEncoder.sampleRate / Articulation.samplesPerStep
        generator = SeededGenerator(seed: seed).fork("speech")
        pause(Self.edgePause)
        while steps.count < stepCount - 3 * Self.edgePause {
            phrase(syllables: draw(5...9))
            pause(draw(30...60))
        }
        steps = Self.smoothed(steps)
        closeLoop()
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() >> 33) % range.count
    }

    private mutating func pause(_ count: Int) {
        var rest = steps.last ?? Articulation()
        rest.voice = 0
        rest.hiss = 0
        steps += Array(repeating: rest, count: count)
    }

    private mutating func phrase(syllables: Int) {
        for index in 0..<syllables {
            let isLast = index == syllables - 1
            switch rhythm {
            case .french:
                let vowel = Vowel.french[draw(0...Vowel.french.count - 1)]
                syllable(
                    vowel, steps: isLast ? draw(44...54) : draw(20...26),
                    voice: isLast ? 256 : draw(215...245),
                    from: pitch + 8 - 2 * index, to: isLast ? pitch * 5 / 4 : pitch + 4 - 2 * index)
            case .english:
                let isStressed = isLast || index.isMultiple(of: 2)
                let vowel = isStressed ? Vowel.english[draw(0...Vowel.english.count - 1)] : Vowel.neutral
                let top = pitch + (isStressed ? pitch / 5 : 0) - 3 * index
                syllable(
                    vowel, steps: isStressed ? draw(34...46) : draw(12...16),
                    voice: isStressed ? 256 : draw(140...180),
                    from: top, to: isLast ? pitch * 3 / 4 : top - 6)
            }
        }
    }

    private mutating func syllable(_ vowel: Vowel, steps count: Int, voice: Int, from: Int, to: Int) {
        let consonant = Consonant.all[draw(0...Consonant.all.count - 1)]
        var step = Articulation(
            pitch: from, voice: consonant.voice, hiss: consonant.hiss, hissHertz: consonant.hissHertz,
            formants: consonant.locus)
        steps += Array(repeating: step, count: consonant.steps)
        if consonant.isPlosive {
            step.hiss = 220
            steps += [step, step]
        }
        step.formants = vowel.formants
        step.hiss = 0
        for index in 0..<count {
            step.pitch = from + (to - from) * index / count
            step.voice = voice - voice * index / (3 * count)
            steps.append(step)
        }
    }

    /// Cuts the score to the loop's length and lets it end in silence.
    private mutating func closeLoop() {
        let rest = Articulation()
        steps = Array(steps.prefix(stepCount))
        steps += Array(repeating: rest, count: stepCount - steps.count)
        for index in 0..<min(Self.edgePause, stepCount) {
            steps[stepCount - 1 - index].voice = 0
            steps[stepCount - 1 - index].hiss = 0
        }
    }

    /// The mean over seven steps: the mouth moves, it does not jump.
    ///
    /// Hiss stays sharp, pitch and place stay as set.
    private static func smoothed(_ steps: [Articulation]) -> [Articulation] {
        steps.indices.map { index in
            var step = steps[index]
            var sum = (voice: 0, first: 0, second: 0, third: 0)
            for neighbour in index - 3...index + 3 {
                let other = steps[min(max(neighbour, 0), steps.count - 1)]
                sum.voice += other.voice
                sum.first += other.formants.0
                sum.second += other.formants.1
                sum.third += other.formants.2
            }
            step.voice = sum.voice / 7
            step.formants = (sum.first / 7, sum.second / 7, sum.third / 7)
            return step
        }
    }
}
