import Media
import Primitives
import Testing

@Suite struct VP8CodecTests {
    private static let configuration = VP8Encoder.Configuration(
        width: 320, height: 180, framesPerSecond: 20, bitrate: 150_000, speed: 8)

    private func encoded(_ count: Int) throws -> [(bytes: [UInt8], isKeyFrame: Bool)] {
        let scene = MovingScene(seed: 7, width: 320, height: 180, framesPerSecond: 20, loopSeconds: 1)
        let picture = Picture(width: 320, height: 180)
        let encoder = try VP8Encoder(Self.configuration)
        return try (0..<count).map { number in
            scene.render(number, mark: FrameMark(stream: 1, frameNumber: UInt64(number)), into: picture)
            return try encoder.encode(picture) { (Array($0.bytes), $0.isKeyFrame) }
        }
    }

    private func decode(_ frame: [UInt8], by decoder: VideoDecoder) throws -> [[UInt8]] {
        let planes = try frame.withUnsafeBytes { bytes in
            try decoder.decode(bytes) { picture in picture.map { [$0.y.samples, $0.u.samples, $0.v.samples] }
            }
        }
        return try #require(planes)
    }

    @Test func theSamePicturesGiveTheSameBytes() throws {
        let first = try encoded(6).map(\.bytes)
        #expect(try encoded(6).map(\.bytes) == first)
    }

    @Test func onlyTheFirstFrameIsAKeyFrame() throws {
        #expect(try encoded(4).map(\.isKeyFrame) == [true, false, false, false])
    }

    @Test func aKeyFrameCanBeForced() throws {
        let picture = Picture(width: 320, height: 180)
        let encoder = try VP8Encoder(Self.configuration)
        let flags = try [false, false, true, false].map { isForced in
            try encoder.encode(picture, isKeyFrameForced: isForced) { $0.isKeyFrame }
        }
        #expect(flags == [true, false, true, false])
    }

    /// What a frame tag relies on: libvpx takes no notice of bytes after the last partition.
    @Test func trailingBytesChangeNoSample() throws {
        let plain = try VideoDecoder(.vp8)
        let tagged = try VideoDecoder(.vp8)
        var generator = SeededGenerator(seed: 3)
        for frame in try encoded(20) {
            let picture = try decode(frame.bytes, by: plain)
            #expect(try decode(frame.bytes + generator.bytes(12), by: tagged) == picture)
        }
    }

    @Test func marksSurviveCompression() throws {
        let decoder = try VideoDecoder(.vp8)
        for (number, frame) in try encoded(20).enumerated() {
            let mark = try frame.bytes.withUnsafeBytes { bytes in
                try decoder.decode(bytes) { picture in picture.flatMap { FrameMark(reading: $0.y) } }
            }
            #expect(mark == FrameMark(stream: 1, frameNumber: UInt64(number)))
        }
    }

    @Test func hostileBytesAreRefusedOrSurvived() throws {
        let decoder = try VideoDecoder(.vp8)
        var generator = SeededGenerator(seed: 4)
        #expect(throws: CodecError.self) { try decode([], by: decoder) }
        let frames = try encoded(2).map(\.bytes)
        for _ in 0..<300 {
            var bytes = frames[Int(generator.next() % 2)]
            for _ in 0..<4 {
                bytes[Int(generator.next() % UInt64(bytes.count))] ^= UInt8(1 + generator.next() % 255)
            }
            // The size in a key frame's header is left alone: a huge picture is legal, but slow.
            bytes.replaceSubrange(0..<10, with: frames[0].prefix(10))
            bytes.removeLast(Int(generator.next() % 40))
            _ = try? decode(bytes, by: decoder)
        }
    }
}
