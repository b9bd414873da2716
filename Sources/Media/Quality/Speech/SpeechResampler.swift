/// Brings sound from 48 kHz to 16 kHz: every third sample behind a low-pass filter of 61 taps (Kaiser, β = 5).
public enum SpeechResampler {
    /// The rate that speech is compared at, in Hz.
    public static let sampleRate = 16_000

    private static let reach = 30

    private static let taps: [Double] = {
        let raw = (-reach...reach).map { tap -> Double in
            let x = Double(tap) / 3
            let ideal = tap == 0 ? 1 : sine(.pi * x) / (.pi * x)
            let position = Double(tap) / Double(reach)
            return ideal * bessel(5 * (1 - position * position).squareRoot())
        }
        let sum = raw.reduce(0, +)
        return raw.map { $0 / sum }
    }()

    /// The modified Bessel function of the first kind and order zero, by its series.
    private static func bessel(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for index in 1...40 {
            term *= x * x / 4 / Double(index * index)
            sum += term
        }
        return sum
    }

    /// The sound at 16 kHz; full scale is 1.
    public static func downsample(_ samples: UnsafeBufferPointer<Int16>) -> [Double] {
        taps.withUnsafeBufferPointer { taps in
            (0..<(samples.count + 2) / 3).map { index in
                let centre = index * 3
                var sum = 0.0
                for position in max(0, centre - reach)...min(samples.count - 1, centre + reach) {
                    sum += taps[position - centre + reach] * Double(samples[position])
                }
                return sum / 32768
            }
        }
    }
}
