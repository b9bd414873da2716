import Foundation

/// The narrowband E-model of ITU-T G.107 (06/2015), complete: the scale that the wideband and fullband ones extend,
/// and by which other tools' figures can be checked.
public struct NarrowbandEModel: Sendable, Hashable {
    /// Send loudness rating, in dB.
    public var sendLoudness = 8.0
    /// Receive loudness rating, in dB.
    public var receiveLoudness = 2.0
    /// Sidetone masking rating, in dB.
    public var sidetoneMasking = 15.0
    /// D-factor of the telephone at the send side.
    public var sendFactor = 3.0
    /// D-factor of the telephone at the receive side.
    public var receiveFactor = 3.0
    /// Talker echo loudness rating, in dB.
    public var talkerEchoLoudness = 65.0
    /// Weighted echo path loss, in dB.
    public var weightedEchoPathLoss = 110.0
    /// Mean one-way delay of the echo path, T, in milliseconds.
    public var echoDelay = 0.0
    /// Round-trip delay in a four-wire loop, Tr, in milliseconds.
    public var loopDelay = 0.0
    /// Absolute delay in echo-free connections, Ta, in milliseconds.
    public var absoluteDelay = 0.0
    /// Quantization distortion units.
    public var quantizationUnits = 1.0
    /// Equipment impairment factor, Ie.
    public var equipment = 0.0
    /// Packet-loss robustness factor, Bpl, in percent.
    public var lossRobustness = 4.3
    /// Packet loss, Ppl, in percent.
    public var lossPercent = 0.0
    /// Burst ratio, BurstR.
    public var burstRatio = 1.0
    /// Circuit noise referred to the 0 dBr point, Nc, in dBm0p.
    public var circuitNoise = -70.0
    /// Noise floor at the receive side, Nfor, in dBmp.
    public var noiseFloor = -64.0
    /// Room noise at the send side, Ps, in dB(A).
    public var sendRoomNoise = 35.0
    /// Room noise at the receive side, Pr, in dB(A).
    public var receiveRoomNoise = 35.0
    /// Advantage factor, A.
    public var advantage = 0.0
    /// Delay sensitivity, sT.
    public var delaySensitivity = 1.0
    /// Minimum perceivable delay, mT, in milliseconds.
    public var minimumPerceivableDelay = 100.0

    /// The default parameters: R = 93.2.
    public init() {}

    /// What the rating is made of.
    public struct Result: Sendable, Hashable {
        /// The sum of all noise, No, in dBm0p.
        public var noise: Double
        /// The basic signal-to-noise ratio, Ro.
        public var basic: Double
        /// Impairment by too low overall loudness, Iolr.
        public var loudness: Double
        /// Impairment by sidetone, Ist.
        public var sidetone: Double
        /// Impairment by quantization, Iq.
        public var quantization: Double
        /// Simultaneous impairments, Is.
        public var simultaneous: Double
        /// Impairment by talker echo, Idte.
        public var talkerEcho: Double
        /// Impairment by listener echo, Idle.
        public var listenerEcho: Double
        /// Impairment by pure delay, Idd.
        public var pureDelay: Double
        /// Delay impairments, Id.
        public var delay: Double
        /// Effective equipment impairment, Ie,eff.
        public var effectiveEquipment: Double
        /// The transmission rating, R.
        public var rating: Double
    }

    /// Computes the rating and its parts (clause 7).
    public func evaluate() -> Result {
        let noise = noise
        let basic = 15 - 1.5 * (sendLoudness + noise)
        let loudness = loudness(noise)
        let sidetone = sidetone
        let quantization = quantization(basic)
        let simultaneous = loudness + sidetone + quantization
        let talkerEcho = talkerEcho(noise, sidetone)
        let listenerEcho = listenerEcho(basic)
        let pureDelay = EModel.delayImpairment(
            milliseconds: absoluteDelay, sensitivity: delaySensitivity,
            minimumPerceivable: minimumPerceivableDelay)
        let delay = talkerEcho + listenerEcho + pureDelay
        let effective = EModel.effectiveEquipmentImpairment(
            EModel.Impairments(
                equipment: equipment, lossRobustness: lossRobustness, lossPercent: lossPercent,
                burstRatio: burstRatio, delayMilliseconds: absoluteDelay))
        return Result(
            noise: noise, basic: basic, loudness: loudness, sidetone: sidetone, quantization: quantization,
            simultaneous: simultaneous, talkerEcho: talkerEcho, listenerEcho: listenerEcho,
            pureDelay: pureDelay, delay: delay, effectiveEquipment: effective,
            rating: basic - simultaneous - delay - effective + advantage)
    }

    private var overallLoudness: Double { sendLoudness + receiveLoudness }

    /// Clause 7.2: circuit, room and floor noise.
    private var noise: Double {
        let send =
            sendRoomNoise - sendLoudness - sendFactor - 100
            + 0.004 * Self.square(sendRoomNoise - overallLoudness - sendFactor - 14)
        let sidetoneLoss = sidetoneMasking + receiveFactor
        let room = receiveRoomNoise + 10 * log10(1 + pow(10, (10 - sidetoneLoss) / 10))
        let receive = receiveLoudness - 121 + room + 0.008 * Self.square(room - 35)
        let powers = [circuitNoise, send, receive, noiseFloor + receiveLoudness].map { pow(10, $0 / 10) }
        return 10 * log10(powers.reduce(0, +))
    }

    /// Clause 7.3.1.
    private func loudness(_ noise: Double) -> Double {
        let x = (overallLoudness + 0.2 * (64 + noise - receiveLoudness)) / 8
        return 20 * (pow(1 + pow(x, 8), 1.0 / 8) - x)
    }

    /// Clause 7.3.2.
    private var sidetone: Double {
        let masking =
            -10
            * log10(
                pow(10, -sidetoneMasking / 10) + exp(-echoDelay / 4) * pow(10, -talkerEchoLoudness / 10))
        func curve(_ x: Double, _ order: Double) -> Double { pow(1 + pow(x, order), 1 / order) }
        return 12 * curve((masking - 13) / 6, 8) - 28 * curve((masking + 1) / 19.4, 35)
            - 13 * curve((masking - 3) / 33, 13) + 29
    }

    /// Clause 7.3.3.
    private func quantization(_ basic: Double) -> Double {
        let q = 37 - 15 * log10(quantizationUnits)
        let g = 1.07 + 0.258 * q + 0.0602 * q * q
        let y = (basic - 100) / 15 + 46 / 8.4 - g / 9
        let z = 46.0 / 30 - g / 40
        return 15 * log10(1 + pow(10, y) + pow(10, z))
    }

    /// Clause 7.4.1.
    private func talkerEcho(_ noise: Double, _ sidetone: Double) -> Double {
        var impairment = 0.0
        if echoDelay >= 1 {
            var loudness =
                talkerEchoLoudness - 40 * log10((1 + echoDelay / 10) / (1 + echoDelay / 150))
                + 6 * exp(-0.3 * echoDelay * echoDelay)
            if sidetoneMasking < 9 { loudness += sidetone / 2 }
            let difference = -1.5 * (noise - receiveLoudness) - (80 + 2.5 * (loudness - 14))
            impairment =
                (difference / 2 + (difference * difference / 4 + 100).squareRoot() - 1)
                * (1 - exp(-echoDelay))
        }
        guard sidetoneMasking > 20 else { return impairment }
        return (impairment * impairment + sidetone * sidetone).squareRoot()
    }

    /// Clause 7.4.2.
    private func listenerEcho(_ basic: Double) -> Double {
        let path = 10.5 * (weightedEchoPathLoss + 7) * pow(loopDelay + 1, -0.25)
        return (basic - path) / 2 + (Self.square(basic - path) / 4 + 169).squareRoot()
    }

    private static func square(_ x: Double) -> Double { x * x }
}
