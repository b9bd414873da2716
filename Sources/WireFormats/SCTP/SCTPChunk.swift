/// The number that names the kind of a chunk (RFC 9260 section 3.2).
///
/// Not an enumeration, because a receiver must handle numbers it does not know by their two highest bits.
public struct SCTPChunkType: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public var rawValue: UInt8

    /// Makes a type of a wire number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// User data.
    public static let data = SCTPChunkType(rawValue: 0)
    /// Opens an association.
    public static let initiate = SCTPChunkType(rawValue: 1)
    /// Answers `initiate` and carries the state cookie.
    public static let initiateAck = SCTPChunkType(rawValue: 2)
    /// Acknowledges data.
    public static let selectiveAck = SCTPChunkType(rawValue: 3)
    /// Asks whether the peer is there.
    public static let heartbeat = SCTPChunkType(rawValue: 4)
    /// Returns a heartbeat's information.
    public static let heartbeatAck = SCTPChunkType(rawValue: 5)
    /// Ends the association at once.
    public static let abort = SCTPChunkType(rawValue: 6)
    /// Asks to end the association once all data is acknowledged.
    public static let shutdown = SCTPChunkType(rawValue: 7)
    /// Answers `shutdown`.
    public static let shutdownAck = SCTPChunkType(rawValue: 8)
    /// Reports an error that need not end the association.
    public static let error = SCTPChunkType(rawValue: 9)
    /// Returns the state cookie.
    public static let cookieEcho = SCTPChunkType(rawValue: 10)
    /// Confirms the state cookie.
    public static let cookieAck = SCTPChunkType(rawValue: 11)
    /// Ends the shutdown.
    public static let shutdownComplete = SCTPChunkType(rawValue: 14)
    /// Resets streams (RFC 6525 section 3.1).
    public static let reconfigure = SCTPChunkType(rawValue: 130)
    /// Moves the receiver past abandoned data (RFC 3758 section 3.2).
    public static let forwardTSN = SCTPChunkType(rawValue: 192)

    /// Whether a receiver that does not know this type must ignore the rest of the packet.
    public var stopsWhenUnknown: Bool { rawValue & 0x80 == 0 }

    /// Whether a receiver that does not know this type must report it in an ERROR chunk.
    public var isReportedWhenUnknown: Bool { rawValue & 0x40 != 0 }
}

/// Where one chunk lies in a packet.
public struct SCTPChunk: Hashable, Sendable {
    /// Bytes before a chunk's value: type, flags and length.
    public static let headerByteCount = 4

    /// The chunk's kind.
    public var type: SCTPChunkType
    /// The chunk's flags, whose meaning depends on the kind.
    public var flags: UInt8
    /// Where the chunk's value lies in the packet, padding left out.
    public var value: Range<Int>
}

/// Walks through the chunks of a packet.
public struct SCTPChunkReader: ~Escapable {
    /// The whole packet, common header included.
    public let packet: RawSpan
    /// Offset of the next chunk.
    private var offset = SCTPHeader.byteCount

    /// Starts at the first chunk of `packet`.
    @_lifetime(copy packet)
    public init(_ packet: RawSpan) { self.packet = packet }

    /// The next chunk, or nil at the end of the packet.
    public mutating func next() throws(SCTPParseError) -> SCTPChunk? {
        guard offset < packet.byteCount else { return nil }
        guard packet.byteCount - offset >= SCTPChunk.headerByteCount else { throw .truncated }
        let type = packet.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
        let flags = packet.unsafeLoadUnaligned(fromByteOffset: offset + 1, as: UInt8.self)
        let length = Int(
            UInt16(bigEndian: packet.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)))
        guard length >= SCTPChunk.headerByteCount, length <= packet.byteCount - offset else {
            throw .badLength
        }
        let value = offset + SCTPChunk.headerByteCount..<offset + length
        // The last chunk's padding may be missing: tolerated, as every stack does.
        offset += (length + 3) & ~3
        return SCTPChunk(type: SCTPChunkType(rawValue: type), flags: flags, value: value)
    }

    /// The bytes of a chunk's value.
    @_lifetime(copy self)
    public func value(of chunk: SCTPChunk) -> RawSpan { packet.extracting(chunk.value) }
}
