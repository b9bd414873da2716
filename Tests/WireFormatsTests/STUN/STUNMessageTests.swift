import Primitives
import Testing
import WireFormats

@Suite struct STUNMessageTests {
    @Test func readsTheRequestOfRFC5769() throws {
        let bytes = STUNVectors.request
        let message = try STUNMessage(bytes.span.bytes)
        #expect(message.messageClass == .request)
        #expect(message.method == .binding)
        #expect(message.transactionID == STUNTransactionID(high: 0xb7e7_a701, low: 0xbc34_d686_fa87_dfae))
        #expect(message.priority == 0x6e00_01ff)
        #expect(message.controlledTieBreaker == 0x932f_f9b1_5126_3b36)
        #expect(message.controllingTieBreaker == nil)
        #expect(message.usesCandidate == false)
        #expect(message.hasFingerprint == true)
        #expect(message.hasUnknownRequiredAttribute == false)
        #expect(username(message) == "evtj:h6vY")
        #expect(message.isAuthentic(key: STUNVectors.password) == true)
        #expect(message.isAuthentic(key: Array("VOkJxbRl1RmTxUk/WvJxBT".utf8)) == false)
    }

    @Test(arguments: [
        (STUNVectors.v4Response, "192.0.2.1"),
        (STUNVectors.v6Response, "2001:db8:1234:5678:11:2233:4455:6677"),
    ])
    func readsTheResponsesOfRFC5769(bytes: [UInt8], host: String) throws {
        let message = try STUNMessage(bytes.span.bytes)
        #expect(message.messageClass == .success)
        #expect(message.mappedAddress == SocketAddress(host: host, port: 32853))
        #expect(message.isAuthentic(key: STUNVectors.password) == true)
    }

    @Test func readsWhatALiveKitServerSends() throws {
        let captures = try STUNVectors.captures()
        #expect(captures.count == 4)
        for capture in captures {
            var requests = 0
            for datagram in capture.datagrams {
                let bytes = STUNVectors.bytes(datagram.bytes)
                let message = try STUNMessage(bytes.span.bytes)
                let isSent = datagram.direction == "sent"
                let isRequest = message.messageClass == .request
                // A request is protected by its receiver's password, and so is the response to it.
                let password = isSent == isRequest ? capture.remote.password : capture.local.password
                #expect(message.isAuthentic(key: Array(password.utf8)) == true)
                #expect(message.hasFingerprint == true)
                guard isRequest else {
                    #expect(message.mappedAddress?.isLoopback == true)
                    continue
                }
                requests += 1
                let fragments = [capture.local.ufrag, capture.remote.ufrag]
                let expected = isSent ? fragments.reversed() : fragments
                #expect(username(message) == expected.joined(separator: ":"))
                #expect(message.priority != nil)
                #expect((message.controlledTieBreaker == nil) != (message.controllingTieBreaker == nil))
                #expect(fragment(bytes) == expected.first)
            }
            #expect(requests == 5)
        }
    }

    @Test func refusesEveryTruncation() {
        for count in 0..<STUNVectors.request.count {
            #expect(throws: STUNParseError.truncated) {
                _ = try STUNMessage(Array(STUNVectors.request[..<count]).span.bytes).messageClass
            }
        }
    }

    @Test func noticesEveryFlippedBit() {
        for index in STUNVectors.request.indices {
            for bit in 0..<8 {
                var bytes = STUNVectors.request
                bytes[index] ^= 1 << bit
                guard let message = try? STUNMessage(bytes.span.bytes) else { continue }
                // What the fingerprint does not notice, because its own header was hit, the HMAC does; a hit
                // in FINGERPRINT's type leaves an authentic message that merely has none.
                let isProved = message.hasFingerprint && message.isAuthentic(key: STUNVectors.password)
                #expect(!isProved)
            }
        }
    }

    @Test(arguments: [
        // A first bit that is set, and a wrong cookie.
        ("800100002112a442000000000000000000000000", STUNParseError.notSTUN),
        ("000100002112a443000000000000000000000000", .notSTUN),
        // A length that is no multiple of four, and one that is not the datagram's.
        ("000100032112a442000000000000000000000000000000", .truncated),
        ("000100042112a442000000000000000000000000", .truncated),
        // An attribute that reaches past the end, a PRIORITY of three bytes, an address of an unknown family.
        ("000100082112a44200000000000000000000000000240008aabbccdd", .malformedAttribute),
        ("000100082112a44200000000000000000000000000240003aabbcc00", .malformedAttribute),
        ("0101000c2112a4420000000000000000000000000020000800030000aabbccdd", .malformedAttribute),
        // A fingerprint that does not match, and one that is not last.
        ("000100082112a4420000000000000000000000008028000400000000", .wrongFingerprint),
        ("0001000c2112a442000000000000000000000000802800040000000000250000", .malformedAttribute),
    ])
    func refusesBrokenMessages(hexadecimal: String, error: STUNParseError) {
        #expect(throws: error) {
            _ = try STUNMessage(STUNVectors.bytes(hexadecimal).span.bytes).messageClass
        }
    }

    @Test func ignoresWhatFollowsTheIntegrity() throws {
        // MESSAGE-INTEGRITY, then USE-CANDIDATE, which an attacker may have added.
        let header = "0001001c2112a442000000000000000000000000"
        let integrity = "00080014" + String(repeating: "00", count: 20)
        let bytes = STUNVectors.bytes(header + integrity + "00250000")
        let message = try STUNMessage(bytes.span.bytes)
        #expect(message.usesCandidate == false)
    }

    @Test func findsNoFragmentInOtherDatagrams() {
        #expect(fragment(STUNVectors.request) == "evtj")
        #expect(fragment(STUNVectors.v4Response) == nil)
        #expect(fragment([0, 1, 2]) == nil)
        #expect(fragment([]) == nil)
    }

    private func fragment(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { STUNMessage.localUsernameFragment(of: $0) }
    }
}

/// The USERNAME of a message as text.
func username(_ message: borrowing STUNMessage) -> String? {
    guard let bytes = message.usernameBytes else { return nil }
    return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}
