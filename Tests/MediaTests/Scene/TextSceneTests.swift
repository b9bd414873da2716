import Media
import Primitives
import Testing

@Suite struct TextSceneTests {
    private let scene = TextScene(seed: 4, width: 640, height: 360, framesPerSecond: 10, loopSeconds: 4)

    private func luma(_ number: Int, of scene: TextScene? = nil) -> [UInt8] {
        let picture = Picture(width: 640, height: 360)
        (scene ?? self.scene).render(number, mark: FrameMark(stream: 0, frameNumber: 0), into: picture)
        return picture.withBytes { Array($0.prefix(640 * 360)) }
    }

    @Test func theSameSeedGivesTheSamePage() {
        let again = TextScene(seed: 4, width: 640, height: 360, framesPerSecond: 10, loopSeconds: 4)
        #expect(luma(7) == luma(7, of: again))
        let other = TextScene(seed: 5, width: 640, height: 360, framesPerSecond: 10, loopSeconds: 4)
        #expect(luma(7) != luma(7, of: other))
    }

    @Test func aPageIsDarkLettersOnLightPaper() {
        let body = luma(0).dropFirst(640 * 120)
        let ink = body.count { $0 < 80 }
        #expect(Double(ink) / Double(body.count) > 0.08 && Double(ink) / Double(body.count) < 0.3)
        #expect(body.allSatisfy { $0 < 80 || $0 > 150 })
    }

    @Test func itRestsAndScrollsAndComesBack() {
        let pages = (0..<40).map { luma($0) }
        let changes = (0..<40).filter { pages[$0] != pages[($0 + 1) % 40] }
        #expect(changes == [4, 14, 24, 34].flatMap { Array($0..<$0 + 5) })
        #expect(pages[10] == pages[32] && pages[0] == pages[39] && pages[0] != pages[10])
        // Whoever scrolls moves what is there: the rows come back further up.
        let (before, after) = (pages[0], pages[10])
        let height = (1..<100).first { shift in
            (130..<200).allSatisfy { row in
                Array(before[(row + shift) * 640..<(row + shift + 1) * 640])
                    == Array(after[row * 640..<(row + 1) * 640])
            }
        }
        #expect(height == 10)
    }

    @Test func everyLetterIsAShapeOfItsOwn() {
        #expect(GlyphFont.letters.count == 26 && Set(GlyphFont.letters).count == 26)
        #expect(GlyphFont.letters.allSatisfy { $0.count == GlyphFont.rows && $0.allSatisfy { $0 < 32 } })
    }
}
