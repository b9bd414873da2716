import Foundation

/// The files of this repository, as the tests of this target find them.
struct SourceTree: Sendable {
    /// The tree that this file belongs to, read once.
    static let shared = Result { try SourceTree() }

    /// One Swift file of ours.
    struct File: Sendable {
        /// Its path from the repository's root.
        let path: String
        /// Its target: the folder under `Sources` or `Tests`.
        let target: String
        /// How many lines it has.
        let lineCount: Int
        /// Its code, without comments and strings.
        let code: SwiftText

        /// Describes a file by what it says.
        init(path: String, text: String) {
            self.path = path
            target = String(path.split(separator: "/").dropFirst().first ?? "")
            lineCount = text.utf8.count { $0 == UInt8(ascii: "\n") }
            code = SwiftText(text)
        }
    }

    /// All Swift files that people wrote, sorted by path; generated ones have other rules.
    let files: [File]
    /// The text of Package.swift.
    let manifest: String

    /// Reads the tree that this file belongs to.
    private init(from here: String = #filePath) throws {
        let root = URL(fileURLWithPath: here).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        manifest = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        var files: [File] = []
        for top in ["Sources", "Tests"] {
            let folder = root.appendingPathComponent(top).path
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
                guard name.hasSuffix(".swift"), !name.hasSuffix(".pb.swift") else { continue }
                let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                files.append(File(path: "\(top)/\(name)", text: text))
            }
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    /// The files under `Sources`.
    var sources: [File] { files.filter { $0.path.hasPrefix("Sources/") } }
}
