/// Reads bit fields, most significant bit first, and never past the end.
struct BitReader: ~Escapable {
    private let bytes: RawSpan
    /// Bits that have been read.
    private(set) var position = 0
    /// Whether a read went past the end.
    private(set) var failed = false

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) { self.bytes = bytes }

    /// Reads `count` bits, at most 32.
    mutating func read(_ count: Int) -> UInt32 {
        guard count <= bytes.byteCount * 8 - position else {
            fail()
            return 0
        }
        var value: UInt64 = 0
        var missing = count
        while missing > 0 {
            let byte = UInt64(bytes.unsafeLoadUnaligned(fromByteOffset: position / 8, as: UInt8.self))
            let left = 8 - position % 8
            let taken = min(left, missing)
            value = value << UInt64(taken) | byte >> UInt64(left - taken) & (1 << UInt64(taken) - 1)
            position += taken
            missing -= taken
        }
        return UInt32(truncatingIfNeeded: value)
    }

    /// Reads one bit.
    mutating func readFlag() -> Bool { read(1) == 1 }

    /// Moves on by `count` bits.
    mutating func skip(_ count: Int) {
        guard count <= bytes.byteCount * 8 - position else { return fail() }
        position += count
    }

    /// Reads a number below `limit` in the `ns(n)` coding of the AV1 bitstream specification, section 4.10.7.
    mutating func readNonSymmetric(_ limit: UInt32) -> UInt32 {
        let width = UInt32.bitWidth - limit.leadingZeroBitCount
        guard width > 0 else { return 0 }
        let short = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(width)) &- limit
        let value = read(width - 1)
        guard value >= short else { return value }
        return value << 1 &- short &+ read(1)
    }

    private mutating func fail() {
        failed = true
        position = bytes.byteCount * 8
    }
}

/// Writes bit fields, most significant bit first, and never past the end of the caller's buffer.
struct BitWriter {
    private let buffer: UnsafeMutableRawBufferPointer
    /// Bits that have been written.
    private(set) var position = 0
    /// Whether a write did not fit.
    private(set) var overflowed = false

    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// Bytes that have been begun; the rest of the last one is zero.
    var byteCount: Int { (position + 7) / 8 }

    /// Writes the low `count` bits of `value`, at most 32.
    mutating func write(_ value: UInt32, _ count: Int) {
        guard count <= buffer.count * 8 - position else {
            overflowed = true
            return
        }
        var missing = count
        while missing > 0 {
            if position % 8 == 0 { buffer[position / 8] = 0 }
            let left = 8 - position % 8
            let taken = min(left, missing)
            let bits = UInt8(truncatingIfNeeded: value >> UInt32(missing - taken)) & UInt8(1 << taken - 1)
            buffer[position / 8] |= bits << UInt8(left - taken)
            position += taken
            missing -= taken
        }
    }

    /// Writes one bit.
    mutating func write(_ flag: Bool) { write(flag ? 1 : 0, 1) }

    /// Writes a number below `limit` in the `ns(n)` coding of the AV1 bitstream specification, section 4.10.7.
    mutating func writeNonSymmetric(_ value: UInt32, limit: UInt32) {
        let width = UInt32.bitWidth - limit.leadingZeroBitCount
        guard width > 0 else { return }
        let short = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(width)) &- limit
        if value < short { return write(value, width - 1) }
        let shifted = value &+ short
        write(shifted >> 1, width - 1)
        write(shifted & 1, 1)
    }
}
