import CNIOBoringSSL
import RTC

/// Derives the session keys of one direction from its master key (RFC 3711 §4.3, key derivation rate zero).
struct KeyDerivation {
    /// What a derived key is for (RFC 3711 §4.3.2); SRTCP's three follow SRTP's.
    enum Label: UInt8 {
        case rtpEncryption = 0
        case rtpAuthentication = 1
        case rtpSalt = 2
        case rtcpEncryption = 3
        case rtcpAuthentication = 4
        case rtcpSalt = 5
    }

    /// The master key, expanded.
    private var key = AES_KEY()
    /// The master salt, padded with zeros on the right to a counter block (RFC 7714 §11 for 12-byte salts).
    private var salt: [UInt8]

    /// Prepares the derivation; nil unless the key has 16 and the salt at most 14 bytes.
    init?(masterKey: [UInt8], masterSalt: [UInt8]) {
        guard masterKey.count == 16, masterSalt.count <= 14, AES_set_encrypt_key(masterKey, 128, &key) == 0
        else {
            return nil
        }
        salt = masterSalt + [UInt8](repeating: 0, count: 16 - masterSalt.count)
    }

    /// `count` bytes of key stream for `label`: AES in counter mode over zeros, from salt XOR label · 2^48.
    func derive(_ label: Label, count: Int) -> [UInt8] {
        var key = key
        var counter = salt
        counter[7] ^= label.rawValue
        var stream = [UInt8](repeating: 0, count: count)
        var block = [UInt8](repeating: 0, count: 16)
        var position: UInt32 = 0
        stream.withUnsafeMutableBytes { bytes in
            let base = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            AES_ctr128_encrypt(base, base, count, &key, &counter, &block, &position)
        }
        return stream
    }
}
