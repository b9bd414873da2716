public import Primitives

/// A mid or rid as header extensions carry it: up to 16 bytes, held inline.
///
/// Both are compared for every packet of a new stream, which must not make a `String` each time.
public struct RTPIdentifier: Sendable, Hashable {
    /// The longest identifier: what the one-byte extension form can carry (RFC 8285 section 4.2).
    public static let maximumByteCount = 16

    private var bytes = SIMD16<UInt8>()
    /// Length in bytes, 1...16.
    public private(set) var byteCount: Int

    /// Takes the identifier's characters; nil if there are none or more than 16 bytes of them.
    public init?(_ text: some StringProtocol) {
        byteCount = text.utf8.count
        guard 1...Self.maximumByteCount ~= byteCount else { return nil }
        for (index, byte) in text.utf8.enumerated() { bytes[index] = byte }
    }

    /// Takes an element of a packet's extension block; nil if it is empty or longer than 16 bytes.
    public init?(packet: RawSpan, offset: Int, count: Int) {
        guard 1...Self.maximumByteCount ~= count, offset >= 0, offset <= packet.byteCount - count else {
            return nil
        }
        byteCount = count
        for index in 0..<count {
            bytes[index] = packet.unsafeLoadUnaligned(fromByteOffset: offset + index, as: UInt8.self)
        }
    }

    /// The identifier as text.
    public var text: String { String(decoding: (0..<byteCount).map { bytes[$0] }, as: UTF8.self) }

    /// Writes the bytes.
    public func write(into writer: inout ByteWriter) {
        for index in 0..<byteCount { writer.write(bytes[index]) }
    }
}
