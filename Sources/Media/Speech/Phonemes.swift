/// The way syllables follow each other in a language.
public enum SpeechRhythm: String, Hashable, Sendable {
    /// Even syllables, the last of a phrase long and rising.
    case french
    /// Long and short syllables in turn, the phrase falling.
    case english
}

/// A vowel: the first three resonances of the mouth in Hz.
///
/// Averages of published tables of French and English vowels, rounded.
struct Vowel {
    let formants: (Int, Int, Int)

    init(_ first: Int, _ second: Int, _ third: Int) { formants = (first, second, third) }

    static let french = [
        Vowel(270, 2200, 3000), Vowel(400, 2000, 2600), Vowel(550, 1750, 2500), Vowel(700, 1350, 2500),
        Vowel(550, 1000, 2400), Vowel(400, 800, 2400), Vowel(290, 750, 2300), Vowel(270, 1750, 2100),
        Vowel(400, 1400, 2200), Vowel(650, 1050, 2500),
    ]
    static let english = [
        Vowel(280, 2250, 2900), Vowel(400, 1950, 2550), Vowel(550, 1800, 2500), Vowel(690, 1660, 2450),
        Vowel(710, 1100, 2500), Vowel(590, 880, 2500), Vowel(310, 870, 2250), Vowel(640, 1200, 2400),
    ]
    /// The vowel of unstressed English syllables.
    static let neutral = Vowel(500, 1500, 2500)
}

/// A consonant before a vowel.
struct Consonant {
    /// How long the mouth is closed or narrow, in 5 ms steps.
    let steps: Int
    /// How loud the voice is meanwhile, 0...256.
    let voice: Int
    /// How loud the hiss is meanwhile, 0...256.
    let hiss: Int
    /// Where the hiss lies, in Hz.
    let hissHertz: Int
    /// Where the resonances point to.
    let locus: (Int, Int, Int)

    static let all = [
        Consonant(steps: 18, voice: 0, hiss: 150, hissHertz: 6000, locus: (320, 1600, 2600)),  // s
        Consonant(steps: 18, voice: 0, hiss: 170, hissHertz: 3000, locus: (300, 1800, 2500)),  // sh
        Consonant(steps: 14, voice: 0, hiss: 50, hissHertz: 7000, locus: (340, 1100, 2300)),  // f
        Consonant(steps: 12, voice: 110, hiss: 70, hissHertz: 5500, locus: (300, 1600, 2600)),  // z
        Consonant(steps: 12, voice: 120, hiss: 0, hissHertz: 5000, locus: (280, 1200, 2300)),  // m
        Consonant(steps: 12, voice: 120, hiss: 0, hissHertz: 5000, locus: (280, 1700, 2600)),  // n
        Consonant(steps: 10, voice: 160, hiss: 0, hissHertz: 5000, locus: (350, 1100, 2700)),  // l
        Consonant(steps: 10, voice: 130, hiss: 20, hissHertz: 1800, locus: (450, 1200, 1800)),  // r
        Consonant(steps: 12, voice: 0, hiss: 0, hissHertz: 1000, locus: (300, 800, 2200)),  // p
        Consonant(steps: 12, voice: 0, hiss: 0, hissHertz: 4500, locus: (300, 1750, 2700)),  // t
        Consonant(steps: 12, voice: 0, hiss: 0, hissHertz: 2200, locus: (300, 2000, 2300)),  // k
        Consonant(steps: 10, voice: 60, hiss: 0, hissHertz: 4000, locus: (250, 1700, 2600)),  // d
    ]

    /// Whether the closure opens with a burst.
    var isPlosive: Bool { hiss == 0 && voice < 100 }
}

/// What the voice does in one 5 ms step.
struct Articulation {
    /// Pitch in Hz.
    var pitch = 120
    /// Loudness of the voice, 0...256.
    var voice = 0
    /// Loudness of the hiss, 0...256.
    var hiss = 0
    /// Where the hiss lies, in Hz.
    var hissHertz = 5000
    /// Resonances in Hz.
    var formants = (500, 1500, 2500)

    /// Samples in a step at 48 kHz.
    static let samplesPerStep = 240
}
