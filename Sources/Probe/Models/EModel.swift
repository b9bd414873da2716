import Foundation

/// The wideband E-model of ITU-T G.107.1 (06/2019 with Corrigendum 1) in its planning form: echo-free, default noise.
///
/// R runs from 0 to 129. Averages are taken over R, never over MOS, because MOS is a curved scale.
public enum EModel {
    /// Ro,WB at default parameters (G.107.1 clause 7).
    public static let basicSignalToNoiseRating = 129.0

    /// What one listening stretch suffered.
    public struct Impairments: Sendable, Hashable {
        /// Equipment impairment factor Ie,WB of the codec, in R.
        public var equipment: Double
        /// Packet-loss robustness factor Bpl of the codec, in percent.
        public var lossRobustness: Double
        /// Ppl: packets lost, late or stretched, in percent of those expected.
        public var lossPercent: Double
        /// BurstR: mean loss-run length over that of random loss; 1 = random.
        public var burstRatio: Double
        /// Ta: absolute one-way delay mouth to ear, in milliseconds.
        public var delayMilliseconds: Double

        /// Collects the inputs of one evaluation.
        public init(
            equipment: Double, lossRobustness: Double, lossPercent: Double, burstRatio: Double,
            delayMilliseconds: Double
        ) {
            self.equipment = equipment
            self.lossRobustness = lossRobustness
            self.lossPercent = lossPercent
            self.burstRatio = burstRatio
            self.delayMilliseconds = delayMilliseconds
        }
    }

    /// The transmission rating R for the given impairments, unclamped.
    public static func rating(_ impairments: Impairments) -> Double {
        basicSignalToNoiseRating - delayImpairment(milliseconds: impairments.delayMilliseconds)
            - effectiveEquipmentImpairment(impairments)
    }

    /// Ie,eff = Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl), G.107.1 equation 7-15.
    public static func effectiveEquipmentImpairment(_ impairments: Impairments) -> Double {
        effectiveEquipmentImpairment(impairments, worst: 95)
    }

    /// The same with the equipment impairment that total loss approaches on the scale at hand.
    static func effectiveEquipmentImpairment(_ impairments: Impairments, worst: Double) -> Double {
        let loss = impairments.lossPercent
        guard loss > 0 else { return impairments.equipment }
        return impairments.equipment
            + (worst - impairments.equipment) * loss
            / (loss / impairments.burstRatio + impairments.lossRobustness)
    }

    /// Idd: impairment by pure delay, G.107 (06/2015) equation 7-27 with its delay-sensitivity classes.
    ///
    /// - Parameters:
    ///   - milliseconds: Ta, absolute one-way delay.
    ///   - sensitivity: sT; 1 by default, 0.55 low, 0.4 very low.
    ///   - minimumPerceivable: mT in ms; 100 by default, 120 low, 150 very low.
    public static func delayImpairment(
        milliseconds: Double, sensitivity: Double = 1, minimumPerceivable: Double = 100
    ) -> Double {
        guard milliseconds > minimumPerceivable else { return 0 }
        let x = log2(milliseconds / minimumPerceivable)
        let k = 6 * sensitivity
        return 25 * (pow(1 + pow(x, k), 1 / k) - 3 * pow(1 + pow(x / 3, k), 1 / k) + 2)
    }

    /// MOS-CQEW of a wideband rating: the polynomial of G.107 Annex B at R / 1.29 (G.107.1 clause 8).
    public static func wideband(mosOf rating: Double) -> Double { meanOpinionScore(rating / 1.29) }

    /// MOS of a narrowband-scale rating, G.107 Annex B; slightly below 1 for 0 < R < 6.5, as published.
    public static func meanOpinionScore(_ rating: Double) -> Double {
        if rating < 0 { return 1 }
        if rating > 100 { return 4.5 }
        return 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    }
}
