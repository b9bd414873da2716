import Primitives
import WireFormats

/// Reads `bytes` as a STUN message in every way there is; must end without a trap.
func fuzzSTUN(_ bytes: UnsafeRawBufferPointer) {
    _ = DatagramKind.classify(bytes)
    let fragment = STUNMessage.localUsernameFragment(of: bytes)
    var attributes = STUNAttributes(bytes.bytes)
    var end = STUNMessage.headerSize
    while let attribute = attributes.next() {
        precondition(attribute.offset == end && attribute.valueOffset + attribute.count <= bytes.count)
        end = attribute.valueOffset + (attribute.count + 3) & ~3
    }
    guard let message = try? STUNMessage(bytes.bytes) else {
        precondition(fragment == nil)
        return
    }
    precondition(!attributes.isMalformed || message.hasFingerprint)
    _ = message.isAuthentic(key: [1, 2, 3])
    if let username = message.usernameBytes { precondition(username.byteCount <= bytes.count) }
    // What was read of an address can be written and read again.
    guard let address = message.mappedAddress else { return }
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
        var writer = STUNWriter(buffer, .success, transactionID: message.transactionID)
        writer.writeMappedAddress(address)
        let written = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<writer.count])
        precondition((try? STUNMessage(written.bytes).mappedAddress) == address)
    }
}
