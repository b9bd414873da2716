/// How loud each band of an ear is in each moment.
public struct AuditorySpectrogram: Sendable {
    /// How many bands there are.
    public let bandCount: Int
    /// How many frames there are.
    public let frameCount: Int
    /// The values, frame by frame, the lowest band first.
    public internal(set) var values: [Double]

    /// Puts a spectrogram together.
    public init(bandCount: Int, values: [Double]) {
        self.bandCount = bandCount
        frameCount = values.count / bandCount
        self.values = values
    }

    /// The values of `count` frames from `start` on; zero beyond the end.
    func patch(from start: Int, count: Int) -> [Double] {
        let first = min(max(start, 0), frameCount) * bandCount
        let last = min(max(start + count, 0), frameCount) * bandCount
        return values[first..<last] + [Double](repeating: 0, count: count * bandCount - (last - first))
    }

    /// Brings two spectrograms to decibels over a common floor: -45 dB, 45 dB below the loudest band of the frame in
    /// either, and then the lowest value of both is zero.
    static func prepareForComparison(_ left: inout AuditorySpectrogram, _ right: inout AuditorySpectrogram) {
        left.toDecibels()
        right.toDecibels()
        for frame in 0..<min(left.frameCount, right.frameCount) {
            let floor = max(left.loudest(in: frame), right.loudest(in: frame)) - floorBelowPeak
            left.raise(frame: frame, to: floor)
            right.raise(frame: frame, to: floor)
        }
        let lowest = min(left.values.min() ?? 0, right.values.min() ?? 0)
        for index in left.values.indices { left.values[index] -= lowest }
        for index in right.values.indices { right.values[index] -= lowest }
    }

    private static let absoluteFloor = -45.0
    private static let floorBelowPeak = 45.0

    private mutating func toDecibels() {
        for index in values.indices {
            let value = values[index] == 0 ? Double.ulpOfOne : values[index]
            values[index] = max(Self.absoluteFloor, 10 * decimalLogarithm(value))
        }
    }

    private func loudest(in frame: Int) -> Double {
        values[frame * bandCount..<(frame + 1) * bandCount].max() ?? Self.absoluteFloor
    }

    private mutating func raise(frame: Int, to floor: Double) {
        for index in frame * bandCount..<(frame + 1) * bandCount { values[index] = max(values[index], floor) }
    }
}

/// Makes spectrograms of sound at one sample rate: windows of 80 ms every 20 ms through a bank of gammatone filters.
public struct AuditorySpectrograph: Sendable {
    /// What speech is compared with: 21 bands up to 8 kHz at 16 kHz.
    public static let speech = AuditorySpectrograph(sampleRate: 16_000, bandCount: 21, highestHertz: 8000)

    /// Samples in a window.
    public let windowSize: Int
    /// Samples from one window to the next.
    public let hop: Int
    /// How many bands there are.
    public let bandCount: Int

    private let window: [Double]
    private let sections: [Sections]

    /// Prepares a bank.
    public init(sampleRate: Int, bandCount: Int, highestHertz: Double) {
        windowSize = sampleRate * 8 / 100
        hop = windowSize / 4
        self.bandCount = bandCount
        let last = Double(windowSize - 1)
        window = (0..<windowSize).map { 0.5 - 0.5 * cosine(2 * .pi * Double($0) / last) }
        let bank = GammatoneFilter.bank(
            sampleRate: sampleRate, bandCount: bandCount, lowestHertz: 50, highestHertz: highestHertz)
        sections = stride(from: 0, to: bandCount, by: 8).map { Sections(bank[$0..<min($0 + 8, bandCount)]) }
    }

    /// The root mean square of every band in every window; nil when there is not more than one window of sound.
    public func spectrogram(of samples: [Double]) -> AuditorySpectrogram? {
        guard samples.count > windowSize else { return nil }
        let frameCount = 1 + (samples.count - windowSize) / hop
        var values: [Double] = []
        values.reserveCapacity(frameCount * bandCount)
        var windowed = [Double](repeating: 0, count: windowSize)
        for frame in 0..<frameCount {
            for index in 0..<windowSize { windowed[index] = samples[frame * hop + index] * window[index] }
            for (group, eight) in sections.enumerated() {
                let energies = eight.energies(of: windowed)
                for lane in 0..<min(8, bandCount - group * 8) {
                    values.append((energies[lane] / Double(windowSize)).squareRoot())
                }
            }
        }
        return AuditorySpectrogram(bandCount: bandCount, values: values)
    }

    /// Eight bands side by side; what there is too many filters nothing.
    private struct Sections {
        private var gain = SIMD8<Double>(repeating: 0)
        private var a0 = SIMD8<Double>(repeating: 0)
        private var a1 = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
        private var b1 = SIMD8<Double>(repeating: 0)
        private var b2 = SIMD8<Double>(repeating: 0)

        init(_ filters: ArraySlice<GammatoneFilter>) {
            for (lane, filter) in filters.enumerated() {
                gain[lane] = 1 / filter.gain
                a0[lane] = filter.a0
                a1.0[lane] = filter.a1[0]
                a1.1[lane] = filter.a1[1]
                a1.2[lane] = filter.a1[2]
                a1.3[lane] = filter.a1[3]
                b1[lane] = filter.b1
                b2[lane] = filter.b2
            }
        }

        /// The sum of the squares of what each filter lets through, from rest.
        func energies(of samples: [Double]) -> SIMD8<Double> {
            var first = Section()
            var second = Section()
            var third = Section()
            var fourth = Section()
            var energies = SIMD8<Double>(repeating: 0)
            samples.withUnsafeBufferPointer { samples in
                for sample in samples {
                    var sound = first.filter(gain * sample, a0, a1.0, b1, b2)
                    sound = second.filter(sound, a0, a1.1, b1, b2)
                    sound = third.filter(sound, a0, a1.2, b1, b2)
                    sound = fourth.filter(sound, a0, a1.3, b1, b2)
                    energies += sound * sound
                }
            }
            return energies
        }
    }

    /// A second-order section in transposed direct form II.
    private struct Section {
        private var near = SIMD8<Double>(repeating: 0)
        private var far = SIMD8<Double>(repeating: 0)

        @inline(__always)
        mutating func filter(
            _ input: SIMD8<Double>, _ a0: SIMD8<Double>, _ a1: SIMD8<Double>, _ b1: SIMD8<Double>,
            _ b2: SIMD8<Double>
        ) -> SIMD8<Double> {
            let output = a0 * input + near
            near = a1 * input - b1 * output + far
            far = -(b2 * output)
            return output
        }
    }
}
