import Media
import Testing

@Suite struct MovingSceneTests {
    private let mark = FrameMark(stream: 0, frameNumber: 0)

    private func scene(height: Int, seed: UInt64 = 1, framesPerSecond: Int = 20) -> MovingScene {
        MovingScene(
            seed: seed, width: height * 16 / 9, height: height, framesPerSecond: framesPerSecond,
            loopSeconds: 2)
    }

    private func rendered(_ scene: MovingScene, _ number: Int) -> Picture {
        let picture = Picture(width: scene.width, height: scene.height)
        scene.render(number, mark: mark, into: picture)
        return picture
    }

    /// The same bytes on every machine: clips may be compared between machines.
    @Test(arguments: [(0, UInt32(873_152_288)), (17, 3_233_292_389)])
    func isTheSameEverywhere(number: Int, golden: UInt32) {
        let picture = rendered(scene(height: 180), number)
        let bytes = picture.withBytes { Array($0) }
        #expect(checksum(bytes) == golden)
    }

    private func similarity(_ received: Picture, _ reference: Picture) -> Double {
        received.withLuma { received in
            reference.withLuma { PictureQuality(ofUnmarked: received, against: $0).psnr }
        }
    }

    @Test func seedsGiveDifferentScenes() {
        let first = rendered(scene(height: 180), 0)
        let second = rendered(scene(height: 180, seed: 2), 0)
        #expect(similarity(second, first) < 20)
    }

    @Test func theLoopHasNoSeam() {
        let scene = scene(height: 180)
        func step(_ from: Int, _ to: Int) -> Double {
            similarity(rendered(scene, to), rendered(scene, from))
        }
        let last = scene.frameCount - 1
        let inside = [step(0, 1), step(20, 21), step(last - 1, last)]
        #expect(step(last, 0) > (inside.min() ?? 0) - 1)
        #expect(step(last, 0) < PictureQuality.identicalPSNR)
        #expect(step(0, scene.frameCount) == PictureQuality.identicalPSNR)
    }

    @Test func everyFrameMoves() {
        let scene = scene(height: 180)
        for number in 1..<scene.frameCount {
            #expect(similarity(rendered(scene, number), rendered(scene, number - 1)) < 45, "frame \(number)")
        }
    }

    /// Layers of one camera show one scene: a large picture, averaged down, looks like the small one.
    @Test(arguments: [0, 13])
    func layersShowOneScene(number: Int) {
        let large = rendered(scene(height: 360), number)
        let small = rendered(scene(height: 180), number)
        let averaged = Picture(width: 320, height: 180)
        large.withLuma { source in
            averaged.withBytes { bytes in
                for index in 0..<320 * 180 {
                    let (x, y) = (index % 320 * 2, index / 320 * 2)
                    let sum = [source[x, y], source[x + 1, y], source[x, y + 1], source[x + 1, y + 1]].reduce(
                        0
                    ) { $0 + Int($1) }
                    bytes[index] = UInt8(sum / 4)
                }
            }
        }
        #expect(similarity(averaged, small) > 22)
    }

    @Test func framesOfDifferentRatesMeetAtWholeSeconds() {
        let slow = rendered(scene(height: 180, framesPerSecond: 20), 20)
        let fast = rendered(scene(height: 180, framesPerSecond: 30), 30)
        #expect(similarity(fast, slow) == PictureQuality.identicalPSNR)
    }
}
