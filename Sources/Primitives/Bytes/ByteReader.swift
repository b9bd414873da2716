/// Reads big-endian fields from a borrowed span of bytes, and never past its end.
///
/// A read beyond the end returns zero and sets `failed`; parsers read a whole structure and test `failed` once.
/// Hostile input can therefore never trap or reach foreign memory.
public struct ByteReader: ~Escapable {
    /// The bytes that are read.
    public let bytes: RawSpan
    /// Offset of the next byte to read.
    public var offset: Int
    /// Whether a read or skip went past the end.
    public var failed = false

    /// Starts reading at the first byte of `bytes`.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.offset = 0
    }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { bytes.byteCount - offset }

    /// Reads one byte.
    @inlinable
    public mutating func readUInt8() -> UInt8 { read(UInt8.self) }

    /// Reads two bytes.
    @inlinable
    public mutating func readUInt16() -> UInt16 { UInt16(bigEndian: read(UInt16.self)) }

    /// Reads three bytes into the low bits of the result.
    @inlinable
    public mutating func readUInt24() -> UInt32 {
        let high = UInt32(readUInt8())
        return high << 16 | UInt32(readUInt16())
    }

    /// Reads four bytes.
    @inlinable
    public mutating func readUInt32() -> UInt32 { UInt32(bigEndian: read(UInt32.self)) }

    /// Reads eight bytes.
    @inlinable
    public mutating func readUInt64() -> UInt64 { UInt64(bigEndian: read(UInt64.self)) }

    /// Moves on by `count` bytes.
    @inlinable
    public mutating func skip(_ count: Int) {
        guard count >= 0, remaining >= count else { return fail() }
        advance(count)
    }

    /// Reads `count` bytes into a new array; for control messages, never for packets.
    public mutating func readArray(_ count: Int) -> [UInt8] {
        guard count >= 0, remaining >= count else {
            fail()
            return []
        }
        let slice = bytes.extracting(offset..<offset + count)
        advance(count)
        return slice.withUnsafeBytes { Array($0) }
    }

    @inlinable
    mutating func fail() {
        failed = true
        offset = bytes.byteCount
    }

    @inlinable
    mutating func advance(_ count: Int) { offset += count }

    @inlinable
    mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else {
            fail()
            return 0
        }
        let value = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
        advance(size)
        return value
    }
}
