import Testing
import WireFormats

@Suite struct DatagramKindTests {
    private static let table: [(UInt8, DatagramKind)] = [
        (0, DatagramKind.stun), (3, .stun), (4, .unknown), (15, .unknown), (16, .unknown), (19, .unknown),
        (20, .dtls), (22, .dtls), (63, .dtls), (64, .turnChannel), (79, .turnChannel), (80, .unknown),
        (127, .unknown), (192, .unknown), (255, .unknown),
    ]

    @Test(arguments: table)
    func tellsProtocolsByTheirFirstByte(first: UInt8, kind: DatagramKind) {
        #expect(classify([first]) == kind)
        #expect(classify([first, 200, 0, 1]) == kind)
    }

    @Test func tellsRTCPByItsPacketType() {
        for first: UInt8 in 128...191 {
            for second: UInt8 in 0...255 {
                let isRTCP = 64...95 ~= second & 0x7f  // 192 to 223 on the wire.
                #expect(classify([first, second]) == (isRTCP ? .rtcp : .rtp))
            }
        }
    }

    @Test func doesNotGuess() {
        #expect(classify([]) == .unknown)
        #expect(classify([0x80]) == .unknown)
    }

    private func classify(_ bytes: [UInt8]) -> DatagramKind {
        bytes.withUnsafeBytes { DatagramKind.classify($0) }
    }
}
