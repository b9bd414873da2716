import Primitives
import Testing
import WireFormats

@Suite struct RTPHeaderTests {
    @Test func readsWhatSDKsSend() throws {
        for packet in try MediaGoldens.uplink() {
            let bytes = try MediaGoldens.bytes(packet.hex)
            var header = try #require(RTPHeader.parse(bytes))
            #expect(header.ssrc == packet.ssrc)
            #expect(header.payloadType == packet.pt)
            #expect(header.sequenceNumber == packet.seq)
            #expect(header.timestamp == packet.ts)
            #expect(header.marker == (packet.m == 1))
            #expect(header.hasPadding == (packet.pad > 0))
            #expect(header.payloadCount == bytes.count - header.payloadOffset)
            let isPadded = header.removePadding(in: bytes)
            #expect(isPadded)
            #expect(header.payloadCount == bytes.count - header.payloadOffset - packet.pad)
        }
    }

    @Test func readsContributingSources() throws {
        let bytes = try MediaGoldens.bytes("826000010000000200000003" + "0000000400000005" + "aabb")
        let header = try #require(RTPHeader.parse(bytes))
        #expect(header.contributingSourceCount == 2)
        #expect(header.payloadOffset == 20)
        #expect(header.payloadCount == 2)
        #expect(header.extensionProfile == nil)
    }

    @Test(arguments: [
        "", "80", "8060000100000002000000", "406000010000000200000003", "c06000010000000200000003",
        "8160000100000002000000030000", "906000010000000200000003bede",
        "906000010000000200000003bede000110aa00",
    ])
    func refusesWhatIsNoPacket(_ hexadecimal: String) throws {
        #expect(RTPHeader.parse(try MediaGoldens.bytes(hexadecimal)) == nil)
    }

    @Test(arguments: [
        ("00", false), ("aa02", true), ("aa03", false), ("aabbcc03", true), ("ff", false), ("01", true),
    ])
    func checksPadding(_ payload: String, _ isValid: Bool) throws {
        let bytes = try MediaGoldens.bytes("a06000010000000200000003" + payload)
        var header = try #require(RTPHeader.parse(bytes))
        let isPadded = header.removePadding(in: bytes)
        #expect(isPadded == isValid)
    }

    @Test func paddingWithoutPayloadIsRefused() throws {
        let bytes = try MediaGoldens.bytes("a06000010000000200000003")
        var header = try #require(RTPHeader.parse(bytes))
        let isPadded = header.removePadding(in: bytes)
        #expect(!isPadded)
    }

    @Test(arguments: [(UInt8(191), false), (192, true), (200, true), (223, true), (224, false), (96, false)])
    func tellsRTCP(_ secondByte: UInt8, _ isRTCP: Bool) {
        #expect(RTPHeader.isRTCP(secondByte: secondByte) == isRTCP)
    }
}
