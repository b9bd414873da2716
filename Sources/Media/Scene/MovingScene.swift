import Primitives

/// A synthetic camera picture: a textured background that pans, three textured discs that move before it, a
/// mark.
///
/// One definition on a canvas of 1280 x 720, rendered at any 16:9 size; everything is integer arithmetic and
/// depends on the seed alone. Motion repeats after the loop, so that the last frame leads into the first.
public final class MovingScene {
    /// Width of the pictures in pixels.
    public let width: Int
    /// Height of the pictures in pixels.
    public let height: Int
    /// Pictures per second.
    public let framesPerSecond: Int
    /// Pictures in one loop.
    public let frameCount: Int

    /// How fast the background pans, in canvas pixels per second.
    private static let panSpeed = 160

    private let background: SceneTexture
    private let tints: (u: SceneTexture, v: SceneTexture)
    private let discs: [Disc]

    /// Prepares the textures of a scene.
    public init(seed: UInt64, width: Int, height: Int, framesPerSecond: Int, loopSeconds: Int) {
        precondition(
            width * 9 == height * 16 && width.isMultiple(of: 4) && height.isMultiple(of: 4),
            "the scene is 16:9 and has whole chroma rows")
        precondition(framesPerSecond > 0 && loopSeconds > 0, "a loop has pictures")
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        frameCount = framesPerSecond * loopSeconds
        let period = Self.panSpeed * loopSeconds
        let scale = { (canvas: Int) in canvas * height / SceneTexture.canvasHeight }
        var generator = SeededGenerator(seed: seed).fork("scene")
        background = SceneTexture(
            seed: generator.next(), period: period, width: scale(period), height: height, range: 40...200)
        let tint = { (seed: UInt64) in
            // Colour changes more slowly than light in most pictures.
            SceneTexture(
                seed: seed, period: period, width: scale(period) / 2, height: height / 2, finestCell: 40,
                range: 108...148)
        }
        tints = (tint(generator.next()), tint(generator.next()))
        let shapes:
            [(radius: Int, center: (Int, Int), reach: (Int, Int), laps: (Int, Int), tint: (UInt8, UInt8))] = [
                (150, (640, 440), (70, 40), (1, 2), (108, 152)),
                (84, (280, 420), (180, 170), (1, 1), (150, 112)),
                (56, (1000, 400), (200, 220), (2, 1), (116, 118)),
            ]
        discs = shapes.map { shape in
            Disc(
                radius: scale(shape.radius), center: (scale(shape.center.0), scale(shape.center.1)),
                reach: (scale(shape.reach.0), scale(shape.reach.1)), laps: shape.laps, tint: shape.tint,
                texture: SceneTexture(
                    seed: generator.next(), period: 320, width: scale(320), height: height, range: 70...225))
        }
    }

    /// Draws frame `number` of the loop, with its mark, over the whole of `picture`.
    public func render(_ number: Int, mark: FrameMark, into picture: Picture) {
        precondition(picture.width == width && picture.height == height, "the picture has the scene's size")
        let frame = number % frameCount
        let pan = frame * background.width / frameCount
        background.samples.withUnsafeBufferPointer {
            Self.fill(picture.bytes, width, height, from: $0, background.width, pan: pan)
        }
        tints.u.samples.withUnsafeBufferPointer {
            Self.fill(picture.u, width / 2, height / 2, from: $0, tints.u.width, pan: pan / 2)
        }
        tints.v.samples.withUnsafeBufferPointer {
            Self.fill(picture.v, width / 2, height / 2, from: $0, tints.v.width, pan: pan / 2)
        }
        let phase = UInt32(truncatingIfNeeded: Int64(frame) << 32 / Int64(frameCount))
        for disc in discs { disc.draw(at: phase, into: picture) }
        mark.draw(into: picture)
    }

    /// Fills a plane with a texture that starts `pan` samples in and repeats.
    private static func fill(
        _ plane: UnsafeMutablePointer<UInt8>, _ width: Int, _ height: Int,
        from texture: UnsafeBufferPointer<UInt8>, _ period: Int, pan: Int
    ) {
        guard let source = texture.baseAddress else { return }
        for row in 0..<height {
            let line = source + row * period
            var x = 0
            var offset = pan
            while x < width {
                let count = min(period - offset, width - x)
                (plane + row * width + x).update(from: line + offset, count: count)
                x += count
                offset = 0
            }
        }
    }
}

/// A textured disc on a closed path.
private struct Disc {
    /// Radius in pixels.
    let radius: Int
    /// The middle of the path.
    let center: (x: Int, y: Int)
    /// How far the path leads from its middle.
    let reach: (x: Int, y: Int)
    /// Swings per loop along each axis.
    let laps: (x: Int, y: Int)
    /// U and V.
    let tint: (u: UInt8, v: UInt8)
    /// What is seen on the disc; at least as wide and high as the disc.
    let texture: SceneTexture
    /// Half the disc's width in each of its rows.
    let halves: [Int]

    init(
        radius: Int, center: (Int, Int), reach: (Int, Int), laps: (Int, Int), tint: (UInt8, UInt8),
        texture: SceneTexture
    ) {
        precondition(
            texture.width >= 2 * radius && texture.height >= 2 * radius, "the texture covers the disc")
        self.radius = radius
        self.center = center
        self.reach = reach
        self.laps = laps
        self.tint = tint
        self.texture = texture
        halves = (0..<2 * radius).map { row in
            let distance = row - radius
            return Int(FixedPoint.squareRoot(Int64(radius * radius - distance * distance)))
        }
    }

    func draw(at phase: UInt32, into picture: Picture) {
        let swing = { (laps: Int, reach: Int, quarter: UInt32) in
            Int((FixedPoint.sine(phase &* UInt32(laps) &+ quarter) * Int64(reach)) >> FixedPoint.fractionBits)
        }
        // Even positions keep luma and chroma together.
        let x = (center.x + swing(laps.x, reach.x, 0)) & ~1
        let y = (center.y + swing(laps.y, reach.y, 1 << 30)) & ~1
        texture.samples.withUnsafeBufferPointer { samples in
            guard let source = samples.baseAddress else { return }
            for (row, half) in halves.enumerated() where half > 0 {
                let line = y - radius + row
                let left = max(x - half, 0)
                let count = min(x + half, picture.width) - left
                guard line >= 0, line < picture.height, count > 0 else { continue }
                (picture.bytes + line * picture.width + left)
                    .update(from: source + row * texture.width + (left - (x - radius)), count: count)
                guard row.isMultiple(of: 2), line / 2 < picture.height / 2 else { continue }
                let chroma = line / 2 * (picture.width / 2) + left / 2
                (picture.u + chroma).update(repeating: tint.u, count: count / 2)
                (picture.v + chroma).update(repeating: tint.v, count: count / 2)
            }
        }
    }
}
