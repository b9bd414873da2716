import Primitives
import Testing

@Suite struct HashingTests {
    /// RFC 3174 section 7.3 and FIPS 180.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (
            String(repeating: "01234567", count: 80),
            "dea356a2cddd90c7a7ecedc5ebb563934f460452"
        ),
    ])
    func sha1(message: String, expected: String) {
        #expect(SHA1.digest(Array(message.utf8)).hexadecimal == expected)
    }

    /// FIPS 180-2 appendix B.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(message: String, expected: String) {
        #expect(SHA256.digest(Array(message.utf8)).hexadecimal == expected)
    }

    /// RFC 1321 appendix A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
    func md5(message: String, expected: String) {
        #expect(MD5.digest(Array(message.utf8)).hexadecimal == expected)
    }

    /// Lengths around the ends of blocks, where padding goes wrong; hashes of hashes keep the table short.
    @Test func padsEveryLength() {
        var sha1: [UInt8] = []
        var sha256: [UInt8] = []
        for count in 0..<200 {
            let message = [UInt8](repeating: UInt8(count), count: count)
            sha1 = SHA1.digest(sha1 + message)
            sha256 = SHA256.digest(sha256 + message)
        }
        #expect(sha1.hexadecimal == "ce8236f59baeef0e099ba99971be9a76f520e142")
        #expect(sha256.hexadecimal == "bf659d1197f63ec758747b57acff63809325601b9aae39f4f20856426a43e814")
    }

    /// RFC 2202 section 3 and RFC 4231 section 4: cases 1, 2, 3 and 6 (a key longer than a block).
    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b617318655057264e28bc0b6fb378c8ef146be00",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "90d0dace1c1bdc957339307803160335bde6df2b",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ] as [([UInt8], [UInt8], String, String)])
    func hmac(key: [UInt8], message: [UInt8], sha1: String, sha256: String) {
        #expect(HMAC.sha1(message, key: key).hexadecimal == sha1)
        #expect(HMAC.sha256(message, key: key).hexadecimal == sha256)
    }

    /// The check value of the CRC catalogue (CRC-32/ISO-HDLC) and a few more.
    @Test(
        arguments: [
            ("", 0), ("a", 0xe8b7_be43), ("123456789", 0xcbf4_3926),
            ("The quick brown fox jumps over the lazy dog", 0x414f_a339),
        ] as [(String, UInt32)])
    func crc32(message: String, expected: UInt32) {
        #expect(CRC32.checksum(Array(message.utf8).span.bytes) == expected)
    }
}
