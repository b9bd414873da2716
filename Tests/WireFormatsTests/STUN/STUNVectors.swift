import Foundation
import Primitives
import WireFormats

/// STUN messages of others: RFC 5769's test vectors, and what a LiveKit server and a client of it exchanged.
enum STUNVectors {
    /// The short-term password of RFC 5769 sections 2.1 to 2.3.
    static let password = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    /// RFC 5769 section 2.1.
    static let request = bytes(
        """
        000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff802900
        08932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a28028
        0004e57a3bcf
        """)

    /// RFC 5769 section 2.2.
    static let v4Response = bytes(
        """
        0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800
        142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96
        """)

    /// RFC 5769 section 2.3.
    static let v6Response = bytes(
        """
        010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f1
        79bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c
        """)

    /// RFC 5769 section 2.4, with the name, the prepared password and the realm of its long-term credentials.
    static let longTermRequest = bytes(
        """
        000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b900000015001c662f2f
        3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e6f72670000080014f67024656dd6
        4a3e02b8e0712e85c9a28ca89666
        """)
    /// The name of RFC 5769 section 2.4.
    static let longTermUsername = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}"
    /// The password of RFC 5769 section 2.4 after SASLprep.
    static let longTermPassword = "TheMatrIX"

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        [UInt8](hexadecimal: hexadecimal.filter { !$0.isWhitespace }) ?? []
    }

    /// One recorded connection.
    struct Capture: Decodable {
        struct Credentials: Decodable {
            var ufrag: String
            var password: String
        }

        struct Datagram: Decodable {
            var direction: String
            var bytes: String
        }

        var name: String
        var local: Credentials
        var remote: Credentials
        var datagrams: [Datagram]
    }

    /// Recorded between a client of ours and livekit-server 1.13.5.
    static func captures() throws -> [Capture] {
        let here = URL(fileURLWithPath: #filePath)
        let file = here.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Goldens/stun-binding.json")
        return try JSONDecoder().decode([Capture].self, from: Data(contentsOf: file))
    }
}
