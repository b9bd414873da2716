import WireFormats

/// Makes room for a frame tag in an Opus packet, in a place every decoder skips.
///
/// A packet with one frame (code 0) is rewritten as code 3 with a frame count of one and padding (RFC 6716
/// sections 3.2.1 and 3.2.5): table-of-contents byte, frame count byte with the padding flag, padding length,
/// the frame, the padding. Decoders ignore what the padding holds.
enum OpusPacketPadding {
    /// Bytes a packet grows by.
    static let overhead = 2 + FrameTag.byteCount

    /// Appends the rewritten packet with twelve zero bytes of padding; false if it has not exactly one frame.
    static func append(_ packet: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
        guard let contents = packet.first, contents & 0b11 == 0 else { return false }
        bytes.append(contents | 0b11)
        bytes.append(0b0100_0001)  // p = 1, M = 1
        bytes.append(UInt8(FrameTag.byteCount))
        bytes.append(contentsOf: packet.dropFirst())
        bytes.append(contentsOf: repeatElement(0, count: FrameTag.byteCount))
        return true
    }
}
