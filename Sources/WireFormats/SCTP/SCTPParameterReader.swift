import Primitives

/// Where one parameter lies in a chunk's value (RFC 9260 section 3.2.1).
public struct SCTPParameter: Hashable, Sendable {
    /// The parameter's kind.
    public var type: UInt16
    /// Where the parameter's value lies, padding left out.
    public var value: Range<Int>
}

/// Walks through the parameters, or the error causes, of a chunk.
public struct SCTPParameterReader: ~Escapable {
    /// The bytes that hold the parameters.
    public let bytes: RawSpan
    /// Offset of the next parameter.
    private var offset: Int

    /// Starts at `offset` in `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next parameter, or nil at the end.
    public mutating func next() throws(SCTPParseError) -> SCTPParameter? {
        guard offset < bytes.byteCount else { return nil }
        guard bytes.byteCount - offset >= 4 else { throw .truncated }
        var reader = ByteReader(bytes)
        reader.offset = offset
        let type = reader.readUInt16()
        let length = Int(reader.readUInt16())
        guard length >= 4, length <= bytes.byteCount - offset else { throw .badLength }
        let value = offset + 4..<offset + length
        offset += (length + 3) & ~3
        return SCTPParameter(type: type, value: value)
    }

    /// The bytes of a parameter's value.
    @_lifetime(copy self)
    public func value(of parameter: SCTPParameter) -> RawSpan { bytes.extracting(parameter.value) }
}
