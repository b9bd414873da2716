import Primitives

/// One attribute of a STUN message: its type and where its value lies.
public struct STUNAttribute: Sendable, Hashable {
    /// The type.
    public var type: STUNAttributeType
    /// Offset of the type field in the message.
    public var offset: Int
    /// Length of the value without padding, in bytes.
    public var count: Int

    /// Offset of the value in the message.
    public var valueOffset: Int { offset + 4 }
}

/// Walks the attributes of a STUN message, in their order, without copying.
public struct STUNAttributes: ~Escapable {
    private var reader: ByteReader

    /// Walks the attributes that follow the header of `message`.
    @_lifetime(copy message)
    public init(_ message: RawSpan) {
        reader = ByteReader(message)
        reader.skip(STUNMessage.headerSize)
    }

    /// The next attribute; nil at the end and at the first one that reaches past it (see `isMalformed`).
    public mutating func next() -> STUNAttribute? {
        guard !reader.failed, reader.remaining > 0 else { return nil }
        let offset = reader.offset
        let type = reader.readUInt16()
        let count = Int(reader.readUInt16())
        reader.skip((count + 3) & ~3)
        return reader.failed
            ? nil : STUNAttribute(type: STUNAttributeType(rawValue: type), offset: offset, count: count)
    }

    /// Whether the walk ended at an attribute that reaches past the end.
    public var isMalformed: Bool { reader.failed }
}
