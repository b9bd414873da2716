import Primitives
import Testing
import WireFormats

@Suite struct STUNWriterTests {
    private let id = STUNTransactionID(high: 0xb7e7_a701, low: 0xbc34_d686_fa87_dfae)
    private let key = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    @Test(arguments: [true, false], [true, false])
    func writesChecksThatItReads(isControlling: Bool, isNominating: Bool) throws {
        let bytes = compose(.request) { writer in
            writer.writeUsername(Array("left:right".utf8))
            writer.writePriority(1_845_501_695)
            writer.writeRole(isControlling: isControlling, tieBreaker: 0x0102_0304_0506_0708)
            if isNominating { writer.writeUseCandidate() }
            writer.writeIntegrity(key: key)
            writer.writeFingerprint()
        }
        let message = try STUNMessage(bytes.span.bytes)
        #expect(message.messageClass == .request)
        #expect(message.transactionID == id)
        #expect(username(message) == "left:right")
        #expect(message.priority == 1_845_501_695)
        #expect(message.controllingTieBreaker == (isControlling ? 0x0102_0304_0506_0708 : nil))
        #expect(message.controlledTieBreaker == (isControlling ? nil : 0x0102_0304_0506_0708))
        #expect(message.usesCandidate == isNominating)
        #expect(message.isAuthentic(key: key) == true)
        #expect(message.hasFingerprint == true)
    }

    @Test func writesTheVectorsOfRFC5769() throws {
        // The same as RFC 5769 section 2.2, except for SOFTWARE, which is not written: so the address alone.
        let address = try #require(SocketAddress(host: "192.0.2.1", port: 32853))
        let bytes = compose(.success) { $0.writeMappedAddress(address) }
        #expect(bytes.hexadecimal == "0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643")
    }

    @Test(arguments: ["192.0.2.1", "2001:db8:1234:5678:11:2233:4455:6677", "0.0.0.0", "255.255.255.255"])
    func writesAddressesThatItReads(host: String) throws {
        let address = try #require(SocketAddress(host: host, port: 65535))
        let bytes = compose(.success) { $0.writeMappedAddress(address) }
        let read = try STUNMessage(bytes.span.bytes).mappedAddress
        #expect(read == address)
    }

    @Test(arguments: [400, 401, 420, 487])
    func writesErrorsThatItReads(code: Int) throws {
        let bytes = compose(.failure) { $0.writeErrorCode(code, reason: "Because") }
        let message = try STUNMessage(bytes.span.bytes)
        #expect(message.messageClass == .failure)
        #expect(message.errorCode == code)
    }

    @Test func namesTheAttributesItDoesNotKnow() throws {
        let header = "000100102112a442b7e7a701bc34d686fa87dfae"
        let request = STUNVectors.bytes(header + "7001000101000000" + "00250000" + "f0010000")
        let isRefused = try STUNMessage(request.span.bytes).hasUnknownRequiredAttribute
        #expect(isRefused)
        let bytes = compose(.failure) { $0.writeUnknownAttributes(of: request.span.bytes) }
        #expect(bytes.suffix(8) == [0x00, 0x0a, 0x00, 0x02, 0x70, 0x01, 0x00, 0x00])
        _ = try STUNMessage(bytes.span.bytes).messageClass
    }

    @Test func writesAllClassesAndMethods() throws {
        for messageClass in [STUNClass.request, .indication, .success, .failure] {
            for method: UInt16 in [0x001, 0x003, 0x070, 0xf80, 0xfff] {
                let bytes = compose(messageClass, STUNMethod(rawValue: method)) { _ in }
                let message = try STUNMessage(bytes.span.bytes)
                #expect(message.messageClass == messageClass)
                #expect(message.method.rawValue == method)
            }
        }
    }

    @Test func writesNothingWhereItDoesNotFit() {
        for room in 0..<76 {  // The whole message has 76 bytes.
            let bytes = compose(.request, room: room) { writer in
                writer.writeUsername(Array("left:right".utf8))
                writer.writePriority(7)
                writer.writeIntegrity(key: key)
                writer.writeFingerprint()
            }
            #expect(bytes.isEmpty)
        }
    }

    private func compose(
        _ messageClass: STUNClass, _ method: STUNMethod = .binding, room: Int = 1500,
        _ body: (inout STUNWriter) -> Void
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: room)
        let count = bytes.withUnsafeMutableBytes { buffer in
            var writer = STUNWriter(buffer, messageClass, method, transactionID: id)
            body(&writer)
            return writer.count
        }
        return Array(bytes[..<count])
    }
}
