/// Writes big-endian fields into a caller's buffer, and never past its end.
///
/// A write beyond the end changes nothing and sets `overflowed`; composers test it once, at the end.
public struct ByteWriter {
    /// The memory that is written.
    public let buffer: UnsafeMutableRawBufferPointer
    /// How many bytes have been written; also the offset of the next one.
    public var count = 0
    /// Whether a write did not fit.
    public private(set) var overflowed = false

    /// Starts writing at the first byte of `buffer`.
    @inlinable
    public init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// How many bytes still fit.
    @inlinable
    public var remaining: Int { buffer.count - count }

    /// Writes one byte.
    @inlinable
    public mutating func write(_ value: UInt8) { store(value) }

    /// Writes two bytes.
    @inlinable
    public mutating func write(_ value: UInt16) { store(value.bigEndian) }

    /// Writes the low three bytes of `value`.
    @inlinable
    public mutating func writeUInt24(_ value: UInt32) {
        store(UInt8(truncatingIfNeeded: value >> 16))
        store(UInt16(truncatingIfNeeded: value).bigEndian)
    }

    /// Writes four bytes.
    @inlinable
    public mutating func write(_ value: UInt32) { store(value.bigEndian) }

    /// Writes eight bytes.
    @inlinable
    public mutating func write(_ value: UInt64) { store(value.bigEndian) }

    /// Copies `bytes`.
    @inlinable
    public mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard remaining >= bytes.count else { return overflow() }
        if let source = bytes.baseAddress, let target = buffer.baseAddress {
            (target + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count += bytes.count
    }

    /// Copies `bytes`.
    @inlinable
    public mutating func write(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { write($0) }
    }

    /// Copies `bytes`.
    @inlinable
    public mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    /// Writes `count` zero bytes.
    @inlinable
    public mutating func writeZeros(_ count: Int) {
        for _ in 0..<count { store(UInt8(0)) }
    }

    /// Overwrites two bytes that were written before, such as a length field.
    @inlinable
    public mutating func patch(_ value: UInt16, at offset: Int) {
        guard offset >= 0, offset + 2 <= count else { return overflow() }
        buffer.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    @usableFromInline
    mutating func overflow() { overflowed = true }

    @inlinable
    mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { return overflow() }
        buffer.storeBytes(of: value, toByteOffset: count, as: Value.self)
        count += size
    }
}
