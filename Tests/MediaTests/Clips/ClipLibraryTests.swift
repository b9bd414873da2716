import Media
import Primitives
import Testing
import WireFormats

@Suite struct ClipLibraryTests {
    @Test func everyLayerLoopsFromItsOnlyKeyFrame() throws {
        let library = try SharedClips.get()
        #expect(library.video.map(\.layers.count) == [2, 3, 1, 1] && library.audio.count == 1)
        for clip in library.video {
            for layer in clip.layers {
                #expect(layer.frameCount == 2 * layer.framesPerSecond)
                #expect((0..<layer.frameCount).filter { layer.frame($0).isKeyFrame } == [0])
            }
        }
    }

    @Test func layersKeepTheirBitrate() throws {
        for layer in try SharedClips.get().video.flatMap(\.layers) {
            let target = Double(layer.specification.bitrate)
            #expect(abs(Double(layer.averageBitrate) / target - 1) < 0.15)
        }
    }

    @Test func everyFrameHasItsQuality() throws {
        let library = try SharedClips.get()
        for layer in library.video.flatMap(\.layers) {
            let qualities = (0..<layer.frameCount).map { layer.frame($0).quality }
            #expect(qualities.allSatisfy { $0.psnr > 22 && $0.psnr < 60 && $0.ssim > 0.5 && $0.ssim < 1 })
            #expect(Set(qualities).count > layer.frameCount / 2)
            for number in [0, 7, 19] {
                let tag = layer.tag(frame: number, captureMicroseconds: 5)
                #expect(library.quality(of: tag) == qualities[number])
            }
        }
    }

    /// The table says what a receiver sees: decoding gives the same numbers.
    @Test func decodingGivesTheQualityOfTheTable() throws {
        let layer = try SharedClips.get().video[0].layers[0]
        let scene = MovingScene(seed: 1, width: 320, height: 180, framesPerSecond: 20, loopSeconds: 2)
        let picture = Picture(width: 320, height: 180)
        let decoder = try VideoDecoder(.vp8)
        for number in 0..<10 {
            let mark = FrameMark(stream: 8, frameNumber: UInt64(number))
            scene.render(number, mark: mark, into: picture)
            let seen = try layer.withFrame(number) { frame throws(CodecError) in
                try decoder.decode(frame) { decoded in
                    decoded.map { decoded in
                        picture.withLuma {
                            (
                                FrameMark(reading: decoded.y),
                                PictureQuality(ofUnmarked: decoded.y, against: $0)
                            )
                        }
                    }
                }
            }
            #expect(seen?.0 == mark)
            #expect(seen?.1 == layer.frame(number).quality)
        }
    }

    @Test(arguments: [(UInt8(4), UInt8(0), UInt16(0)), (31, 7, 65535), (0, 2, 0), (0, 0, 40)])
    func tagsOfNoFrameHaveNoQuality(clip: UInt8, layer: UInt8, number: UInt16) throws {
        let tag = FrameTag(captureMicroseconds: 0, frameNumber: number, clip: clip, layer: layer)
        #expect(try SharedClips.get().quality(of: tag) == nil)
    }

    @Test func progressReachesItsTotalStepByStep() throws {
        let specification = ClipSpecification(
            loopSeconds: 1,
            videos: [
                ClipSpecification.Video(
                    seed: 1,
                    layers: [
                        ClipSpecification.Layer(width: 320, height: 180, framesPerSecond: 5, bitrate: 90_000)
                    ])
            ], microphones: [ClipSpecification.Microphone(seed: 1, rhythm: .english, pitch: 200)])
        var steps: [PreparationProgress] = []
        let (library, cache) = try ClipLibrary.prepare(specification, cachedIn: nil) { steps.append($0) }
        #expect(cache == .unused)
        #expect(library.specification == specification)
        #expect(steps.count == 6)
        #expect(
            steps.map(\.done) == steps.map(\.done).sorted() && Set(steps.map(\.done)).count == steps.count)
        #expect(Set(steps.map(\.total)).count == 1)
        #expect(steps.last?.done == steps.last?.total)
    }

    @Test func theStandardSpecificationIsWhatTheVisioPageSends() {
        let standard = ClipSpecification.standard
        for camera in standard.videos.prefix(2) {
            #expect(camera.layers.map(\.width) == [320, 640, 1280])
            #expect(camera.layers.map(\.height) == [180, 360, 720])
        }
        #expect(standard.videos[0].layers.map(\.framesPerSecond) == [20, 20, 30])
        #expect(standard.videos[0].layers.map(\.bitrate) == [160_000, 450_000, 1_700_000])
        #expect(standard.videos[1].coding == .vp9(.l3t3Key))
        #expect(standard.videos[1].layers.map(\.framesPerSecond) == [30, 30, 30])
        #expect(standard.videos[1].layers.map(\.bitrate).reduce(0, +) == 1_445_000)
        #expect(standard.videos[2].coding == .vp9(.l1t3) && standard.videos[3].coding == .vp8)
        for screen in standard.videos.suffix(2) {
            #expect(screen.scene == .screen)
            #expect(
                screen.layers == [
                    .init(
                        width: 1920, height: 1080, framesPerSecond: 15, bitrate: 2_500_000,
                        speed: screen.layers[0].speed)
                ])
        }
        #expect(standard.microphones.allSatisfy { $0.bitrate == 48_000 })
    }

    @Test func everyParameterChangesTheKey() {
        let small = ClipSpecification.small
        var videos: Set<[UInt8]> = []
        var count = 0
        func vary(_ loopSeconds: Int = 2, _ change: (inout ClipSpecification.Video) -> Void) {
            var video = small.videos[0]
            change(&video)
            var specification = small
            specification.loopSeconds = loopSeconds
            videos.insert(specification.key(of: video))
            count += 1
        }
        vary { _ in }
        vary(3) { _ in }
        vary { $0.scene = .screen }
        vary { $0.seed = 9 }
        vary { $0.coding = .vp9(.l1t3) }
        vary { $0.coding = .vp9(.l3t3Key) }
        vary { $0.layers[0].width = 640 }
        vary { $0.layers[0].height = 360 }
        vary { $0.layers[0].framesPerSecond = 15 }
        vary { $0.layers[0].bitrate += 1 }
        vary { $0.layers[0].speed = 4 }
        vary { $0.layers.removeLast() }
        #expect(videos.count == count)
        var voices: Set<[UInt8]> = []
        count = 0
        func say(_ change: (inout ClipSpecification.Microphone) -> Void) {
            var microphone = small.microphones[0]
            change(&microphone)
            voices.insert(small.key(of: microphone))
            count += 1
        }
        say { _ in }
        say { $0.seed = 9 }
        say { $0.rhythm = .english }
        say { $0.pitch = 119 }
        say { $0.bitrate = 32_000 }
        say { $0.hasForwardErrorCorrection = true }
        #expect(voices.count == count)
        // What stands beside a clip does not matter to it.
        let alone = ClipSpecification(loopSeconds: 2, videos: [small.videos[1]], microphones: [])
        #expect(small.key(of: small.videos[1]) == alone.key(of: small.videos[1]))
    }
}
