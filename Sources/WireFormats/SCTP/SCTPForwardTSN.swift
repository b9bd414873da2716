import Primitives

/// A FORWARD TSN chunk, read in place (RFC 3758 section 3.2).
public struct SCTPForwardTSN: ~Escapable {
    /// The TSN up to which the receiver must consider everything received.
    public let newCumulativeTSN: UInt32
    /// How many streams skip messages.
    public let streamCount: Int
    /// The chunk's value.
    private let value: RawSpan

    /// Reads the value of a FORWARD TSN chunk.
    @_lifetime(copy value)
    public init(parsing value: RawSpan) throws(SCTPParseError) {
        var reader = ByteReader(value)
        newCumulativeTSN = reader.readUInt32()
        streamCount = reader.remaining / 4
        self.value = value
        guard !reader.failed else { throw .truncated }
    }

    /// A stream and the highest message number that is skipped in it.
    public func skipped(_ index: Int) -> (stream: UInt16, streamSequence: UInt16) {
        var reader = ByteReader(value)
        reader.skip(4 + 4 * index)
        return (reader.readUInt16(), reader.readUInt16())
    }
}
