import CNIOBoringSSL
import RTC

/// AES_CM_128_HMAC_SHA1_80 for SRTP and SRTCP (RFC 3711 §4), in place and without allocation.
final class CounterModeCipher: PacketCipher {
    /// Keys of RTP, followed by those of RTCP.
    private let keys: UnsafeMutablePointer<SessionKeys>

    /// Bytes of the tag: 80 bits of HMAC-SHA1 (RFC 3711 §4.2.1).
    private static let tagByteCount = 10
    /// The E flag: the packet is encrypted (RFC 3711 §3.4).
    private static let encryptedFlag: UInt32 = 1 << 31

    /// Derives the session keys.
    init(_ derivation: KeyDerivation) {
        keys = .allocate(capacity: 2)
        keys.initialize(
            to: SessionKeys(
                key: derivation.derive(.rtpEncryption, count: 16),
                salt: derivation.derive(.rtpSalt, count: 14),
                authentication: derivation.derive(.rtpAuthentication, count: 20)))
        (keys + 1).initialize(
            to: SessionKeys(
                key: derivation.derive(.rtcpEncryption, count: 16),
                salt: derivation.derive(.rtcpSalt, count: 14),
                authentication: derivation.derive(.rtcpAuthentication, count: 20)))
    }

    deinit {
        keys.deinitialize(count: 2)
        keys.deallocate()
    }

    private var rtp: UnsafeMutablePointer<SessionKeys> { keys }

    private var rtcp: UnsafeMutablePointer<SessionKeys> { keys + 1 }

    var rtpOverhead: Int { Self.tagByteCount }

    var rtcpOverhead: Int { Self.tagByteCount + 4 }

    var bytesAfterRTCPIndex: Int { Self.tagByteCount }

    func protectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        guard headerLength >= 0, headerLength <= count, count + Self.tagByteCount <= packet.count,
            let base = packet.bytesBase
        else { return 0 }
        SessionKeys.crypt(rtp, base + headerLength, count: count - headerLength, ssrc: ssrc, index: index)
        var tag = SessionKeys.authenticate(
            rtp, base, count: count, suffix: UInt32(truncatingIfNeeded: index >> 16))
        UnsafeMutableRawPointer(base + count).copyMemory(from: &tag, byteCount: Self.tagByteCount)
        return count + Self.tagByteCount
    }

    func unprotectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        let plainCount = count - Self.tagByteCount
        guard headerLength >= 0, headerLength <= plainCount, count <= packet.count,
            let base = packet.bytesBase
        else { return 0 }
        var tag = SessionKeys.authenticate(
            rtp, base, count: plainCount, suffix: UInt32(truncatingIfNeeded: index >> 16))
        guard CRYPTO_memcmp(&tag, base + plainCount, Self.tagByteCount) == 0 else { return 0 }
        SessionKeys.crypt(
            rtp, base + headerLength, count: plainCount - headerLength, ssrc: ssrc, index: index)
        return plainCount
    }

    func protectRTCP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, ssrc: UInt32, index: UInt32
    ) -> Int {
        guard count >= 8, count + rtcpOverhead <= packet.count, let base = packet.bytesBase else { return 0 }
        let indexWord = index | Self.encryptedFlag
        SessionKeys.crypt(rtcp, base + 8, count: count - 8, ssrc: ssrc, index: UInt64(index))
        var tag = SessionKeys.authenticate(rtcp, base, count: count, suffix: indexWord)
        packet.storeBytes(of: indexWord.bigEndian, toByteOffset: count, as: UInt32.self)
        UnsafeMutableRawPointer(base + count + 4).copyMemory(from: &tag, byteCount: Self.tagByteCount)
        return count + rtcpOverhead
    }

    func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, count: Int) -> Int {
        guard count >= 8 + rtcpOverhead, count <= packet.count, let base = packet.bytesBase else { return 0 }
        let plainCount = count - rtcpOverhead
        let ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let indexWord = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: plainCount, as: UInt32.self))
        var tag = SessionKeys.authenticate(rtcp, base, count: plainCount, suffix: indexWord)
        guard CRYPTO_memcmp(&tag, base + plainCount + 4, Self.tagByteCount) == 0 else { return 0 }
        if indexWord & Self.encryptedFlag != 0 {
            let index = UInt64(indexWord & ~Self.encryptedFlag)
            SessionKeys.crypt(rtcp, base + 8, count: plainCount - 8, ssrc: ssrc, index: index)
        }
        return plainCount
    }
}

/// The keys of SRTP or of SRTCP, expanded once so that a packet costs no set-up.
private struct SessionKeys {
    /// The 20 bytes of a SHA-1 digest.
    typealias Digest = (UInt64, UInt64, UInt32)

    /// The encryption key.
    var cipher = AES_KEY()
    /// The salt, padded with two zeros: high and low half.
    var salt: (UInt64, UInt64)
    /// SHA-1 after the inner padded key of HMAC (RFC 2104).
    var inner = SHA_CTX()
    /// SHA-1 after the outer padded key of HMAC.
    var outer = SHA_CTX()

    init(key: [UInt8], salt: [UInt8], authentication: [UInt8]) {
        let padded = salt + [0, 0]
        self.salt = padded.withUnsafeBytes {
            (
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        let done = AES_set_encrypt_key(key, UInt32(key.count * 8), &cipher)
        precondition(done == 0, "an AES key has 16 bytes")
        let block = authentication + [UInt8](repeating: 0, count: Int(SHA_CBLOCK) - authentication.count)
        SHA1_Init(&inner)
        SHA1_Update(&inner, block.map { $0 ^ 0x36 }, block.count)
        SHA1_Init(&outer)
        SHA1_Update(&outer, block.map { $0 ^ 0x5c }, block.count)
    }

    /// Encrypts or decrypts in place, from the counter block salt XOR SSRC · 2^64 XOR index · 2^16
    /// (RFC 3711 §4.1.1).
    static func crypt(
        _ keys: UnsafeMutablePointer<SessionKeys>, _ text: UnsafeMutablePointer<UInt8>, count: Int,
        ssrc: UInt32,
        index: UInt64
    ) {
        var counter = (
            (keys.pointee.salt.0 ^ UInt64(ssrc)).bigEndian, (keys.pointee.salt.1 ^ index << 16).bigEndian
        )
        var stream: (UInt64, UInt64) = (0, 0)
        var position: UInt32 = 0
        withUnsafeMutableBytes(of: &counter) { counter in
            withUnsafeMutableBytes(of: &stream) { stream in
                AES_ctr128_encrypt(
                    text, text, count, &keys.pointee.cipher,
                    counter.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    stream.baseAddress?.assumingMemoryBound(to: UInt8.self), &position)
            }
        }
    }

    /// HMAC-SHA1 of the bytes and of `suffix`: the rollover counter or the SRTCP index word (RFC 3711 §4.2).
    static func authenticate(
        _ keys: UnsafeMutablePointer<SessionKeys>, _ bytes: UnsafePointer<UInt8>, count: Int, suffix: UInt32
    ) -> Digest {
        var digest: Digest = (0, 0, 0)
        var suffix = suffix.bigEndian
        var state = keys.pointee.inner
        SHA1_Update(&state, bytes, count)
        SHA1_Update(&state, &suffix, 4)
        withUnsafeMutableBytes(of: &digest) { digest in
            let base = digest.baseAddress?.assumingMemoryBound(to: UInt8.self)
            SHA1_Final(base, &state)
            state = keys.pointee.outer
            SHA1_Update(&state, base, Int(SHA_DIGEST_LENGTH))
            SHA1_Final(base, &state)
        }
        return digest
    }
}
