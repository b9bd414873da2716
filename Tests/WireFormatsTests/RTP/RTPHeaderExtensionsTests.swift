import Primitives
import Testing
import WireFormats

@Suite struct RTPHeaderExtensionsTests {
    /// The ids of the recorded SDK's offer.
    static var map: HeaderExtensionMap {
        var map = HeaderExtensionMap()
        map[.audioLevel] = 1
        map[.absoluteSendTime] = 2
        map[.transportSequenceNumber] = 3
        map[.mid] = 4
        map[.rid] = 10
        map[.repairedRid] = 11
        map[.dependencyDescriptor] = 12
        return map
    }

    @Test func readsWhatSDKsSend() throws {
        var kinds = Set<String>()
        for packet in try MediaGoldens.uplink() {
            let bytes = try MediaGoldens.bytes(packet.hex)
            let header = try #require(RTPHeader.parse(bytes))
            let extensions = RTPHeaderExtensions(packet: bytes, header: header, map: Self.map)
            var elements = RTPExtensionElements(packet: bytes.span.bytes, header: header)
            var found: [String: String] = [:]
            while let element = elements.next() {
                found[String(element.id)] =
                    Array(bytes[element.offset..<element.offset + element.count]).hexadecimal
            }
            #expect(found == packet.ext)
            kinds.formUnion(packet.ext.keys)

            func text(_ id: String) -> String? {
                packet.ext[id].flatMap { [UInt8](hexadecimal: $0) }.map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            #expect(extensions.mid?.text == text("4"))
            #expect(extensions.rid?.text == text("10"))
            #expect(extensions.repairedRid?.text == text("11"))
            #expect(extensions.absoluteSendTime == packet.ext["2"].flatMap { UInt32($0, radix: 16) })
            #expect(extensions.transportSequenceNumber == packet.ext["3"].flatMap { UInt16($0, radix: 16) })
            #expect(extensions.dependencyDescriptor?.count == packet.ext["12"].map { $0.utf8.count / 2 })
            let level = packet.ext["1"].flatMap { UInt8($0, radix: 16) }
            #expect(extensions.audioLevel?.level == level.map { $0 & 0x7f })
            #expect(extensions.audioLevel?.isVoice == level.map { $0 >= 0x80 })
        }
        #expect(kinds.isSuperset(of: ["1", "2", "3", "4", "10", "12"]))
    }

    @Test func readsCaptureTimeAndPlayoutDelay() throws {
        var map = HeaderExtensionMap()
        map[.absoluteCaptureTime] = 5
        map[.playoutDelay] = 6
        // The capture time with an offset was recorded from a publisher.
        let block = "5feeaee3e767b84000" + "0000000123456789" + "62" + "00a" + "fff"
        let bytes = try MediaGoldens.bytes("906000010000000200000003bede0006" + block + "000000" + "ff")
        let header = try #require(RTPHeader.parse(bytes))
        let extensions = RTPHeaderExtensions(packet: bytes, header: header, map: map)
        #expect(extensions.captureTime?.ntp == 0xeeae_e3e7_67b8_4000)
        #expect(extensions.captureTime?.clockOffset == 0x0000_0001_2345_6789)
        #expect(extensions.playoutDelay?.minimum == .milliseconds(100))
        #expect(extensions.playoutDelay?.maximum == .milliseconds(40_950))
    }

    @Test func passesOverPaddingAndUnknownElements() throws {
        // Zero padding, id 0 with data, an unknown id, ours, then id 15, which ends the block.
        let block = "00" + "01aabb" + "71ccdd" + "4031" + "f0ee" + "4032" + "000000"
        let bytes = try MediaGoldens.bytes("906000010000000200000003bede0004" + block)
        let header = try #require(RTPHeader.parse(bytes))
        let extensions = RTPHeaderExtensions(packet: bytes, header: header, map: Self.map)
        #expect(extensions.mid?.text == "1")
    }

    @Test func readsTheTwoByteFormWithAppBits() throws {
        let block = "0401" + "31" + "00" + "0a00" + "0302" + "0102"
        let bytes = try MediaGoldens.bytes("90600001000000020000000310070003" + block + "0000")
        let header = try #require(RTPHeader.parse(bytes))
        let extensions = RTPHeaderExtensions(packet: bytes, header: header, map: Self.map)
        #expect(extensions.mid?.text == "1")
        #expect(extensions.rid == nil)
        #expect(extensions.transportSequenceNumber == 0x0102)
    }

    @Test(arguments: [
        "bede0001" + "43616263", "10000001" + "04046162", "10000001" + "00000004", "abcd0001" + "40310000",
    ])
    func stopsAtDamage(_ block: String) throws {
        let bytes = try MediaGoldens.bytes("906000010000000200000003" + block)
        let header = try #require(RTPHeader.parse(bytes))
        var elements = RTPExtensionElements(packet: bytes.span.bytes, header: header)
        let first = elements.next()
        let second = elements.next()
        #expect(first == nil)
        #expect(second == nil)
    }

    @Test func mapFindsKindsByURIAndID() {
        var map = HeaderExtensionMap()
        for (index, kind) in RTPExtensionKind.allCases.enumerated() {
            let isAdded = map.add(uri: kind.uri, id: UInt8(index + 1))
            #expect(isAdded)
        }
        let isUnknownAdded = map.add(uri: "urn:3gpp:video-orientation", id: 13)
        let isPaddingAdded = map.add(uri: RTPExtensionKind.mid.uri, id: 0)
        #expect(!isUnknownAdded && !isPaddingAdded)
        for (index, kind) in RTPExtensionKind.allCases.enumerated() {
            #expect(map[kind] == UInt8(index + 1))
            #expect(map.kind(of: UInt8(index + 1)) == kind)
            #expect(RTPExtensionKind(uri: kind.uri) == kind)
        }
        #expect(map.kind(of: 0) == nil)
        #expect(map.kind(of: 13) == nil)
        map[.mid] = nil
        #expect(map[.mid] == nil)
        #expect(map.kind(of: 1) == nil)
    }

    @Test(arguments: ["", "12345678901234567"])
    func identifiersHaveOneToSixteenBytes(_ text: String) { #expect(RTPIdentifier(text) == nil) }

    @Test(arguments: ["0", "q", "1234567890123456"])
    func identifiersKeepTheirText(_ text: String) throws {
        let identifier = try #require(RTPIdentifier(text))
        #expect(identifier.text == text)
        let bytes = Array(text.utf8)
        #expect(RTPIdentifier(packet: bytes, offset: 0, count: bytes.count) == identifier)
        #expect(RTPIdentifier(packet: bytes, offset: 1, count: bytes.count) == nil)
        #expect(RTPIdentifier("x") != identifier)
    }
}
