import Primitives
import WireFormats

/// Reads `bytes` as an RTP packet with every extension; must end without a trap.
func fuzzRTP(_ bytes: UnsafeRawBufferPointer) {
    let packet = bytes.bytes
    guard var header = RTPHeader.parse(packet) else { return }
    precondition(header.payloadOffset + header.payloadCount == bytes.count)
    var map = HeaderExtensionMap()
    for kind in RTPExtensionKind.allCases { map[kind] = kind.rawValue + 1 }
    let extensions = RTPHeaderExtensions(packet: packet, header: header, map: map)
    var elements = RTPExtensionElements(packet: packet, header: header)
    while let element = elements.next() {
        precondition(element.id != 0 && element.offset + element.count <= header.payloadOffset)
    }
    if header.removePadding(in: packet) {
        precondition(header.payloadCount >= 0 && header.payloadOffset + header.payloadCount <= bytes.count)
        _ = RTXPayload.originalHeader(of: header, in: packet, ssrc: 1, payloadType: 2)
    }
    // What was read can be written, and is then read as it was.
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
        let count = RTPHeaderWriter(map: map).write(
            marker: header.marker, payloadType: header.payloadType, sequenceNumber: header.sequenceNumber,
            timestamp: header.timestamp, ssrc: header.ssrc, extensions: extensions, into: buffer)
        let copy = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]).bytes
        guard let again = RTPHeader.parse(copy) else { preconditionFailure("a written header is no header") }
        var expected = extensions
        expected.dependencyDescriptor = nil
        precondition(RTPHeaderExtensions(packet: copy, header: again, map: map) == expected)
        precondition(again.ssrc == header.ssrc && again.marker == header.marker)
    }
}
