import Probe
import Results
import Scenario

/// When one participant counts as well served.
///
/// The bounds are those at which guidance begins to speak of dissatisfied people: G.109's "satisfied" for sound, a
/// hundredth of the time for standing pictures, and five seconds until the first picture.
enum ServiceLevel {
    /// The longest wait for the first picture, in seconds.
    static let firstPicture = 5.0
    /// The lowest MOS of the sound over the call (ITU-T G.109, G.107 Annex B: R = 80).
    static let sound = 4.03
    /// The largest share of watched time in which the picture may stand still.
    static let frozen = 0.01
}

/// How one participant fared, over the whole run.
struct Standing {
    var participant: RunFile.Participant
    /// Seconds until media could flow; infinite when it never could.
    var joinTime: Double?
    /// Seconds until the first picture; infinite when it was due and never came.
    var firstPicture: Double?
    /// Share of watched time in which the picture stood still.
    var frozen: Double?
    /// Mean opinion score of the sound.
    var sound: Double?
    /// Share of packets lost for good, the worse of sound and picture.
    var loss: Double?

    /// Whether nothing went wrong that a person would complain about.
    var isWellServed: Bool {
        participant.ending != .failed && (firstPicture ?? 0) <= ServiceLevel.firstPicture
            && (frozen ?? 0) <= ServiceLevel.frozen && (sound ?? 5) >= ServiceLevel.sound
    }

    /// Everybody whose call was begun, by number.
    static func all(_ content: RunContent) -> [Standing] {
        func table(_ metric: Metric) -> [Int: Double] {
            Dictionary(content.values.participantValues(of: metric).map { ($0.participant, $0.value) }) {
                first, _ in
                first
            }
        }
        let (join, picture) = (table(.joinConnected), table(.joinFirstVideo))
        let (frozen, sound) = (table(.videoFreezeRatio), table(.audioMOS))
        let (audioLoss, videoLoss) = (table(.audioLoss), table(.videoLoss))
        return content.started.map { person in
            let losses = [audioLoss[person.id], videoLoss[person.id]].compactMap(\.self)
            return Standing(
                participant: person, joinTime: join[person.id], firstPicture: picture[person.id],
                frozen: frozen[person.id], sound: sound[person.id], loss: losses.max())
        }
    }

    /// The worst served first.
    ///
    /// Who failed, then the longest wait for the first picture, the longest standing picture, the worst
    /// sound, the most loss. Each is compared in steps that a person would notice (5 s, 1 %, a tenth of
    /// MOS, 0.1 %), so that a little more waiting does not outweigh a frozen picture.
    static func worst(_ standings: [Standing], count: Int) -> [Standing] {
        Array(standings.sorted { $0.badness.lexicographicallyPrecedes($1.badness) }.prefix(count))
    }

    /// Numbers that put worse before better when they are compared in turn.
    private var badness: [Double] {
        let wait = firstPicture ?? joinTime ?? 0
        return [
            participant.ending == .failed ? 0 : 1,
            -(wait / ServiceLevel.firstPicture).rounded(.down), -((frozen ?? 0) * 100).rounded(.down),
            ((sound ?? 5) * 10).rounded(.down),
            -((loss ?? 0) * 1000).rounded(.down), -wait, Double(participant.id),
        ]
    }
}
