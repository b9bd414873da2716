import Primitives

/// A synthetic shared screen: a long document on a light page that somebody reads and scrolls.
///
/// In every second the page rests, then moves by a few rows a picture: down in the first half of the loop, up again in
/// the second, so that the last frame leads into the first. Integer arithmetic only; the words are drawn from the seed
/// and mean nothing.
public final class TextScene: PictureScene {
    /// Pictures in one loop.
    public let frameCount: Int

    private let width: Int
    private let height: Int
    private let framesPerSecond: Int
    private let loopSeconds: Int
    /// Rows by which the page moves from one picture to the next.
    private let step: Int
    /// The document, as wide as the picture.
    private let document: [UInt8]

    private static let paper: UInt8 = 225
    private static let ink: UInt8 = 40
    private static let margin: UInt8 = 180

    /// Sets the document.
    public init(seed: UInt64, width: Int, height: Int, framesPerSecond: Int, loopSeconds: Int) {
        precondition(width.isMultiple(of: 4) && height.isMultiple(of: 4), "the picture has whole chroma rows")
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
        self.loopSeconds = loopSeconds
        frameCount = framesPerSecond * loopSeconds
        step = max(1, height / 135)
        // Dots of two pixels at 1080 lines make letters of ordinary size.
        let dot = max(1, height / 540)
        document = Self.set(
            seed: seed, width: width, height: height + step * (framesPerSecond / 2) * (loopSeconds / 2),
            dot: dot, line: (GlyphFont.rows + 3) * dot)
    }

    /// Draws frame `number` of the loop, with its mark, over the whole of `picture`.
    public func render(_ number: Int, mark: FrameMark, into picture: Picture) {
        precondition(picture.width == width && picture.height == height, "the picture has the scene's size")
        let start = offset(at: number % frameCount)
        document.withUnsafeBufferPointer { document in
            guard let source = document.baseAddress else { return }
            for row in 0..<height {
                (picture.bytes + row * width).update(from: source + (start + row) * width, count: width)
            }
        }
        // A page without colour; the ribbon on the left keeps the chroma planes from being empty.
        picture.u.update(repeating: 128, count: width * height / 4)
        picture.v.update(repeating: 128, count: width * height / 4)
        for row in 0..<height / 2 {
            (picture.u + row * width / 2).update(repeating: 150, count: width / 48)
            (picture.v + row * width / 2).update(repeating: 110, count: width / 48)
        }
        mark.draw(into: picture)
    }

    /// How many rows of the document lie above the page.
    private func offset(at frame: Int) -> Int {
        let (second, phase) = frame.quotientAndRemainder(dividingBy: framesPerSecond)
        let moves = framesPerSecond / 2
        // Scrolling is the last thing in a second.
        let moved = max(0, phase - (framesPerSecond - moves) + 1)
        let half = loopSeconds / 2
        if second < half { return (second * moves + moved) * step }
        let remaining = loopSeconds - second
        return (min(remaining, half) * moves - (remaining > half ? 0 : moved)) * step
    }

    private static func set(seed: UInt64, width: Int, height: Int, dot: Int, line: Int) -> [UInt8] {
        var page = [UInt8](repeating: paper, count: width * height)
        var generator = SeededGenerator(seed: seed).fork("text")
        func draw(_ range: ClosedRange<Int>) -> Int {
            range.lowerBound + Int(generator.next() >> 33) % range.count
        }
        let left = width / 12
        let right = width - left
        for row in 0..<height {
            for column in 0..<width / 24 { page[row * width + column] = margin }
        }
        let advance = (GlyphFont.columns + 1) * dot
        for top in stride(from: 0, to: height - line + 1, by: line) {
            // Every sixth line or so ends a paragraph early, or is empty.
            let kind = draw(0...11)
            guard kind > 0 else { continue }
            let end = kind == 1 ? left + (right - left) * draw(2...7) / 8 : right
            var x = left
            while x < end {
                let letters = draw(1...9)
                guard x + letters * advance < end else { break }
                for _ in 0..<letters {
                    let glyph = GlyphFont.letters[draw(0...GlyphFont.letters.count - 1)]
                    stamp(glyph, x: x, y: top, dot: dot, width: width, into: &page)
                    x += advance
                }
                x += advance
            }
        }
        return page
    }

    private static func stamp(
        _ glyph: [UInt8], x: Int, y: Int, dot: Int, width: Int, into page: inout [UInt8]
    ) {
        for (row, bits) in glyph.enumerated() where bits != 0 {
            for column in 0..<GlyphFont.columns where bits >> UInt8(GlyphFont.columns - 1 - column) & 1 == 1 {
                for line in 0..<dot {
                    let start = (y + row * dot + line) * width + x + column * dot
                    for pixel in 0..<dot { page[start + pixel] = ink }
                }
            }
        }
    }
}
