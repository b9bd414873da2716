/// Structural similarity as its authors defined it: an 11 x 11 Gaussian window with sigma 1.5 at every pixel.
///
/// Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
/// similarity" (2004), with population covariance and five pixels cropped at each border; for comparison with
/// research results. `PictureQuality` keeps the cheaper definition of libyuv.
public enum GaussianSSIM {
    private static let radius = 5

    /// The mean similarity of two luma planes of equal size, at least 11 x 11.
    public static func similarity(of received: PicturePlane, against reference: PicturePlane) -> Double {
        precondition(
            received.width == reference.width && received.height == reference.height,
            "planes of one size are compared")
        precondition(
            reference.width > 2 * radius && reference.height > 2 * radius, "a window fits in the plane")
        var rows = RowMoments(width: reference.width)
        let (width, height) = (reference.width, reference.height)
        for y in 0..<height { rows.append(reference, received, row: y) }
        var total = 0.0
        for y in radius..<height - radius {
            for x in 0..<width - 2 * radius { total += rows.similarity(x: x, y: y) }
        }
        return total / Double((width - 2 * radius) * (height - 2 * radius))
    }

    /// The window's weights, which sum to 1.
    static let weights: [Double] = {
        let raw = (-radius...radius).map { exponential(-Double($0 * $0) / 4.5) }
        let sum = raw.reduce(0, +)
        return raw.map { $0 / sum }
    }()

    /// The five moments of every pixel, already filtered along its row.
    private struct RowMoments {
        let filteredWidth: Int
        var values: [SIMD8<Double>] = []

        init(width: Int) { filteredWidth = width - 2 * radius }

        mutating func append(_ first: PicturePlane, _ second: PicturePlane, row: Int) {
            let left = first.start + row * first.stride
            let right = second.start + row * second.stride
            for x in 0..<filteredWidth {
                var sum = SIMD8<Double>()
                for tap in 0...2 * radius {
                    let a = Double(left[x + tap])
                    let b = Double(right[x + tap])
                    sum += weights[tap] * SIMD8(a, b, a * a, b * b, a * b, 0, 0, 0)
                }
                values.append(sum)
            }
        }

        func similarity(x: Int, y: Int) -> Double {
            var sum = SIMD8<Double>()
            for tap in 0...2 * radius {
                sum += weights[tap] * values[(y - radius + tap) * filteredWidth + x]
            }
            let (a, b) = (sum[0], sum[1])
            let (c1, c2) = (6.5025, 58.5225)  // (0.01 * 255)^2 and (0.03 * 255)^2
            let covariance = sum[4] - a * b
            let variances = sum[2] - a * a + sum[3] - b * b
            return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2))
        }
    }
}
