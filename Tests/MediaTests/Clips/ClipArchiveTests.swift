import Media
import Primitives
import Testing
import WireFormats

@Suite struct ClipArchiveTests {
    /// As little as a library can hold.
    static let tiny = ClipSpecification(
        loopSeconds: 1,
        videos: [
            ClipSpecification.Video(
                seed: 1,
                layers: [
                    ClipSpecification.Layer(width: 320, height: 180, framesPerSecond: 5, bitrate: 90_000)
                ])
        ], microphones: [ClipSpecification.Microphone(seed: 1, rhythm: .english, pitch: 200)])

    private static let library: Result<ClipLibrary, CodecError> = Result { () throws(CodecError) in
        try ClipLibrary.prepare(tiny, cachedIn: nil).library
    }

    static func archive(_ clip: VideoClip) -> [UInt8] {
        ClipArchive.encode(clip, key: tiny.key(of: clip.specification))
    }

    static func archive(_ clip: AudioClip) -> [UInt8] {
        ClipArchive.encode(clip, key: tiny.key(of: clip.specification))
    }

    /// The archives of the picture and of the voice.
    private func archives() throws -> [[UInt8]] {
        let library = try Self.library.get()
        return [Self.archive(library.video[0]), Self.archive(library.audio[0])]
    }

    private func error(
        _ bytes: [UInt8], isVideo: Bool, _ specification: ClipSpecification = tiny
    ) -> ClipArchiveError? {
        do throws(ClipArchiveError) {
            let (video, microphone) = (specification.videos[0], specification.microphones[0])
            if isVideo {
                _ = try ClipArchive.decode(bytes.span.bytes, as: video, of: specification, clipIndex: 0)
            } else {
                _ = try ClipArchive.decode(bytes.span.bytes, as: microphone, of: specification, clipIndex: 0)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Makes the checksum right again.
    private func sealed(_ bytes: [UInt8]) -> [UInt8] {
        let body = Array(bytes.dropFirst(ClipArchive.headerSize))
        let checksum = withUnsafeBytes(of: CRC32.checksum(body.span.bytes).bigEndian) { Array($0) }
        return bytes.prefix(ClipArchive.headerSize - 4) + checksum + body
    }

    /// Of several layers too every frame finds its own bytes again.
    @Test func layersComeBackAsTheyWere() throws {
        let video = ClipSpecification.Video(
            seed: 1, coding: .vp9(.l3t3Key),
            layers: [(160, 40_000), (320, 80_000), (640, 160_000)].map { width, bitrate in
                ClipSpecification.Layer(
                    width: width, height: width * 9 / 16, framesPerSecond: 8, bitrate: bitrate)
            })
        let specification = ClipSpecification(
            loopSeconds: 1, videos: [video], microphones: Self.tiny.microphones)
        let clip = try ClipLibrary.prepare(specification, cachedIn: nil).library.video[0]
        let archive = ClipArchive.encode(clip, key: specification.key(of: video))
        let again = try ClipArchive.decode(
            archive.span.bytes, as: video, of: specification, clipIndex: clip.clipIndex)
        for (old, new) in zip(clip.layers, again.layers) {
            for number in 0..<old.frameCount {
                let bytes = old.withFrame(number) { Array($0) }
                #expect(new.withFrame(number) { Array($0) } == bytes, "\(old.layerIndex): \(number)")
                #expect(new.frame(number) == old.frame(number))
            }
        }
    }

    @Test func comesBackAsItWas() throws {
        let archives = try archives()
        let (picture, voice) = (archives[0], archives[1])
        let (video, microphone) = (Self.tiny.videos[0], Self.tiny.microphones[0])
        let clip = try ClipArchive.decode(picture.span.bytes, as: video, of: Self.tiny, clipIndex: 3)
        #expect(Self.archive(clip) == picture)
        #expect(clip.layers[0].frame(3).quality.psnr > 20)
        #expect(clip.layers[0].tag(frame: 0, captureMicroseconds: 0).clip == 3)
        let sound = try ClipArchive.decode(voice.span.bytes, as: microphone, of: Self.tiny, clipIndex: 4)
        #expect(Self.archive(sound) == voice)
        #expect(sound.comfortNoiseCount > 0 && sound.clipIndex == 4)
    }

    @Test func preparationRepeatsItselfToTheByte() throws {
        let again = try ClipLibrary.prepare(Self.tiny, cachedIn: nil).library
        #expect(try archives() == [Self.archive(again.video[0]), Self.archive(again.audio[0])])
    }

    @Test(arguments: [0, 1])
    func foreignBytesAreNamed(part: Int) throws {
        var bytes = try archives()[part]
        #expect(error(bytes, isVideo: part == 0) == nil)
        #expect(error(bytes, isVideo: part == 0, .small) == .otherSpecification)
        #expect(error(bytes, isVideo: part == 1) == .otherSpecification)
        bytes[11] ^= 1
        #expect(error(bytes, isVideo: part == 0) == .otherVersion)
        bytes[0] ^= 1
        #expect(error(bytes, isVideo: part == 0) == .foreign)
        #expect(error([], isVideo: part == 0) == .foreign)
    }

    @Test(arguments: [0, 1])
    func everyTruncationIsNoticed(part: Int) throws {
        let archive = try archives()[part]
        for count in stride(from: 0, to: archive.count, by: 97) {
            #expect(error(Array(archive.prefix(count)), isVideo: part == 0) != nil)
        }
        #expect(error(Array(archive.dropLast()), isVideo: part == 0) == .damaged)
        #expect(error(archive + [0], isVideo: part == 0) == .damaged)
    }

    @Test(arguments: [0, 1])
    func everyFlippedByteIsNoticed(part: Int) throws {
        let archive = try archives()[part]
        for position in stride(from: 0, to: archive.count, by: 101) {
            var damaged = archive
            damaged[position] ^= 0x10
            #expect(error(damaged, isVideo: part == 0) != nil)
        }
    }

    @Test func tablesThatDoNotFitAreInconsistent() throws {
        let archive = try archives()[0]
        // The first frame's length, the lowest and the highest byte of its tag's place, and that it is a key frame.
        for (offset, value) in [(7, archive[ClipArchive.headerSize + 7] ^ 1), (8, 0x10), (12, 0)]
            as [(Int, UInt8)]
        {
            var bytes = archive
            bytes[ClipArchive.headerSize + offset] = value
            #expect(error(sealed(bytes), isVideo: true) == .inconsistent)
        }
        #expect(error(sealed(archive + [0]), isVideo: true) == .inconsistent)
        #expect(error(sealed(try archives()[1] + [0]), isVideo: false) == .inconsistent)
    }

    /// With a right checksum hostile tables reach the parser; whatever it accepts can be sent.
    @Test func mutatedTablesNeverTrap() throws {
        var generator = SeededGenerator(seed: 8)
        for archive in try archives() {
            let tables = 150
            for _ in 0..<400 {
                var bytes = archive
                for _ in 0..<1 + generator.next() % 3 {
                    bytes[ClipArchive.headerSize + Int(generator.next() % UInt64(tables))] = UInt8(
                        truncatingIfNeeded: generator.next())
                }
                if generator.chance(0.2) {
                    bytes.removeLast(Int(generator.next() % UInt64(bytes.count - 60)))
                }
                sealed(bytes).withUnsafeBytes { fuzzClipArchive($0) }
            }
        }
        for _ in 0..<2_000 {
            generator.bytes(Int(generator.next() % 90)).withUnsafeBytes { fuzzClipArchive($0) }
        }
    }
}
