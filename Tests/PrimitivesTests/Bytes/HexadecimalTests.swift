import Primitives
import Testing

@Suite struct HexadecimalTests {
    @Test func readsBothCasesAndWritesLower() {
        #expect([UInt8](hexadecimal: "00ff1aB2") == [0, 255, 0x1a, 0xb2])
        #expect([0, 255, 0x1a, 0xb2].hexadecimal == "00ff1ab2")
        #expect([UInt8](hexadecimal: "") == [])
    }

    @Test(arguments: ["0", "0g", "0x", "--", " 1", "é"])
    func refusesOtherText(text: String) {
        #expect([UInt8](hexadecimal: text) == nil)
    }
}
