import Foundation

/// The folder a run writes into: run.sqlite, report.html, summary.json, junit.xml and figures.
struct RunFolder {
    /// Its path.
    let path: String

    /// Makes the folder; one that exists is refused, so that no measurement is overwritten.
    init(_ wish: String?) throws {
        let formatter = DateFormatter()
        formatter.dateFormat = "yyyy-MM-dd-HHmmss"
        formatter.locale = Locale(identifier: "en_US_POSIX")
        path = wish ?? "runs/\(formatter.string(from: Date()))"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                2, "\(path): exists already; choose another folder with --out, nothing was overwritten")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw Failure(
                2, "\(path): cannot be made (\(error.localizedDescription)); choose another folder with --out"
            )
        }
    }

    /// Where the measurements go.
    var runFile: String { path + "/run.sqlite" }
}

/// The user's folder for clips that were prepared before.
enum ClipCacheFolder {
    /// By the XDG base directory specification; nil where there is no home.
    static var path: String? {
        let environment = ProcessInfo.processInfo.environment
        if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty { return cache + "/visiobench" }
        return environment["HOME"].map { $0 + "/.cache/visiobench" }
    }
}
