/// How well one luma plane matches another, in the two numbers that are kept for every frame.
public struct PictureQuality: Hashable, Sendable {
    /// Peak signal to noise ratio of the luma in dB; 99 when nothing differs.
    public var psnr: Double
    /// Structural similarity of the luma in libyuv's definition, -1...1.
    public var ssim: Double

    /// What equal pictures are given instead of infinity.
    public static let identicalPSNR = 99.0

    /// Makes a pair of known numbers.
    public init(psnr: Double, ssim: Double) {
        self.psnr = psnr
        self.ssim = ssim
    }

    /// Compares two planes of equal size.
    public init(of received: PicturePlane, against reference: PicturePlane) {
        self = BlockStatistics.quality(reference, received)
    }

    /// Compares two pictures of equal size below their frame marks.
    ///
    /// The mark is easy to compress and is left out, together with one cell below it.
    public init(ofUnmarked received: PicturePlane, against reference: PicturePlane) {
        let masked = FrameMark.maskedRows(height: reference.height)
        self.init(of: received.rows(from: masked), against: reference.rows(from: masked))
    }

    /// PSNR of a sum of squared differences over `count` samples: 10 lg(255^2 / MSE).
    static func psnr(squaredError: Int, count: Int) -> Double {
        guard squaredError > 0 else { return identicalPSNR }
        return 10 * decimalLogarithm(65025 * Double(count) / Double(squaredError))
    }
}

/// Sums over the 4 x 4 blocks of two planes, each sample visited once.
///
/// libyuv's windows are 8 x 8 on a grid of 4: every window is four neighbouring blocks, and since all sums
/// are integers the result equals libyuv's to the last bit.
private struct BlockStatistics {
    var a: Int32 = 0
    var b: Int32 = 0
    var aa: Int32 = 0
    var bb: Int32 = 0
    var ab: Int32 = 0

    /// Adds the 4 x 4 samples at two places.
    init(
        _ first: UnsafePointer<UInt8>, _ firstStride: Int, _ second: UnsafePointer<UInt8>, _ secondStride: Int
    ) {
        var (left, right) = (first, second)
        var row = 0
        while row < 4 {
            var column = 0
            while column < 4 {
                let x = Int32(truncatingIfNeeded: left[column])
                let y = Int32(truncatingIfNeeded: right[column])
                a &+= x
                b &+= y
                aa &+= x &* x
                bb &+= y &* y
                ab &+= x &* y
                column &+= 1
            }
            left += firstStride
            right += secondStride
            row &+= 1
        }
    }

    static func quality(_ first: PicturePlane, _ second: PicturePlane) -> PictureQuality {
        precondition(
            first.width == second.width && first.height == second.height, "planes of one size are compared")
        let (columns, rows) = (first.width / 4, first.height / 4)
        guard columns >= 3, rows >= 3 else {
            return PictureQuality(psnr: psnr(first, second), ssim: .nan)
        }
        var squaredError = 0
        var total = 0.0
        var windows = 0
        // Two rows of blocks: the one above and the current one.
        withUnsafeTemporaryAllocation(of: BlockStatistics.self, capacity: 2 * columns) { blocks in
            var row = 0
            while row < rows {
                let current = row & 1 == 0 ? 0 : columns
                let above = columns &- current
                let left = first.start + row * 4 * first.stride
                let right = second.start + row * 4 * second.stride
                var column = 0
                while column < columns {
                    let block = BlockStatistics(
                        left + column * 4, first.stride, right + column * 4, second.stride)
                    squaredError &+= Int(block.aa &+ block.bb &- 2 &* block.ab)
                    blocks[current &+ column] = block
                    column &+= 1
                }
                // libyuv leaves out the window that would touch the last row and the last column exactly.
                if row > 0, (row - 1) * 4 < first.height - 8 {
                    column = 0
                    while column * 4 < first.width - 8 {
                        total += window(
                            blocks[above &+ column], blocks[above &+ column &+ 1], blocks[current &+ column],
                            blocks[current &+ column &+ 1])
                        windows &+= 1
                        column &+= 1
                    }
                }
                row &+= 1
            }
        }
        let isWhole = columns * 4 == first.width && rows * 4 == first.height
        return PictureQuality(
            psnr: isWhole
                ? PictureQuality.psnr(squaredError: squaredError, count: first.width * first.height)
                : psnr(first, second),
            ssim: total / Double(windows))
    }

    /// The similarity of one 8 x 8 window, as libyuv's `Ssim8x8_C` computes it.
    private static func window(
        _ p: BlockStatistics, _ q: BlockStatistics, _ r: BlockStatistics, _ s: BlockStatistics
    ) -> Double {
        let a = Int64(p.a &+ q.a &+ r.a &+ s.a)
        let b = Int64(p.b &+ q.b &+ r.b &+ s.b)
        let aa = Int64(p.aa &+ q.aa &+ r.aa &+ s.aa)
        let bb = Int64(p.bb &+ q.bb &+ r.bb &+ s.bb)
        let ab = Int64(p.ab &+ q.ab &+ r.ab &+ s.ab)
        let c1: Int64 = (26634 * 64 * 64) >> 12
        let c2: Int64 = (239_708 * 64 * 64) >> 12
        let product = 2 &* a &* b
        let squares = a &* a &+ b &* b
        let numerator = (product &+ c1) &* (128 &* ab &- product &+ c2)
        let denominator = (squares &+ c1) &* (64 &* (aa &+ bb) &- squares &+ c2)
        return Double(numerator) / Double(denominator)
    }

    /// PSNR of planes whose sides are no multiples of 4.
    private static func psnr(_ first: PicturePlane, _ second: PicturePlane) -> Double {
        var squaredError = 0
        for y in 0..<first.height {
            for x in 0..<first.width {
                let difference =
                    Int(first.start[y * first.stride + x]) - Int(second.start[y * second.stride + x])
                squaredError += difference * difference
            }
        }
        return PictureQuality.psnr(squaredError: squaredError, count: first.width * first.height)
    }
}
