/// How alike two patches of auditory spectrograms are (NSIM; Hines and Harte 2012): structural similarity with a
/// window of three frames by three bands.
public struct NeurogramSimilarity: Sendable {
    /// The mean over all bands, at most 1.
    public var mean: Double
    /// The mean of each band over time, the lowest first.
    public var bandMeans: [Double]

    /// Window weights: the middle, the four sides, the four corners.
    private static let middle = 0.619485845753726
    private static let side = 0.0838251475442633
    private static let corner = 0.0113033910173052
    /// (0.01 L)² and (0.03 L)² / 2 for L = 1.
    private static let intensityConstant = 1e-4
    private static let structureConstant = 4.5e-4

    /// Compares two patches of equal size, frame by frame with the lowest band first.
    public init(of degraded: [Double], against reference: [Double], bandCount: Int) {
        precondition(degraded.count == reference.count, "patches of one size are compared")
        let frameCount = reference.count / bandCount
        var means = [Double](repeating: 0, count: bandCount)
        let stride = bandCount + 2
        let moments = Self.moments(reference, degraded, bandCount: bandCount, frameCount: frameCount)
        moments.withUnsafeBufferPointer { moments in
            for frame in 0..<frameCount {
                for band in 0..<bandCount {
                    let centre = (frame + 1) * stride + band + 1
                    let sides =
                        moments[centre - 1] + moments[centre + 1] + moments[centre - stride]
                        + moments[centre + stride]
                    let corners =
                        moments[centre - stride - 1] + moments[centre - stride + 1]
                        + moments[centre + stride - 1] + moments[centre + stride + 1]
                    means[band] += Self.similarity(
                        Self.middle * moments[centre] + Self.side * sides + Self.corner * corners)
                }
            }
        }
        for band in 0..<bandCount { means[band] /= Double(frameCount) }
        bandMeans = means
        mean = means.reduce(0, +) / Double(bandCount)
    }

    /// x, y, x², y² and xy at every place of two patches, with their edges repeated around them.
    private static func moments(_ left: [Double], _ right: [Double], bandCount: Int, frameCount: Int)
        -> [SIMD8<
            Double
        >]
    {
        var moments: [SIMD8<Double>] = []
        moments.reserveCapacity((bandCount + 2) * (frameCount + 2))
        for frame in -1...frameCount {
            let row = min(max(frame, 0), frameCount - 1) * bandCount
            for band in -1...bandCount {
                let index = row + min(max(band, 0), bandCount - 1)
                let (x, y) = (left[index], right[index])
                moments.append(SIMD8(x, y, x * x, y * y, x * y, 0, 0, 0))
            }
        }
        return moments
    }

    /// The similarity under one window, by its moments.
    private static func similarity(_ moments: SIMD8<Double>) -> Double {
        let (x, y) = (moments[0], moments[1])
        let intensity =
            (2 * x * y + intensityConstant) / (x * x + y * y + intensityConstant)
        let variances = (moments[2] - x * x) * (moments[3] - y * y)
        // Rounding may make the variance of silence negative.
        let deviation = variances < 0 ? 0 : variances.squareRoot()
        return intensity * (moments[4] - x * y + structureConstant) / (deviation + structureConstant)
    }
}
