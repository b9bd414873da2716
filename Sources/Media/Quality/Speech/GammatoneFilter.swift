/// One band of an ear: a gammatone filter as four second-order sections (Slaney 1993), on the scale of equivalent
/// rectangular bandwidths of Glasberg and Moore (1990).
public struct GammatoneFilter: Sendable {
    /// The frequency that it lets through best.
    public let centerHertz: Double
    /// The first coefficient of every numerator.
    public let a0: Double
    /// The second coefficient of the four numerators; the third is zero.
    public let a1: SIMD4<Double>
    /// The second coefficient of every denominator; the first is one.
    public let b1: Double
    /// The third coefficient of every denominator.
    public let b2: Double
    /// What the first section is divided by, so that the centre passes unchanged.
    public let gain: Double

    /// The quality of the ear's filters, and the bandwidth of the lowest.
    private static let earQuality = 9.26449
    private static let minimumBandwidth = 24.7

    /// The filters of a bank, the lowest first.
    public static func bank(
        sampleRate: Int, bandCount: Int, lowestHertz: Double, highestHertz: Double
    ) -> [GammatoneFilter] {
        let offset = earQuality * minimumBandwidth
        let step =
            (naturalLogarithm(lowestHertz + offset) - naturalLogarithm(highestHertz + offset))
            / Double(bandCount)
        let filters = (1...bandCount).map { band in
            GammatoneFilter(
                centerHertz: -offset + exponential(Double(band) * step) * (highestHertz + offset),
                sampleRate: sampleRate)
        }
        return filters.reversed()
    }

    private init(centerHertz: Double, sampleRate: Int) {
        self.centerHertz = centerHertz
        let period = 1 / Double(sampleRate)
        let angle = 2 * Double.pi * centerHertz * period
        let bandwidth = centerHertz / Self.earQuality + Self.minimumBandwidth
        let decay = 1.019 * 2 * Double.pi * bandwidth * period
        let (c, s, growth) = (cosine(angle), sine(angle), exponential(decay))
        // √(3 ± 2^1.5)
        let (large, small) = ((3 + 8.0.squareRoot()).squareRoot(), (3 - 8.0.squareRoot()).squareRoot())
        a0 = period
        let quadrature = SIMD4(large, -large, small, -small) * (2 * s * period / growth)
        a1 = -(SIMD4(repeating: 2 * c * period / growth) + quadrature) / 2
        b1 = -2 * c / growth
        b2 = exponential(-2 * decay)
        gain = Self.gain(angle: angle, decay: decay, period: period, large: large, small: small)
    }

    /// The magnitude of the four sections at the centre frequency.
    private static func gain(
        angle: Double, decay: Double, period: Double, large: Double, small: Double
    ) -> Double {
        let (c, s) = (cosine(angle), sine(angle))
        // e^(2i angle), twice the centre.
        let (doubleC, doubleS) = (cosine(2 * angle), sine(2 * angle))
        let shrink = exponential(-decay)
        var squares = 1.0
        for root in [small, -small, large, -large] {
            let amplitude = 2 * shrink * period * (c - root * s)
            let real = -2 * period * doubleC + amplitude * c
            let imaginary = -2 * period * doubleS + amplitude * s
            squares *= real * real + imaginary * imaginary
        }
        let real = -2 * shrink * shrink - 2 * doubleC + 2 * (1 + doubleC) * shrink
        let imaginary = -2 * doubleS + 2 * doubleS * shrink
        let denominator = real * real + imaginary * imaginary
        return squares.squareRoot() / (denominator * denominator)
    }
}
