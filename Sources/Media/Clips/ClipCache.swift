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
    /// The library was read from the cache.
    case read
    /// The library was prepared and written to the cache.
    case written
    /// The library was prepared, but could not be written: it will be prepared again next time.
    case failed(path: String, errno: Int32)
}

/// One file per clip library in a folder, named by the specification's key.
///
/// Files appear whole or not at all: they are written beside and renamed. A file that is cut off, damaged or
/// of another version counts as absent.
struct ClipCache {
    /// The folder.
    let directory: String

    /// Where the library of a specification lies.
    func path(of specification: ClipSpecification) -> String {
        "\(directory)/clips-\(Array(specification.key.prefix(12)).hexadecimal).vbclips"
    }

    /// The cached library; nil if there is none that can be used.
    func load(_ specification: ClipSpecification) -> ClipLibrary? {
        guard let bytes = contents(of: path(of: specification)) else { return nil }
        return try? ClipArchive.decode(bytes.span.bytes, for: specification)
    }

    /// Writes a library and says how that went.
    func store(_ library: ClipLibrary) -> ClipCacheOutcome {
        let path = path(of: library.specification)
        makeDirectories()
        var template = Array("\(path).XXXXXX".utf8CString)
        let file = template.withUnsafeMutableBufferPointer { $0.baseAddress.map(mkstemp) ?? -1 }
        guard file >= 0 else { return .failed(path: path, errno: errno) }
        let isWritten = writeAll(ClipArchive.encode(library), to: file) && fchmod(file, 0o644) == 0
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
