/// Finds sync chirps in decoded sound by a matched filter that ignores level and phase.
///
/// The correlation with the chirp and its quadrature is divided by the local energy, so 1 is a clean chirp at
/// any level and speech stays below 0.25. It searches at 8 kHz and refines each find at 48 kHz.
public enum ChirpDetector {
    /// One chirp that was found.
    public struct Detection: Hashable, Sendable {
        /// Where the chirp starts, in samples at 48 kHz, with a fraction.
        public var sampleOffset: Double
        /// How clean it is, 0...1.
        public var correlation: Double
    }

    /// The correlation from which a chirp is believed.
    public static let threshold = 0.5

    private static let decimation = 6
    /// Below this level (-60 dBFS RMS) sound counts as silence.
    private static let floorPower = 1073.7

    /// All chirps that lie wholly within `samples` (48 kHz mono), in order.
    public static func detect(in samples: UnsafeBufferPointer<Int16>) -> [Detection] {
        guard samples.count >= SyncChirp.sampleCount else { return [] }
        let search = coarse.correlations(in: decimated(samples))
        let spacing = coarse.count
        var detections: [Detection] = []
        var lag = 0
        while lag < search.count {
            guard search[lag] > 0.7 * threshold else {
                lag += 1
                continue
            }
            let end = min(lag + spacing, search.count)
            var best = lag
            for candidate in lag..<end where search[candidate] > search[best] { best = candidate }
            if let detection = refine(samples, around: best * decimation) { detections.append(detection) }
            lag = best + spacing
        }
        return detections
    }

    private static let coarse = MatchedFilter(
        inPhase: SyncChirp.samples.withUnsafeBufferPointer(decimated),
        quadrature: SyncChirp.quadrature.withUnsafeBufferPointer(decimated))
    private static let fine = MatchedFilter(
        inPhase: SyncChirp.samples.map(Float.init), quadrature: SyncChirp.quadrature.map(Float.init))

    private static func refine(_ samples: UnsafeBufferPointer<Int16>, around offset: Int) -> Detection? {
        let reach = 2 * decimation
        let start = max(0, offset - reach)
        let end = min(samples.count, offset + reach + SyncChirp.sampleCount)
        guard end - start >= SyncChirp.sampleCount else { return nil }
        let values = fine.correlations(in: samples[start..<end].map(Float.init))
        var best = 0
        for index in values.indices where values[index] > values[best] { best = index }
        guard values[best] > threshold else { return nil }
        var fraction = 0.0
        if best > 0, best + 1 < values.count {
            // The vertex of the parabola through the three highest points.
            let (a, b, c) = (values[best - 1], values[best], values[best + 1])
            if a + c < 2 * b { fraction = (a - c) / (2 * (a - 2 * b + c)) }
        }
        return Detection(sampleOffset: Double(start + best) + fraction, correlation: min(values[best], 1))
    }

    /// Every sixth sample of the sound behind two box filters of six samples.
    private static func decimated(_ samples: UnsafeBufferPointer<Int16>) -> [Float] {
        let count = samples.count / decimation
        var result = [Float](repeating: 0, count: count)
        for index in 0..<count {
            // Two boxes make a triangle of eleven taps, centred on the sample that is kept.
            var sum = 0
            var tap = -5
            while tap <= 5 {
                let position = index * decimation + tap
                if position >= 0, position < samples.count {
                    sum &+= Int(samples[position]) &* (6 &- abs(tap))
                }
                tap &+= 1
            }
            result[index] = Float(sum) / 36
        }
        return result
    }

    /// A chirp and its quadrature at one sample rate.
    private struct MatchedFilter {
        let inPhase: [Float]
        let quadrature: [Float]
        /// Energy of the chirp.
        let energy: Double

        init(inPhase: [Float], quadrature: [Float]) {
            self.inPhase = inPhase
            self.quadrature = quadrature
            energy = inPhase.reduce(0) { $0 + Double($1) * Double($1) }
        }

        var count: Int { inPhase.count }

        /// The normalised correlation at every lag where the whole chirp fits.
        func correlations(in sound: [Float]) -> [Double] {
            guard sound.count >= count else { return [] }
            var power = sound[0..<count].reduce(0) { $0 + Double($1) * Double($1) }
            let floor = Double(count) * floorPower
            var result = [Double](repeating: 0, count: sound.count - count + 1)
            for lag in result.indices {
                if lag > 0 {
                    let (gone, come) = (Double(sound[lag - 1]), Double(sound[lag + count - 1]))
                    power += come * come - gone * gone
                }
                let (real, imaginary) = product(sound, at: lag)
                result[lag] =
                    ((real * real + imaginary * imaginary) / (max(power, floor) * energy)).squareRoot()
            }
            return result
        }

        private func product(_ sound: [Float], at lag: Int) -> (Double, Double) {
            sound.withUnsafeBufferPointer { sound in
                inPhase.withUnsafeBufferPointer { inPhase in
                    quadrature.withUnsafeBufferPointer { quadrature in
                        var real: Float = 0
                        var imaginary: Float = 0
                        var index = 0
                        while index < inPhase.count {
                            let sample = sound[lag &+ index]
                            real += sample * inPhase[index]
                            imaginary += sample * quadrature[index]
                            index &+= 1
                        }
                        return (Double(real), Double(imaginary))
                    }
                }
            }
        }
    }
}
