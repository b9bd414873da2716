/// Keyed hashing (RFC 2104) over SHA-1 and SHA-256.
public enum HMAC {
    /// HMAC-SHA1, 20 bytes: STUN message integrity (RFC 8489 section 14.5).
    public static func sha1(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        authenticate(message, key: key, digest: SHA1.digest)
    }

    /// HMAC-SHA256, 32 bytes: JWT HS256 (RFC 7518 section 3.2).
    public static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        authenticate(message, key: key, digest: SHA256.digest)
    }

    private static func authenticate(
        _ message: [UInt8], key: [UInt8], digest: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        var block = key.count > 64 ? digest(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = digest(block.map { $0 ^ 0x36 } + message)
        return digest(block.map { $0 ^ 0x5c } + inner)
    }
}
