import Foundation
import Primitives

/// The SCTP packets that a LiveKit server (pion) and a client (aiortc) exchanged inside DTLS when joining.
enum SCTPGoldens {
    struct Packet: Decodable {
        /// "sent" by the client or "recv" from the server.
        var direction: String
        var hex: String

        var bytes: [UInt8] { [UInt8](hexadecimal: hex) ?? [] }
    }

    private struct Capture: Decodable {
        var packets: [Packet]
    }

    static func load() throws -> [Packet] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Goldens/SCTP/livekit-v1-join.json")
        return try JSONDecoder().decode(Capture.self, from: Data(contentsOf: file)).packets
    }
}
