import Media
import Primitives
import Testing
import WireFormats

@Suite struct VP9CodecTests {
    private static let configuration = VP9Encoder.Configuration(
        mode: .l3t3Key, width: 640, height: 360, framesPerSecond: 20, bitrates: [60_000, 140_000, 300_000])

    /// Layer frames by picture and layer.
    private static let pictures: Result<[[[UInt8]]], CodecError> = Result { () throws(CodecError) in
        try encoded(20)
    }

    private static func encoded(_ count: Int) throws(CodecError) -> [[[UInt8]]] {
        let scene = MovingScene(seed: 1, width: 640, height: 360, framesPerSecond: 20, loopSeconds: 1)
        let picture = Picture(width: 640, height: 360)
        let encoder = try VP9Encoder(configuration)
        var pictures: [[[UInt8]]] = []
        for number in 0..<count {
            scene.render(number, mark: FrameMark(stream: 1, frameNumber: UInt64(number)), into: picture)
            pictures.append(
                try encoder.encode(picture, position: number) { (frames) throws(CodecError) in
                    frames.map { Array($0) }
                })
        }
        return pictures
    }

    private func decode(_ bytes: [UInt8], by decoder: VideoDecoder) throws -> (mark: FrameMark?, width: Int)?
    {
        try bytes.withUnsafeBytes { bytes in
            try decoder.decode(bytes) { picture in
                picture.map { (FrameMark(reading: $0.y), $0.y.width) }
            }
        }
    }

    /// What was read of the marks: a real-time encoder now and then leaves a cell of a flat block as it was, and then
    /// the mark does not read; it never reads as another one.
    private struct Reading {
        var right = 0
        var wrong = 0
        var pictures = 0

        mutating func note(_ mark: FrameMark?, number: Int) {
            pictures += 1
            guard let mark else { return }
            if mark == FrameMark(stream: 1, frameNumber: UInt64(number)) { right += 1 } else { wrong += 1 }
        }

        var isGood: Bool { wrong == 0 && right * 4 >= pictures * 2 && right > 2 }
    }

    @Test func theSamePicturesGiveTheSameBytes() throws {
        #expect(try Self.encoded(6) == Array(try Self.pictures.get().prefix(6)))
    }

    /// A viewer of a layer gets the layers below in key pictures, and of all others the layer alone.
    @Test(arguments: 0..<3)
    func everyLayerDecodesAlone(layer: Int) throws {
        let decoder = try VideoDecoder(.vp9)
        var reading = Reading()
        for (number, frames) in try Self.pictures.get().enumerated() {
            let bytes = number == 0 ? frames[...layer].flatMap { $0 } : frames[layer]
            let seen = try #require(try decode(bytes, by: decoder))
            #expect(seen.width == 160 << layer)
            reading.note(seen.mark, number: number)
        }
        #expect(reading.isGood)
    }

    @Test func allLayersTogetherShowTheHighest() throws {
        let decoder = try VideoDecoder(.vp9)
        var reading = Reading()
        for (number, frames) in try Self.pictures.get().enumerated() {
            let seen = try #require(try decode(frames.flatMap { $0 }, by: decoder))
            #expect(seen.width == 640)
            reading.note(seen.mark, number: number)
        }
        #expect(reading.isGood)
    }

    /// Without the upper temporal layers the rest decodes to the same pictures.
    @Test(arguments: [0, 1])
    func temporalLayersCanBeLeftOut(highest: Int) throws {
        let (part, whole) = (try VideoDecoder(.vp9), try VideoDecoder(.vp9))
        for (number, frames) in try Self.pictures.get().enumerated() {
            let bytes = number == 0 ? frames.flatMap { $0 } : frames[2]
            let expected = try samples(bytes, by: whole)
            guard ScalabilityMode.temporalLayer(at: number) <= highest else { continue }
            #expect(try samples(bytes, by: part) == expected)
        }
    }

    private func samples(_ bytes: [UInt8], by decoder: VideoDecoder) throws -> [[UInt8]] {
        let planes = try bytes.withUnsafeBytes { bytes in
            try decoder.decode(bytes) { picture in picture.map { [$0.y.samples, $0.u.samples, $0.v.samples] }
            }
        }
        return try #require(planes)
    }

    @Test func headersTellTheKeyPictureAndTheSizes() throws {
        let pictures = try Self.pictures.get()
        for (number, frames) in pictures.enumerated() {
            for (layer, frame) in frames.enumerated() {
                let parsed = VP9FrameHeader.parse(
                    frame.span.bytes,
                    maximumTileColumns: VP9FrameHeader.maximumTileColumns(width: 160 << layer))
                let header = try #require(parsed)
                #expect(header.isKeyFrame == (number == 0 && layer == 0))
                #expect(header.isShown && header.isErrorResilient)
                #expect(header.tileOffset < frame.count)
            }
        }
    }

    @Test func hostileBytesAreRefusedOrSurvived() throws {
        let decoder = try VideoDecoder(.vp9)
        var generator = SeededGenerator(seed: 4)
        let frames = try Self.pictures.get()
        #expect(throws: CodecError.self) { try decode([], by: decoder) }
        for _ in 0..<200 {
            _ = try? decode(frames[0].flatMap { $0 }, by: decoder)
            var bytes = frames[Int(1 + generator.next() % 6)][Int(generator.next() % 3)]
            for _ in 0..<4 {
                bytes[Int(2 + generator.next() % UInt64(bytes.count - 2))] ^= UInt8(
                    1 + generator.next() % 255)
            }
            bytes.removeLast(Int(generator.next() % 20))
            _ = try? decode(bytes, by: decoder)
        }
    }
}
