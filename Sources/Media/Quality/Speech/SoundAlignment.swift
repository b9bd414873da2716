/// Finds by how much one piece of sound lags behind another, by their envelopes.
public enum SoundAlignment {
    /// By how many samples `degraded` has to be moved back to fit `reference` best; negative to be moved forth.
    ///
    /// The lag with the greatest cross-correlation; of equal ones the smallest.
    public static func bestLag(of degraded: [Double], behind reference: [Double]) -> Int {
        let longest = max(reference.count, degraded.count)
        guard longest > 0 else { return 0 }
        let size = FourierTransform.size(atLeast: 2 * longest - 1)
        let transform = FourierTransform(count: size)
        // Two real sequences in one complex transform: their spectra come apart by symmetry.
        var both = FourierTransform.Sequence(count: size)
        both.real.replaceSubrange(0..<reference.count, with: reference)
        both.imaginary.replaceSubrange(0..<degraded.count, with: degraded)
        transform.forward(&both)
        var product = FourierTransform.Sequence(count: size)
        for index in 0..<size {
            let mirror = (size - index) & (size - 1)
            let (x, y) = (both.real[index], both.imaginary[index])
            let (u, v) = (both.real[mirror], both.imaginary[mirror])
            let left = ((x + u) / 2, (y - v) / 2)
            let right = ((y + v) / 2, (u - x) / 2)
            product.real[index] = left.0 * right.0 + left.1 * right.1
            product.imaginary[index] = left.1 * right.0 - left.0 * right.1
        }
        transform.inverse(&product)
        var best = -(longest - 1)
        var highest = -Double.infinity
        for lag in -(longest - 1)...longest - 1 {
            let value = product.real[lag < 0 ? size + lag : lag]
            if value > highest { (best, highest) = (lag, value) }
        }
        return best
    }

    /// The magnitude of the analytic signal of the sound without its mean, on top of the mean.
    public static func envelope(_ samples: [Double]) -> [Double] {
        let count = samples.count
        guard count > 0 else { return [] }
        let mean = samples.reduce(0, +) / Double(count)
        let transform = FourierTransform(count: count)
        var spectrum = FourierTransform.Sequence(count: count)
        spectrum.real = samples.map { $0 - mean }
        transform.forward(&spectrum)
        // Only positive frequencies stay, twice as strong; the ends have no mirror image.
        for index in 1..<max(count, 1) {
            let factor = 2 * index < count ? 2.0 : 2 * index == count ? 1 : 0
            spectrum.real[index] *= factor
            spectrum.imaginary[index] *= factor
        }
        transform.inverse(&spectrum)
        return (0..<count).map { index in
            let (x, y) = (spectrum.real[index], spectrum.imaginary[index])
            return (x * x + y * y).squareRoot() + mean
        }
    }

    /// `degraded` moved to fit `reference`, and by how much; not moved by more than half of the reference.
    static func align(_ degraded: [Double], to reference: [Double]) -> (samples: [Double], lag: Int) {
        let lag = bestLag(of: envelope(degraded), behind: envelope(reference))
        guard lag != 0, 2 * abs(lag) <= reference.count else { return (degraded, 0) }
        if lag < 0 { return (Array(degraded.dropFirst(-lag)), lag) }
        return ([Double](repeating: 0, count: lag) + degraded, lag)
    }
}
