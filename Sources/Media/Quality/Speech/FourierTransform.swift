/// The discrete Fourier transform of any length, for finding lags and envelopes of a few seconds of sound.
///
/// Powers of two by Cooley and Tukey, other lengths by Bluestein's chirp (1970), which needs three transforms of
/// more than twice the length.
struct FourierTransform {
    /// A sequence of complex numbers.
    struct Sequence {
        var real: [Double]
        var imaginary: [Double]

        /// A sequence of `count` zeros.
        init(count: Int) {
            real = [Double](repeating: 0, count: count)
            imaginary = real
        }
    }

    /// The length of the sequences.
    let count: Int
    private let cosines: [Double]
    private let sines: [Double]

    /// Prepares transforms of a length.
    init(count: Int) {
        precondition(count > 0, "there is something to transform")
        self.count = count
        // Twiddles of the power of two; Bluestein makes its own below.
        let size = Self.isPowerOfTwo(count) ? count : 0
        cosines = (0..<size / 2).map { cosine(2 * .pi * Double($0) / Double(size)) }
        sines = (0..<size / 2).map { sine(2 * .pi * Double($0) / Double(size)) }
    }

    /// The smallest power of two that is at least `count`.
    static func size(atLeast count: Int) -> Int {
        var size = 1
        while size < count { size *= 2 }
        return size
    }

    /// X[k] = Σ x[n] e^(-2πi kn / count).
    func forward(_ sequence: inout Sequence) {
        precondition(sequence.real.count == count, "a sequence has the length that was prepared")
        if Self.isPowerOfTwo(count) { fast(&sequence) } else { bluestein(&sequence) }
    }

    /// x[n] = Σ X[k] e^(2πi kn / count) / count.
    func inverse(_ sequence: inout Sequence) {
        swap(&sequence.real, &sequence.imaginary)
        forward(&sequence)
        swap(&sequence.real, &sequence.imaginary)
        for index in 0..<count {
            sequence.real[index] /= Double(count)
            sequence.imaginary[index] /= Double(count)
        }
    }

    private static func isPowerOfTwo(_ count: Int) -> Bool { count & (count - 1) == 0 }

    private func fast(_ sequence: inout Sequence) {
        sequence.real.withUnsafeMutableBufferPointer { real in
            sequence.imaginary.withUnsafeMutableBufferPointer { imaginary in
                reorder(real, imaginary)
                var half = 1
                while half < count {
                    butterflies(real, imaginary, half: half)
                    half *= 2
                }
            }
        }
    }

    private func reorder(
        _ real: UnsafeMutableBufferPointer<Double>, _ imaginary: UnsafeMutableBufferPointer<Double>
    ) {
        var mirrored = 0
        for index in 0..<count {
            if mirrored > index {
                real.swapAt(index, mirrored)
                imaginary.swapAt(index, mirrored)
            }
            var bit = count >> 1
            while bit > 0, mirrored & bit != 0 {
                mirrored ^= bit
                bit >>= 1
            }
            mirrored |= bit
        }
    }

    private func butterflies(
        _ real: UnsafeMutableBufferPointer<Double>, _ imaginary: UnsafeMutableBufferPointer<Double>, half: Int
    ) {
        let stride = count / (2 * half)
        var start = 0
        while start < count {
            for offset in 0..<half {
                let (c, s) = (cosines[offset * stride], -sines[offset * stride])
                let (upper, lower) = (start + offset, start + offset + half)
                let (x, y) = (real[lower], imaginary[lower])
                let (turnedX, turnedY) = (x * c - y * s, x * s + y * c)
                real[lower] = real[upper] - turnedX
                imaginary[lower] = imaginary[upper] - turnedY
                real[upper] += turnedX
                imaginary[upper] += turnedY
            }
            start += 2 * half
        }
    }

    private func bluestein(_ sequence: inout Sequence) {
        let size = Self.size(atLeast: 2 * count - 1)
        let transform = FourierTransform(count: size)
        // e^(-πi n²/count), with n² reduced so that large n keep their precision.
        let chirp = (0..<count).map { index in
            let angle = Double.pi * Double(index * index % (2 * count)) / Double(count)
            return (cosine(angle), -sine(angle))
        }
        var signal = Sequence(count: size)
        var filter = Sequence(count: size)
        for (index, (c, s)) in chirp.enumerated() {
            let (x, y) = (sequence.real[index], sequence.imaginary[index])
            signal.real[index] = x * c - y * s
            signal.imaginary[index] = x * s + y * c
            filter.real[index] = c
            filter.imaginary[index] = -s
            if index > 0 {
                filter.real[size - index] = c
                filter.imaginary[size - index] = -s
            }
        }
        transform.forward(&signal)
        transform.forward(&filter)
        for index in 0..<size {
            let (x, y) = (signal.real[index], signal.imaginary[index])
            let (u, v) = (filter.real[index], filter.imaginary[index])
            signal.real[index] = x * u - y * v
            signal.imaginary[index] = x * v + y * u
        }
        transform.inverse(&signal)
        for (index, (c, s)) in chirp.enumerated() {
            let (x, y) = (signal.real[index], signal.imaginary[index])
            sequence.real[index] = x * c - y * s
            sequence.imaginary[index] = x * s + y * c
        }
    }
}
