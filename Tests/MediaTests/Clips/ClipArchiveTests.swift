import Media
import Primitives
import Testing

@Suite struct ClipArchiveTests {
    /// As little as a library can hold.
    static let tiny = ClipSpecification(
        loopSeconds: 1,
        cameras: [
            ClipSpecification.Camera(
                seed: 1,
                layers: [
                    ClipSpecification.Layer(width: 320, height: 180, framesPerSecond: 5, bitrate: 90_000)
                ])
        ], microphones: [ClipSpecification.Microphone(seed: 1, rhythm: .english, pitch: 200)])

    private static let archive: Result<[UInt8], CodecError> = Result { () throws(CodecError) in
        ClipArchive.encode(try ClipLibrary.prepare(tiny, cachedIn: nil).library)
    }

    private func error(_ bytes: [UInt8], _ specification: ClipSpecification = tiny) -> ClipArchiveError? {
        do throws(ClipArchiveError) {
            _ = try ClipArchive.decode(bytes.span.bytes, for: specification)
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

    @Test func comesBackAsItWas() throws {
        let archive = try Self.archive.get()
        let library = try ClipArchive.decode(archive.span.bytes, for: Self.tiny)
        #expect(ClipArchive.encode(library) == archive)
        #expect(library.video[0].layers[0].frame(3).quality.psnr > 20)
        #expect(library.audio[0].comfortNoiseCount > 0)
    }

    @Test func preparationRepeatsItselfToTheByte() throws {
        let again = ClipArchive.encode(try ClipLibrary.prepare(Self.tiny, cachedIn: nil).library)
        #expect(try Self.archive.get() == again)
    }

    @Test func foreignBytesAreNamed() throws {
        var bytes = try Self.archive.get()
        #expect(error(bytes, .small) == .otherSpecification)
        bytes[11] ^= 1
        #expect(error(bytes) == .otherVersion)
        bytes[0] ^= 1
        #expect(error(bytes) == .foreign)
        #expect(error([]) == .foreign)
    }

    @Test func everyTruncationIsNoticed() throws {
        let archive = try Self.archive.get()
        for count in stride(from: 0, to: archive.count, by: 97) {
            #expect(error(Array(archive.prefix(count))) != nil)
        }
        #expect(error(Array(archive.dropLast())) == .damaged)
        #expect(error(archive + [0]) == .damaged)
    }

    @Test func everyFlippedByteIsNoticed() throws {
        let archive = try Self.archive.get()
        for position in stride(from: 0, to: archive.count, by: 101) {
            var damaged = archive
            damaged[position] ^= 0x10
            #expect(error(damaged) != nil)
        }
    }

    @Test func tablesThatDoNotFitAreInconsistent() throws {
        var bytes = try Self.archive.get()
        bytes[ClipArchive.headerSize + 7] ^= 1  // the first frame's length
        #expect(error(sealed(bytes)) == .inconsistent)
        bytes = try Self.archive.get()
        bytes[ClipArchive.headerSize + 8] = 0  // the first frame is no key frame
        #expect(error(sealed(bytes)) == .inconsistent)
        #expect(error(sealed(try Self.archive.get() + [0])) == .inconsistent)
    }

    /// With a right checksum hostile tables reach the parser; whatever it accepts can be sent.
    @Test func mutatedTablesNeverTrap() throws {
        let archive = try Self.archive.get()
        var generator = SeededGenerator(seed: 8)
        let tables = 400
        for _ in 0..<400 {
            var bytes = archive
            for _ in 0..<1 + generator.next() % 3 {
                bytes[ClipArchive.headerSize + Int(generator.next() % UInt64(tables))] = UInt8(
                    truncatingIfNeeded: generator.next())
            }
            if generator.chance(0.2) { bytes.removeLast(Int(generator.next() % UInt64(bytes.count - 60))) }
            sealed(bytes).withUnsafeBytes { fuzzClipArchive($0) }
        }
        for _ in 0..<2_000 {
            generator.bytes(Int(generator.next() % 90)).withUnsafeBytes { fuzzClipArchive($0) }
        }
    }
}
