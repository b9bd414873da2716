import Primitives

/// TURN's short form of data: four bytes in front instead of an indication (RFC 8656 section 12.4).
public struct ChannelData: Sendable, Hashable {
    /// Length of the header in bytes.
    public static let headerSize = 4
    /// The channels that a client may bind (RFC 8656 section 12).
    public static let channels: ClosedRange<UInt16> = 0x4000...0x4fff

    /// The bound channel.
    public var channel: UInt16
    /// How many bytes of data follow the header.
    public var count: Int

    /// Describes data on a channel.
    public init(channel: UInt16, count: Int) {
        self.channel = channel
        self.count = count
    }

    /// Reads the header of a message; nil when it is none, or says more than is there.
    ///
    /// Padding that a stream needs may follow the data and is no part of it. RFC 5766 had more channels, so servers
    /// of its time are understood as well.
    public init?(_ message: RawSpan) {
        var reader = ByteReader(message)
        channel = reader.readUInt16()
        count = Int(reader.readUInt16())
        guard !reader.failed, 0x4000...0x7fff ~= channel, count <= reader.remaining else { return nil }
    }

    /// Writes the header.
    public func write(into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ByteWriter(buffer)
        writer.write(channel)
        writer.write(UInt16(truncatingIfNeeded: count))
    }

    /// Bytes that pad the data to a multiple of four where it travels in a stream (RFC 8656 section 12.5).
    public static func padding(_ count: Int) -> Int { -count & 3 }
}
