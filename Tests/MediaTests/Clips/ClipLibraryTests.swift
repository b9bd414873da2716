import Media
import Primitives
import Testing
import WireFormats

@Suite struct ClipLibraryTests {
    @Test func everyLayerLoopsFromItsOnlyKeyFrame() throws {
        let library = try SharedClips.get()
        #expect(library.video.count == 1 && library.video[0].layers.count == 2 && library.audio.count == 1)
        for layer in library.video[0].layers {
            #expect(layer.frameCount == 40)
            #expect((0..<layer.frameCount).filter { layer.frame($0).isKeyFrame } == [0])
        }
    }

    @Test func layersKeepTheirBitrate() throws {
        for layer in try SharedClips.get().video[0].layers {
            let target = Double(layer.specification.bitrate)
            #expect(abs(Double(layer.averageBitrate) / target - 1) < 0.1)
        }
    }

    @Test func everyFrameHasItsQuality() throws {
        let library = try SharedClips.get()
        for layer in library.video[0].layers {
            let qualities = (0..<layer.frameCount).map { layer.frame($0).quality }
            #expect(qualities.allSatisfy { $0.psnr > 25 && $0.psnr < 60 && $0.ssim > 0.5 && $0.ssim < 1 })
            #expect(Set(qualities).count > layer.frameCount / 2)
            for number in [0, 7, 39] {
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
        let decoder = try VP8Decoder()
        for number in 0..<10 {
            let mark = FrameMark(stream: 0, frameNumber: UInt64(number))
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

    @Test(arguments: [(UInt8(1), UInt8(0), UInt16(0)), (31, 7, 65535), (0, 2, 0), (0, 0, 40)])
    func tagsOfNoFrameHaveNoQuality(clip: UInt8, layer: UInt8, number: UInt16) throws {
        let tag = FrameTag(captureMicroseconds: 0, frameNumber: number, clip: clip, layer: layer)
        #expect(try SharedClips.get().quality(of: tag) == nil)
    }

    @Test func progressReachesItsTotalStepByStep() throws {
        let specification = ClipSpecification(
            loopSeconds: 1,
            cameras: [
                ClipSpecification.Camera(
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
        #expect(standard.cameras[0].layers.map(\.width) == [320, 640, 1280])
        #expect(standard.cameras[0].layers.map(\.height) == [180, 360, 720])
        #expect(standard.cameras[0].layers.map(\.framesPerSecond) == [20, 20, 30])
        #expect(standard.cameras[0].layers.map(\.bitrate) == [160_000, 450_000, 1_700_000])
        #expect(standard.microphones.allSatisfy { $0.bitrate == 48_000 })
    }

    @Test func everyParameterChangesTheKey() {
        var variants = [ClipSpecification.small]
        func vary(_ change: (inout ClipSpecification) -> Void) {
            var variant = ClipSpecification.small
            change(&variant)
            variants.append(variant)
        }
        vary { $0.loopSeconds = 3 }
        vary { $0.cameras[0].seed = 9 }
        vary { $0.cameras[0].layers[0].width = 640 }
        vary { $0.cameras[0].layers[0].height = 360 }
        vary { $0.cameras[0].layers[0].framesPerSecond = 15 }
        vary { $0.cameras[0].layers[0].bitrate += 1 }
        vary { $0.cameras[0].layers[0].speed = 4 }
        vary { $0.cameras[0].layers.removeLast() }
        vary { $0.cameras.append($0.cameras[0]) }
        vary { $0.microphones[0].seed = 9 }
        vary { $0.microphones[0].rhythm = .english }
        vary { $0.microphones[0].pitch = 119 }
        vary { $0.microphones[0].bitrate = 32_000 }
        vary { $0.microphones[0].hasForwardErrorCorrection = true }
        vary { $0.microphones = [] }
        #expect(Set(variants.map(\.key)).count == variants.count)
        #expect(ClipSpecification.small.key == ClipSpecification.small.key)
    }
}
