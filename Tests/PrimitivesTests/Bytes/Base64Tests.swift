import Primitives
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func matchesPublishedVectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let unpadded = encoded.prefix { $0 != "=" }
        #expect(Base64.encode(Array(plain.utf8), padded: false) == unpadded)
        #expect(Base64.decode(unpadded) == Array(plain.utf8))
    }

    @Test func knowsBothAlphabets() {
        let bytes: [UInt8] = [0xfb, 0xff, 0xfe]
        #expect(Base64.encode(bytes) == "+//+")
        #expect(Base64.encode(bytes, alphabet: .urlSafe) == "-__-")
        #expect(Base64.decode("+//+") == bytes)
        #expect(Base64.decode("-__-") == bytes)
    }

    @Test(arguments: ["Zm9v!", "Zm 9v", "é"])
    func refusesForeignCharacters(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test func survivesTheRoundTrip() {
        var generator = SeededGenerator(seed: 1)
        for count in 0..<100 {
            let bytes = generator.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, alphabet: .urlSafe, padded: false)) == bytes)
        }
    }
}
