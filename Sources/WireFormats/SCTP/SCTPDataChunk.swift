import Primitives

/// A DATA chunk without its user data (RFC 9260 section 3.3.1).
public struct SCTPDataChunk: Hashable, Sendable {
    /// Bytes of a DATA chunk before the user data.
    public static let headerByteCount = 16

    /// The flags of a DATA chunk.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits on the wire.
        public var rawValue: UInt8

        /// Makes flags of wire bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// E: the last fragment of a message.
        public static let ending = Flags(rawValue: 1)
        /// B: the first fragment of a message.
        public static let beginning = Flags(rawValue: 2)
        /// U: the message has no place in the stream's order.
        public static let unordered = Flags(rawValue: 4)
        /// I: the sender asks for an acknowledgement at once (RFC 7053).
        public static let immediate = Flags(rawValue: 8)
    }

    /// What the chunk is: first, last, unordered.
    public var flags: Flags
    /// The transmission sequence number.
    public var tsn: UInt32
    /// The stream.
    public var stream: UInt16
    /// The message's number in its stream; meaningless when unordered.
    public var streamSequence: UInt16
    /// The payload protocol identifier (RFC 8831 section 8).
    public var protocolIdentifier: UInt32

    /// Makes a chunk.
    public init(flags: Flags, tsn: UInt32, stream: UInt16, streamSequence: UInt16, protocolIdentifier: UInt32)
    {
        self.flags = flags
        self.tsn = tsn
        self.stream = stream
        self.streamSequence = streamSequence
        self.protocolIdentifier = protocolIdentifier
    }

    /// Reads the value of a DATA chunk; the user data is what follows the first 12 bytes.
    public init(parsing value: RawSpan, flags: UInt8) throws(SCTPParseError) {
        var reader = ByteReader(value)
        self.flags = Flags(rawValue: flags)
        tsn = reader.readUInt32()
        stream = reader.readUInt16()
        streamSequence = reader.readUInt16()
        protocolIdentifier = reader.readUInt32()
        // A chunk without user data is a protocol error (RFC 9260 section 3.3.1).
        guard !reader.failed, reader.remaining > 0 else { throw .truncated }
    }

    /// The user data in the value of a DATA chunk that was read successfully.
    @_lifetime(copy value)
    public static func userData(in value: RawSpan) -> RawSpan {
        value.extracting((headerByteCount - SCTPChunk.headerByteCount)...)
    }
}

extension SCTPPacketWriter {
    /// Writes a DATA chunk.
    public mutating func writeData(_ chunk: SCTPDataChunk, userData: UnsafeRawBufferPointer) {
        beginChunk(.data, flags: chunk.flags.rawValue)
        write { writer in
            writer.write(chunk.tsn)
            writer.write(chunk.stream)
            writer.write(chunk.streamSequence)
            writer.write(chunk.protocolIdentifier)
            writer.write(userData)
        }
        endChunk()
    }
}
