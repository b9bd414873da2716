import Media
import Primitives
import Testing
import WireFormats

@Suite struct ScalableClipTests {
    private func clip() throws -> VideoClip {
        try #require(try SharedClips.get().clip(.camera, .vp9, participant: 0))
    }

    private func payloads(
        _ layer: VideoLayer, _ number: Int, _ description: VP9PayloadDescriptor, tag: FrameTag
    ) -> [[UInt8]] {
        (0..<layer.frame(number).packetCount).map { packet in
            var buffer = [UInt8](repeating: 0xee, count: 1500)
            let count = buffer.withUnsafeMutableBytes {
                layer.writePacket(frame: number, packet: packet, description: description, tag: tag, into: $0)
            }
            #expect(buffer[count...].allSatisfy { $0 == 0xee })
            return Array(buffer.prefix(count))
        }
    }

    private func parse(_ payload: [UInt8]) -> (descriptor: VP9PayloadDescriptor, byteCount: Int)? {
        VP9PayloadDescriptor.parse(payload.span.bytes)
    }

    private func tag(in frame: [UInt8]) -> FrameTag? { FrameTag(vp9: frame.span.bytes) }

    /// The payloads of every layer frame of a loop, as they are sent.
    private func sent(_ clip: VideoClip) throws -> [[[[UInt8]]]] {
        var describer = LayerFrameDescriber(
            mode: .l3t3Key, sizes: clip.layers.map { ($0.specification.width, $0.specification.height) },
            pictureID: 77)
        return (0..<clip.layers[0].frameCount).map { number in
            defer { describer.endPicture() }
            return clip.layers.enumerated().map { spatial, layer in
                let description = describer.describe(spatial: spatial, position: number, active: 3)
                let tag = layer.tag(frame: number, captureMicroseconds: 0x12_3456_789a)
                return payloads(layer, number, description.payload, tag: tag)
            }
        }
    }

    @Test func everyLayerFrameCarriesItsTagInItsFirstPacket() throws {
        let clip = try clip()
        for (number, layers) in try sent(clip).enumerated() {
            for (spatial, packets) in layers.enumerated() {
                let (descriptor, count) = try #require(parse(packets[0]))
                #expect(descriptor.isStartOfFrame && descriptor.spatialLayer == spatial)
                #expect(descriptor.startsKeyFrame == (number == 0 && spatial == 0))
                let tag = tag(in: Array(packets[0].dropFirst(count)))
                #expect(
                    tag
                        == FrameTag(
                            captureMicroseconds: 0x12_3456_789a, frameNumber: UInt16(number),
                            clip: UInt8(clip.clipIndex), layer: UInt8(spatial)))
                #expect(packets.allSatisfy { $0.count <= EncodedFrame.maximumBodySize + 24 })
                for (index, packet) in packets.enumerated().dropFirst() {
                    let (descriptor, count) = try #require(parse(packet))
                    #expect(!descriptor.isStartOfFrame && descriptor.scalability == nil)
                    #expect(descriptor.isEndOfFrame == (index == packets.count - 1))
                    #expect(self.tag(in: Array(packet.dropFirst(count))) == nil)
                }
            }
        }
    }

    /// A receiver that joins the payloads of the layers that a server lets through decodes each picture with its mark,
    /// and sees what the table says.
    @Test(arguments: 0..<3)
    func whatAServerForwardsDecodesAsTheTableSays(layer: Int) throws {
        let clip = try clip()
        let decoder = try VideoDecoder(.vp9)
        let scene = MovingScene(seed: 1, width: 640, height: 360, framesPerSecond: 20, loopSeconds: 2)
        let source = Picture(width: 640, height: 360)
        for (number, layers) in try sent(clip).enumerated() {
            let forwarded = number == 0 ? Array(layers[...layer]) : [layers[layer]]
            let bytes = try forwarded.joined().flatMap { payload in
                Array(payload.dropFirst(try #require(parse(payload)).byteCount))
            }
            let mark = FrameMark(stream: 8, frameNumber: UInt64(number))
            scene.render(number, mark: mark, into: source)
            let reference = source.reduced(times: 2 - layer)
            let seen = try bytes.withUnsafeBytes { bytes in
                try decoder.decode(bytes) { decoded in
                    decoded.map { decoded in
                        reference.withLuma {
                            (
                                FrameMark(reading: decoded.y),
                                PictureQuality(ofUnmarked: decoded.y, against: $0)
                            )
                        }
                    }
                }
            }
            // A mark may not read where the encoder took a shortcut; it never reads as another one.
            #expect(seen?.0 == nil || seen?.0 == mark)
            #expect(seen?.1 == clip.layers[layer].frame(number).quality)
        }
    }

    /// A decoder that is given the loop twice notices nothing: the second turn begins with a key picture.
    @Test func theLoopRepeats() throws {
        let clip = try clip()
        let decoder = try VideoDecoder(.vp9)
        var firstTurn: [[UInt8]?] = []
        for turn in 0..<2 {
            for number in 0..<clip.layers[2].frameCount {
                var bytes: [UInt8] = []
                for layer in clip.layers where number == 0 || layer.layerIndex == 2 {
                    layer.withFrame(number) { bytes += $0 }
                }
                let rows = try bytes.withUnsafeBytes { bytes in
                    try decoder.decode(bytes) { picture in picture.map { $0.y.samples } }
                }
                if turn == 0 { firstTurn.append(rows) } else { #expect(rows == firstTurn[number]) }
            }
        }
    }

    @Test func qualityRisesWithTheScreensContent() throws {
        let library = try SharedClips.get()
        for codec in [VideoCodec.vp8, .vp9] {
            let clip = try #require(library.clip(.screen, codec, participant: 5))
            #expect(clip.layers.count == 1)
            // A page that stands still is drawn ever better: the last picture before a scroll is better than the first.
            #expect(clip.layers[0].frame(14).quality.psnr > clip.layers[0].frame(0).quality.psnr)
        }
    }

    @Test func clipsAreFoundByWhatTheyShow() throws {
        let library = try SharedClips.get()
        #expect(library.clip(.camera, .vp8, participant: 3)?.clipIndex == 0)
        #expect(library.clip(.camera, .vp9, participant: 3)?.clipIndex == 1)
        #expect(library.clip(.screen, .vp9, participant: 3)?.clipIndex == 2)
        let few = try ClipLibrary.prepare(ClipArchiveTests.tiny, cachedIn: nil).library
        #expect(few.clip(.screen, .vp9, participant: 0) == nil)
    }
}
