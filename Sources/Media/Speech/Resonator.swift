/// A second-order resonance with unity gain at 0 Hz, in fixed point (Klatt 1980, "Software for a
/// cascade/parallel formant synthesizer").
struct Resonator {
    private var gain: Int64 = FixedPoint.one
    private var first: Int64 = 0
    private var second: Int64 = 0
    private var last: Int64 = 0
    private var beforeLast: Int64 = 0

    /// 2^30 pi.
    private static let pi: Int64 = 3_373_259_426

    /// Moves the resonance to a frequency and a bandwidth in Hz.
    mutating func tune(hertz: Int, bandwidth: Int) {
        let rate = Int64(OpusEncoder.sampleRate)
        let radius = FixedPoint.exponential(ofMinus: Self.pi * Int64(bandwidth) / rate)
        let turn = UInt32(truncatingIfNeeded: Int64(hertz) << 32 / rate)
        first = 2 * FixedPoint.multiply(radius, FixedPoint.cosine(turn))
        second = -FixedPoint.multiply(radius, radius)
        gain = FixedPoint.one - first - second
    }

    /// Filters one sample.
    mutating func filter(_ sample: Int64) -> Int64 {
        let value =
            (gain &* sample &+ first &* last &+ second &* beforeLast) >> FixedPoint.fractionBits
        beforeLast = last
        last = value
        return value
    }
}
