import Foundation
import Media
import Testing

@Suite struct ClipCacheTests {
    private let specification = ClipArchiveTests.tiny

    /// Runs `body` with a folder that does not exist yet, and removes it afterwards.
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let parent = FileManager.default.temporaryDirectory.appendingPathComponent("visiobench-\(UUID())")
        defer { try? FileManager.default.removeItem(at: parent) }
        try body(parent.appendingPathComponent("cache/clips"))
    }

    private func prepare(in folder: URL) throws -> (library: ClipLibrary, cache: ClipCacheOutcome) {
        try ClipLibrary.prepare(specification, cachedIn: folder.path)
    }

    private func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    private func archives(_ library: ClipLibrary) -> [[UInt8]] {
        library.video.map(ClipArchiveTests.archive) + library.audio.map(ClipArchiveTests.archive)
    }

    /// A clip that is in the cache is not made again for the sake of others beside it.
    @Test func onlyWhatIsMissingIsMade() throws {
        try withFolder { folder in
            let first = try prepare(in: folder)
            var more = specification
            more.microphones.append(.init(seed: 2, rhythm: .french, pitch: 110))
            more.videos.insert(
                .init(seed: 3, layers: [.init(width: 320, height: 180, framesPerSecond: 4, bitrate: 90_000)]),
                at: 0)
            var totals: Set<Int> = []
            let (library, cache) = try ClipLibrary.prepare(more, cachedIn: folder.path) {
                totals.insert($0.total)
            }
            #expect(cache == .written)
            #expect(try files(in: folder).count == 4)
            #expect(totals == [4 + 10])
            #expect(library.video[1].clipIndex == 1)
            #expect(ClipArchiveTests.archive(library.video[1]) == archives(first.library)[0])
        }
    }

    @Test func theSecondTimeItIsRead() throws {
        try withFolder { folder in
            let first = try prepare(in: folder)
            #expect(first.cache == .written)
            #expect(try files(in: folder).count == 2)
            let second = try prepare(in: folder)
            #expect(second.cache == .read)
            #expect(archives(second.library) == archives(first.library))
        }
    }

    @Test(arguments: ["truncated", "flipped", "empty"])
    func aDamagedFileIsPreparedAgain(damage: String) throws {
        try withFolder { folder in
            let good = try prepare(in: folder).library
            for file in try files(in: folder) {
                var bytes = try Data(contentsOf: file)
                switch damage {
                case "truncated": bytes = bytes.prefix(bytes.count / 2)
                case "flipped": bytes[bytes.count / 2] ^= 1
                default: bytes = Data()
                }
                try bytes.write(to: file)
            }
            let again = try prepare(in: folder)
            #expect(again.cache == .written)
            #expect(archives(again.library) == archives(good))
            #expect(try prepare(in: folder).cache == .read)
        }
    }

    @Test func aFolderThatCannotBeMadeIsTold() throws {
        try withFolder { folder in
            let blocker = folder.deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: blocker.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data([1]).write(to: blocker)
            let outcome = try prepare(in: folder)
            #expect(outcome.library.video.count == 1)
            guard case .failed(let path, let errno) = outcome.cache else {
                Issue.record("the cache cannot have been written")
                return
            }
            #expect(path.hasPrefix(folder.path) && errno == ENOTDIR)
        }
    }
}
