/// The CRC-32C (Castagnoli) that protects every SCTP packet (RFC 9260 appendix A).
public enum CRC32C {
    /// The checksum of `bytes`.
    public static func checksum(_ bytes: RawSpan) -> UInt32 {
        bytes.withUnsafeBytes { finish(update(.max, with: $0)) }
    }

    /// Folds `bytes` into a running remainder, which starts as `UInt32.max`.
    static func update(_ remainder: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var remainder = remainder
            var offset = 0
            // Eight bytes at a time through eight tables ("slicing by eight", Kounavis and Berry 2005).
            while bytes.count - offset >= 8 {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let high = UInt32(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                let mixed = low ^ remainder
                remainder =
                    tables[0x700 + Int(mixed & 0xff)] ^ tables[0x600 + Int(mixed >> 8 & 0xff)]
                    ^ tables[0x500 + Int(mixed >> 16 & 0xff)] ^ tables[0x400 + Int(mixed >> 24)]
                remainder ^=
                    tables[0x300 + Int(high & 0xff)] ^ tables[0x200 + Int(high >> 8 & 0xff)]
                    ^ tables[0x100 + Int(high >> 16 & 0xff)] ^ tables[Int(high >> 24)]
                offset += 8
            }
            while offset < bytes.count {
                remainder = tables[Int(UInt8(truncatingIfNeeded: remainder) ^ bytes[offset])] ^ remainder >> 8
                offset += 1
            }
            return remainder
        }
    }

    /// The checksum that belongs to a running remainder.
    static func finish(_ remainder: UInt32) -> UInt32 { ~remainder }

    /// Table `n` at `n * 256`: the remainder of a byte that is followed by `n` zero bytes.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = []
        for index in 0..<UInt32(256) {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? 0x82f6_3b78 ^ value >> 1 : value >> 1 }
            tables.append(value)
        }
        for index in 256..<2048 {
            let shorter = tables[index - 256]
            tables.append(tables[Int(shorter & 0xff)] ^ shorter >> 8)
        }
        return tables
    }()
}
