import Primitives
import Testing
import WireFormats

@Suite struct TURNMessageTests {
    private let v4 = SocketAddress(v4: 0xc000_0207, port: 3478)
    private let v6 = SocketAddress(v6High: 0x2001_0db8_0000_0001, low: 7, port: 49_152)

    private func write(
        _ messageClass: STUNClass, _ method: STUNMethod, _ body: (inout STUNWriter) -> Void
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 400)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = STUNWriter(
                buffer, messageClass, method, transactionID: STUNTransactionID(high: 1, low: 2))
            body(&writer)
            return writer.count
        }
        return Array(bytes[..<count])
    }

    @Test func longTermCredentialsOfTheRFC() throws {
        let message = try STUNMessage(STUNVectors.longTermRequest.span.bytes)
        let realm = message.value(of: .realm) ?? []
        #expect(String(decoding: realm, as: UTF8.self) == "example.org")
        let nonce = message.value(of: .nonce) ?? []
        #expect(String(decoding: nonce, as: UTF8.self) == "f//499k954d6OL34oL9FSTvy64sA")
        let username = message.value(of: .username)
        #expect(username == Array(STUNVectors.longTermUsername.utf8))
        let key = STUNLongTermKey.make(
            username: STUNVectors.longTermUsername, realm: realm, password: STUNVectors.longTermPassword)
        let isAuthentic = message.isAuthentic(key: key)
        #expect(isAuthentic)
        let isForged = message.isAuthentic(
            key: STUNLongTermKey.make(
                username: STUNVectors.longTermUsername, realm: realm, password: "thematrix"))
        #expect(!isForged)
    }

    @Test func methodsAndClassesKeepTheirBits() throws {
        // RFC 8656 section 17: requests, and Data and Send as indications.
        let types: [(STUNMethod, STUNClass, UInt16)] = [
            (.allocate, .request, 0x0003), (.refresh, .request, 0x0004), (.send, .indication, 0x0016),
            (.data, .indication, 0x0017), (.createPermission, .success, 0x0108),
            (.channelBind, .failure, 0x0119),
        ]
        for (method, messageClass, type) in types {
            let bytes = write(messageClass, method) { _ in }
            #expect(UInt16(bytes[0]) << 8 | UInt16(bytes[1]) == type)
            let message = try STUNMessage(bytes.span.bytes)
            let readMethod = message.method
            #expect(readMethod == method)
            let readClass = message.messageClass
            #expect(readClass == messageClass)
        }
    }

    @Test func addressesComeBack() throws {
        for address in [v4, v6] {
            let bytes = write(.success, .allocate) { writer in
                writer.writeXORAddress(.xorRelayedAddress, address)
                writer.writeXORAddress(.xorPeerAddress, address.with(port: 1))
                writer.writeAddress(.alternateServer, address.with(port: 2))
                writer.write(.lifetime, 600)
                writer.write(.channelNumber, 0x4001 << 16)
            }
            let message = try STUNMessage(bytes.span.bytes)
            let relayed = message.xorAddress(of: .xorRelayedAddress)
            #expect(relayed == address)
            let peer = message.xorAddress(of: .xorPeerAddress)
            #expect(peer == address.with(port: 1))
            let alternate = message.address(of: .alternateServer)
            #expect(alternate == address.with(port: 2))
            let lifetime = message.word(of: .lifetime)
            #expect(lifetime == 600)
            let channel = message.channelNumber
            #expect(channel == 0x4001)
            let mapped = message.xorAddress(of: .xorMappedAddress)
            #expect(mapped == nil)
            let hasUnknown = message.hasUnknownRequiredAttribute
            #expect(!hasUnknown)
        }
    }

    @Test func whatTURNKnowsIsForeignToICE() throws {
        let bytes = write(.request, .binding) { $0.write(.lifetime, 600) }
        let hasUnknown = try STUNMessage(bytes.span.bytes).hasUnknownRequiredAttribute
        #expect(hasUnknown)
    }

    @Test func nothingBehindTheSignatureCounts() throws {
        let signed = write(.request, .allocate) { writer in
            writer.writeIntegrity(key: [1])
            writer.write(.lifetime, 600)
        }
        let message = try STUNMessage(signed.span.bytes)
        let lifetime = message.word(of: .lifetime)
        #expect(lifetime == nil)
        let attribute = message.attribute(.lifetime)
        #expect(attribute == nil)
    }

    @Test func phrasesAreCleaned() throws {
        let bytes = write(.failure, .allocate) {
            $0.writeErrorCode(486, reason: "Allocation\u{7}\nQuota Reached")
        }
        let message = try STUNMessage(bytes.span.bytes)
        let code = message.errorCode
        #expect(code == 486)
        let reason = message.errorReason
        #expect(reason == "AllocationQuota Reached")
    }

    @Test func dataFollowsItsHeader() throws {
        let payload: [UInt8] = [1, 2, 3, 4, 5]
        var bytes = write(.indication, .send) { writer in
            writer.writeXORAddress(.xorPeerAddress, v4)
            writer.writeDataHeader(count: payload.count)
        }
        #expect(bytes.count == 20 + 12 + 4)
        bytes += payload + [0, 0, 0]
        let message = try STUNMessage(bytes.span.bytes)
        let found = message.attribute(.data)
        let data = try #require(found)
        #expect(Array(bytes[data.valueOffset..<data.valueOffset + data.count]) == payload)
    }
}

@Suite struct ChannelDataTests {
    @Test func headersComeBack() {
        var bytes: [UInt8] = [0, 0, 0, 0, 1, 2, 3, 0]
        bytes.withUnsafeMutableBytes { ChannelData(channel: 0x4fff, count: 3).write(into: $0) }
        #expect(Array(bytes[..<4]) == [0x4f, 0xff, 0, 3])
        #expect(ChannelData(bytes.span.bytes) == ChannelData(channel: 0x4fff, count: 3))
        #expect(bytes.withUnsafeBytes { DatagramKind.classify($0) } == .turnChannel)
    }

    @Test func refusesWhatIsNone() {
        let cases: [[UInt8]] = [[], [0x40, 0, 0], [0x3f, 0xff, 0, 0], [0x80, 0, 0, 0], [0x40, 0, 0, 1]]
        for bytes in cases { #expect(ChannelData(bytes.span.bytes) == nil) }
    }

    @Test func padsToFour() {
        #expect((0...5).map { ChannelData.padding($0) } == [0, 3, 2, 1, 0, 3])
    }
}
