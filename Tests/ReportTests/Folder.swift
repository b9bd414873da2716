import Foundation
import Report
import Testing

/// A folder of its own for one test, removed at the end.
final class Folder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.appendingPathComponent("visiobench-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var runFile: String { path + "/run.sqlite" }

    func text(_ name: String) throws -> String {
        try String(contentsOf: URL(fileURLWithPath: path + "/" + name), encoding: .utf8)
    }

    func json(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    var files: Set<String> { Set((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []) }
}

/// Draws nothing, and remembers what it was asked to draw.
final class BlankRenderer: PlotRenderer {
    private(set) var scripts: [String] = []

    func render(_ script: String) throws(PlotError) -> String {
        scripts.append(script)
        return "<svg width=\"1\"><text>drawn</text></svg>"
    }
}

/// Always fails.
struct BrokenRenderer: PlotRenderer {
    func render(_ script: String) throws(PlotError) -> String { throw .failed("line 3: undefined variable") }
}
