import Primitives

/// A still, grainy texture that repeats from left to right: value noise in several octaves, integers only.
///
/// Defined on a canvas of 720 lines; a smaller picture gets the same texture without the detail it could not
/// show, as a camera's smaller layer would.
struct SceneTexture {
    /// Pixels after which the texture repeats.
    let width: Int
    /// Rows.
    let height: Int
    /// The samples, row by row.
    let samples: [UInt8]

    /// Lines of the canvas on which sizes are given.
    static let canvasHeight = 720

    /// Cell size on the canvas and weight (in sum 256) of each octave.
    private static let octaves: [(cell: Int, weight: Int)] = [
        (160, 52), (80, 48), (40, 44), (20, 40), (10, 40), (5, 32),
    ]

    /// Renders a texture.
    ///
    /// - Parameters:
    ///   - period: Canvas pixels after which it repeats; a multiple of 160.
    ///   - width: The same in pixels of this rendering.
    ///   - height: Rows of this rendering; it covers the whole height of the canvas.
    ///   - finestCell: Size on the canvas of the finest detail.
    ///   - range: Darkest and brightest value.
    init(
        seed: UInt64, period: Int, width: Int, height: Int, finestCell: Int = 5, range: ClosedRange<Int>
    ) {
        precondition(period.isMultiple(of: 160), "every octave repeats with the texture")
        self.width = width
        self.height = height
        var sums = [Int](repeating: 0, count: width * height)
        let generator = SeededGenerator(seed: seed)
        var weights = 0
        for (index, octave) in Self.octaves.enumerated() {
            // Detail finer than three pixels would only alias.
            guard octave.cell >= finestCell, octave.cell * height >= 3 * Self.canvasHeight else { continue }
            weights += octave.weight
            var octaveGenerator = generator.fork("octave", index)
            Self.add(
                ValueNoise(
                    columns: period / octave.cell, rows: Self.canvasHeight / octave.cell + 2, &octaveGenerator
                ),
                octave: octave, period: period, width: width, height: height, to: &sums)
        }
        let span = range.upperBound - range.lowerBound
        // Noise crowds around its middle: spread it by 3/2 and clip.
        let scale = max(1, weights * 255)
        samples = sums.map { sum in
            let spread = (sum - scale / 2) * 3 / 2 + scale / 2
            return UInt8(clamping: range.lowerBound + min(max(spread, 0), scale) * span / scale)
        }
    }

    private static func add(
        _ noise: ValueNoise, octave: (cell: Int, weight: Int), period: Int, width: Int, height: Int,
        to sums: inout [Int]
    ) {
        let across = (0..<width).map {
            noise.position((2 * $0 + 1) * period * 128 / width, cell: octave.cell)
        }
        sums.withUnsafeMutableBufferPointer { sums in
            var y = 0
            while y < height {
                let down = noise.position((2 * y + 1) * canvasHeight * 128 / height, cell: octave.cell)
                var x = 0
                while x < width {
                    sums[y &* width &+ x] &+= octave.weight &* noise.value(across[x], down)
                    x &+= 1
                }
                y &+= 1
            }
        }
    }
}

/// Random values on a grid that repeats from left to right, and smooth values in between.
private struct ValueNoise {
    /// Where a coordinate falls on the grid: the point before it and the smooth weight of the next, 0...256.
    struct Position {
        var index: Int
        var weight: Int
    }

    let columns: Int
    let grid: [Int]

    init(columns: Int, rows: Int, _ generator: inout SeededGenerator) {
        self.columns = columns
        grid = generator.bytes(columns * rows).map(Int.init)
    }

    /// The grid position of a canvas coordinate given in 1/256 pixel.
    func position(_ coordinate: Int, cell: Int) -> Position {
        let fraction = coordinate % (cell * 256) / cell
        // Smoothstep: 3t^2 - 2t^3.
        return Position(
            index: coordinate / (cell * 256), weight: (fraction * fraction * (768 - 2 * fraction)) >> 16)
    }

    /// A value in 0...255.
    func value(_ x: Position, _ y: Position) -> Int {
        let left = x.index % columns
        let right = (x.index &+ 1) % columns
        let row = y.index &* columns
        return grid.withUnsafeBufferPointer { grid in
            let top = grid[row &+ left] &* (256 &- x.weight) &+ grid[row &+ right] &* x.weight
            let below = row &+ columns
            let bottom = grid[below &+ left] &* (256 &- x.weight) &+ grid[below &+ right] &* x.weight
            return (top &* (256 &- y.weight) &+ bottom &* y.weight) >> 16
        }
    }
}
