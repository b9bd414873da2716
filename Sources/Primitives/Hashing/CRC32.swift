/// The CRC-32 of ITU-T V.42, as STUN's FINGERPRINT uses it (RFC 8489 section 14.7).
public enum CRC32 {
    /// The checksum of `bytes`.
    public static func checksum(_ bytes: RawSpan) -> UInt32 {
        bytes.withUnsafeBytes { bytes in
            var remainder: UInt32 = .max
            for byte in bytes {
                remainder = table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)] ^ remainder >> 8
            }
            return ~remainder
        }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
}
