import Foundation
import Primitives

/// Captures of an official SDK and a genuine server.
enum Golden {
    /// One captured frame.
    struct Frame: Decodable {
        var who: String
        var dir: String
        var kind: String
        var b64: String

        var bytes: [UInt8] { Base64.decode(b64) ?? [] }
    }

    /// One captured data channel message.
    struct Packet: Decodable {
        var label: String
        var b64: String

        var bytes: [UInt8] { Base64.decode(b64) ?? [] }
    }

    static func text(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
        return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    static func lines<Value: Decodable>(_ name: String) throws -> [Value] {
        try text(name).split(separator: "\n").map { line in
            try JSONDecoder().decode(Value.self, from: Data(line.utf8))
        }
    }
}
