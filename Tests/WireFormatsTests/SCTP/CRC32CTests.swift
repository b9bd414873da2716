import Testing
import WireFormats

@Suite struct CRC32CTests {
    /// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
    @Test(
        arguments: [
            (Array("123456789".utf8), 0xe306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
            ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e),
            (Array((0..<32).reversed()), 0x113f_db5c),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func matchesPublishedVectors(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C.checksum(bytes.span.bytes) == expected)
    }
}
