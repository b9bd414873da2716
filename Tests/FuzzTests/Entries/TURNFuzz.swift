import Primitives
import RTC
import WireFormats

/// Reads `bytes` as a message of a TURN server in every way there is; must end without a trap.
func fuzzTURN(_ bytes: UnsafeRawBufferPointer) {
    if let data = ChannelData(bytes.bytes) {
        precondition(ChannelData.headerSize + data.count <= bytes.count)
    }
    guard let message = try? STUNMessage(bytes.bytes) else { return }
    let types: [STUNAttributeType] = [
        .channelNumber, .lifetime, .xorPeerAddress, .data, .realm, .nonce, .xorRelayedAddress,
        .requestedTransport, .software, .alternateServer, .errorCode,
    ]
    for type in types {
        if let attribute = message.attribute(type) {
            precondition(attribute.valueOffset + attribute.count <= bytes.count)
        }
        _ = message.value(of: type)
        _ = message.word(of: type)
        _ = message.xorAddress(of: type)
        _ = message.address(of: type)
    }
    _ = message.channelNumber
    if let reason = message.errorReason { precondition(reason.utf8.count <= 3 * 64) }
}

/// Cuts `bytes` into messages, in pieces whose sizes they give themselves; must end without a trap.
func fuzzStreamDeframer(_ bytes: UnsafeRawBufferPointer, _ framing: StreamFraming) {
    var deframer = StreamDeframer(framing)
    let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: StreamDeframer.maximumMessageSize, alignment: 8)
    defer { room.deallocate() }
    var start = 0
    while start < bytes.count {
        let end = min(bytes.count, start + 1 + Int(bytes[start]) % 50)
        deframer.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        start = end
        while let size = deframer.next(into: room) { precondition(size > 0 && size <= room.count) }
    }
}

/// Reads `bytes` as the address of a STUN or TURN server; must end without a trap.
func fuzzICEServerURL(_ bytes: UnsafeRawBufferPointer) {
    guard let url = ICEServerURL(String(decoding: bytes, as: UTF8.self)) else { return }
    precondition(!url.host.isEmpty && url.port > 0)
}
