import Foundation
import Media
import Primitives

/// Reads the files under `Fixtures`.
enum Fixture {
    static func bytes(_ name: String, file: String = #filePath) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    /// The rows of a CSV file without its header.
    static func rows(_ name: String) throws -> [[String]] {
        String(decoding: try bytes(name), as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
            .map { $0.split(separator: ",").map(String.init) }
    }

    /// Lends the luma of a one-frame y4m file of 320 x 180.
    static func withLuma<Result>(_ name: String, _ body: (PicturePlane) throws -> Result) throws -> Result {
        let samples = Array(try bytes(name).suffix(320 * 180))
        return try withPlane(samples, width: 320, height: 180, body)
    }
}

/// Lends an array as a plane.
func withPlane<Result>(
    _ samples: [UInt8], width: Int, height: Int, _ body: (PicturePlane) throws -> Result
) rethrows -> Result {
    try samples.withUnsafeBufferPointer { samples in
        guard let start = samples.baseAddress else { preconditionFailure("a plane has samples") }
        return try body(PicturePlane(start: start, stride: width, width: width, height: height))
    }
}

/// The CRC-32 of an array's memory: a short golden for long results.
func checksum<Element: BitwiseCopyable>(_ values: [Element]) -> UInt32 {
    values.withUnsafeBytes { CRC32.checksum($0.bytes) }
}

extension PicturePlane {
    /// A copy of the samples, row by row.
    var samples: [UInt8] { (0..<height).flatMap { row in (0..<width).map { self[$0, row] } } }
}
