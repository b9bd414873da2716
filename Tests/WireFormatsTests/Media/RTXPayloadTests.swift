import Primitives
import Testing
import WireFormats

@Suite struct RTXPayloadTests {
    private func parse(_ hexadecimal: String) throws -> (bytes: [UInt8], header: RTPHeader) {
        let bytes = try MediaGoldens.bytes(hexadecimal)
        var header = try #require(RTPHeader.parse(bytes))
        let isPadded = header.removePadding(in: bytes)
        #expect(isPadded)
        return (bytes, header)
    }

    @Test func unwrapsTheOriginalPacket() throws {
        let (bytes, header) = try parse("90e1000500000064000000c8bede000110ff0000" + "1234" + "aabbcc")
        let original = try #require(
            RTXPayload.originalHeader(of: header, in: bytes, ssrc: 7, payloadType: 96))
        #expect(original.sequenceNumber == 0x1234)
        #expect(original.ssrc == 7)
        #expect(original.payloadType == 96)
        #expect(original.timestamp == 100)
        #expect(original.marker)
        #expect(
            Array(bytes[original.payloadOffset..<original.payloadOffset + original.payloadCount]) == [
                0xaa, 0xbb, 0xcc,
            ])
        #expect(original.extensionOffset == header.extensionOffset)
    }

    @Test(arguments: [
        "80610005" + "00000064000000c8", "80610005" + "00000064000000c8" + "12",
        "80610005" + "00000064000000c8" + "1234",
    ])
    func paddingCarriesNothing(_ hexadecimal: String) throws {
        let (bytes, header) = try parse(hexadecimal)
        #expect(RTXPayload.originalHeader(of: header, in: bytes, ssrc: 7, payloadType: 96) == nil)
    }

    @Test func paddingIsNotPartOfTheOriginal() throws {
        let (bytes, header) = try parse("a0610005" + "00000064000000c8" + "1234" + "aa" + "0002")
        let original = try #require(
            RTXPayload.originalHeader(of: header, in: bytes, ssrc: 7, payloadType: 96))
        #expect(original.payloadCount == 1)
    }

    @Test func wrapsByWritingTheNumber() {
        #expect(written { RTXPayload.write(originalSequenceNumber: 0xfffe, into: $0) } == [0xff, 0xfe])
        #expect(written(1) { RTXPayload.write(originalSequenceNumber: 0xfffe, into: $0) }.isEmpty)
    }
}
