import Primitives

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the cache did for a library.
public enum ClipCacheOutcome: Hashable, Sendable {
    /// No cache folder was given.
    case unused
    /// All clips were read from the cache.
    case read
    /// Some clips were prepared and written to the cache.
    case written
    /// Some clips were prepared, but could not be written: they will be prepared again next time.
    case failed(path: String, errno: Int32)
}

/// One file per clip in a folder, named by the key of the clip's specification.
///
/// Files appear whole or not at all: they are written beside and renamed. A file that is cut off, damaged or
/// of another version counts as absent.
struct ClipCache {
    /// The folder.
    let directory: String

    private func path(key: [UInt8]) -> String {
        "\(directory)/clip-\(Array(key.prefix(12)).hexadecimal).vbclip"
    }

    /// The cached clip; nil if there is none that can be used.
    func load(
        _ video: ClipSpecification.Video, of specification: ClipSpecification, clipIndex: Int
    ) -> VideoClip? {
        guard let bytes = contents(of: path(key: specification.key(of: video))) else { return nil }
        return try? ClipArchive.decode(bytes.span.bytes, as: video, of: specification, clipIndex: clipIndex)
    }

    /// The cached clip; nil if there is none that can be used.
    func load(
        _ microphone: ClipSpecification.Microphone, of specification: ClipSpecification, clipIndex: Int
    ) -> AudioClip? {
        guard let bytes = contents(of: path(key: specification.key(of: microphone))) else { return nil }
        return try? ClipArchive.decode(
            bytes.span.bytes, as: microphone, of: specification, clipIndex: clipIndex)
    }

    /// Writes a clip and says how that went.
    func store(_ clip: VideoClip, of specification: ClipSpecification) -> ClipCacheOutcome {
        let key = specification.key(of: clip.specification)
        return store(ClipArchive.encode(clip, key: key), at: path(key: key))
    }

    /// Writes a clip and says how that went.
    func store(_ clip: AudioClip, of specification: ClipSpecification) -> ClipCacheOutcome {
        let key = specification.key(of: clip.specification)
        return store(ClipArchive.encode(clip, key: key), at: path(key: key))
    }

    private func store(_ archive: [UInt8], at path: String) -> ClipCacheOutcome {
        makeDirectories()
        var template = Array("\(path).XXXXXX".utf8CString)
        let file = template.withUnsafeMutableBufferPointer { $0.baseAddress.map(mkstemp) ?? -1 }
        guard file >= 0 else { return .failed(path: path, errno: errno) }
        let isWritten = writeAll(archive, to: file) && fchmod(file, 0o644) == 0
        let failure = errno
        let isClosed = close(file) == 0
        return template.withUnsafeBufferPointer { temporary -> ClipCacheOutcome in
            guard let temporary = temporary.baseAddress else { return .failed(path: path, errno: EINVAL) }
            if isWritten, isClosed, rename(temporary, path) == 0 { return .written }
            let reason = isWritten ? errno : failure
            unlink(temporary)
            return .failed(path: path, errno: reason)
        }
    }

    private func contents(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size > 0, status.st_size < 1 << 30 else { return nil }
        let size = Int(status.st_size)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let got = Self.uninterrupted {
                    read(file, buffer.baseAddress.map { $0 + count }, size - count)
                }
                guard got > 0 else { break }
                count += got
            }
        }
        return bytes
    }

    private func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let wrote = Self.uninterrupted {
                    write(file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                }
                guard wrote > 0 else { return false }
                done += wrote
            }
            return fsync(file) == 0
        }
    }

    /// Makes the folder and those above it; what fails shows when the file is written.
    private func makeDirectories() {
        for (index, character) in directory.enumerated() where character == "/" && index > 0 {
            mkdir(String(directory.prefix(index)), 0o755)
        }
        mkdir(directory, 0o755)
    }

    private static func uninterrupted(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}
