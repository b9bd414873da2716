import Foundation

/// What a rating on the scale of G.107 means to listeners, and back (G.107 Annex B and Appendix I).
extension EModel {
    /// The rating whose mean opinion score this is, 6.5...100; MOS from 1 to 4.5.
    public static func rating(ofOpinion opinion: Double) -> Double {
        let x = 18_566 - 6750 * opinion
        let y = 15 * max(0, -903_522 + 1_113_960 * opinion - 202_500 * opinion * opinion).squareRoot()
        // The standard writes atan2(x, y); in C's order of arguments it is this.
        let h = atan2(y, x) / 3
        return 20.0 / 3 * (8 - 226.0.squareRoot() * cos(h + .pi / 3))
    }

    /// The share of listeners that find the call good or better, in percent.
    public static func goodOrBetter(_ rating: Double) -> Double { 100 * normal((rating - 60) / 16) }

    /// The share of listeners that find the call poor or worse, in percent.
    public static func poorOrWorse(_ rating: Double) -> Double { 100 * normal((45 - rating) / 16) }

    /// The distribution function of the standard normal distribution.
    private static func normal(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
}

/// The fullband E-model of ITU-T G.107.2 (03/2023) in its planning form.
///
/// Ratings of different bandwidths are never mixed: they run to 93, 129 and 148.
public enum FullbandEModel {
    /// Ro,FB at default parameters.
    public static let basicSignalToNoiseRating = 148.0
    /// How much longer the fullband scale is than that of G.107.
    private static let scale = 1.48
    /// The equipment impairment that total loss approaches.
    private static let worstEquipment = 132.0

    /// The transmission rating R for the given impairments, unclamped; Ie and Bpl are those for fullband.
    public static func rating(_ impairments: EModel.Impairments) -> Double {
        basicSignalToNoiseRating - delayImpairment(milliseconds: impairments.delayMilliseconds)
            - effectiveEquipmentImpairment(impairments)
    }

    /// Ie,eff = Ie + (132 - Ie) Ppl / (Ppl / BurstR + Bpl).
    public static func effectiveEquipmentImpairment(_ impairments: EModel.Impairments) -> Double {
        EModel.effectiveEquipmentImpairment(impairments, worst: worstEquipment)
    }

    /// Idd on the fullband scale.
    public static func delayImpairment(milliseconds: Double) -> Double {
        scale * EModel.delayImpairment(milliseconds: milliseconds)
    }

    /// MOS-CQEF of a fullband rating.
    public static func meanOpinionScore(_ rating: Double) -> Double {
        EModel.meanOpinionScore(rating / scale)
    }
}
