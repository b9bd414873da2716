/// How loud a packet is, as its RTP header extension says it (RFC 6464).
public enum AudioLevel {
    /// Silence, or anything below -126 dBov.
    public static let silence: UInt8 = 127

    /// The level of `samples` in -dBov: 0 is a full-scale square wave, 127 is silence.
    public static func measure(_ samples: UnsafeBufferPointer<Int16>) -> UInt8 {
        var energy = 0
        for sample in samples { energy += Int(sample) * Int(sample) }
        guard energy > 0, !samples.isEmpty else { return silence }
        let fullScale = Double(Int16.max) * Double(Int16.max)
        let decibels = -10 * decimalLogarithm(Double(energy) / Double(samples.count) / fullScale)
        return UInt8(min(max(decibels.rounded(), 0), 127))
    }
}
