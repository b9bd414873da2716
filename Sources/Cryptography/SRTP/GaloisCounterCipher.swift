import CNIOBoringSSL
import RTC

/// AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714), in place and without allocation.
final class GaloisCounterCipher: PacketCipher {
    /// Key and salt of RTP.
    private let rtp: SessionKey
    /// Key and salt of RTCP.
    private let rtcp: SessionKey

    /// Bytes of the tag (RFC 7714 §12).
    private static let tagByteCount = 16
    /// The E flag: the packet is encrypted (RFC 3711 §3.4).
    private static let encryptedFlag: UInt32 = 1 << 31

    /// One keyed AEAD and the salt of its nonces.
    private struct SessionKey {
        /// The expanded key.
        let aead: UnsafeMutablePointer<EVP_AEAD_CTX>
        /// The first eight bytes of the salt.
        let saltHigh: UInt64
        /// The last four bytes of the salt.
        let saltLow: UInt32

        init?(key: [UInt8], salt: [UInt8]) {
            guard let aead = EVP_AEAD_CTX_new(EVP_aead_aes_128_gcm(), key, key.count, tagByteCount) else {
                return nil
            }
            self.aead = aead
            saltHigh = salt.withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
            saltLow = salt.withUnsafeBytes {
                UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            }
        }

        /// The 12 bytes 00 00 ‖ SSRC ‖ 48-bit index, XOR salt (RFC 7714 §8.1; §9.1 for RTCP, whose index is
        /// shorter).
        func nonce(ssrc: UInt32, index: UInt64) -> (UInt64, UInt32) {
            let high = saltHigh ^ UInt64(ssrc) << 16 ^ index >> 32 & 0xffff
            return (high.bigEndian, (saltLow ^ UInt32(truncatingIfNeeded: index)).bigEndian)
        }

        /// Encrypts `text` in place and writes the tag behind it.
        func seal(
            _ text: UnsafeMutablePointer<UInt8>, count: Int, nonce: (UInt64, UInt32),
            associated: UnsafePointer<UInt8>, associatedCount: Int
        ) -> Bool {
            var tagCount = 0
            return withUnsafeBytes(of: nonce) { nonce in
                EVP_AEAD_CTX_seal_scatter(
                    aead, text, text + count, &tagCount, tagByteCount,
                    nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), 12, text, count, nil, 0,
                    associated,
                    associatedCount) == 1
            }
        }

        /// Checks the tag behind `text` and decrypts `text` in place.
        func open(
            _ text: UnsafeMutablePointer<UInt8>, count: Int, nonce: (UInt64, UInt32),
            tag: UnsafePointer<UInt8>,
            associated: UnsafePointer<UInt8>, associatedCount: Int
        ) -> Bool {
            withUnsafeBytes(of: nonce) { nonce in
                EVP_AEAD_CTX_open_gather(
                    aead, text, nonce.baseAddress?.assumingMemoryBound(to: UInt8.self), 12, text, count, tag,
                    tagByteCount, associated, associatedCount) == 1
            }
        }
    }

    /// Derives the session keys; nil if memory ran out.
    init?(_ derivation: KeyDerivation) {
        guard
            let rtp = SessionKey(
                key: derivation.derive(.rtpEncryption, count: 16),
                salt: derivation.derive(.rtpSalt, count: 12))
        else { return nil }
        guard
            let rtcp = SessionKey(
                key: derivation.derive(.rtcpEncryption, count: 16),
                salt: derivation.derive(.rtcpSalt, count: 12))
        else {
            EVP_AEAD_CTX_free(rtp.aead)
            return nil
        }
        self.rtp = rtp
        self.rtcp = rtcp
    }

    deinit {
        EVP_AEAD_CTX_free(rtp.aead)
        EVP_AEAD_CTX_free(rtcp.aead)
    }

    var rtpOverhead: Int { Self.tagByteCount }

    var rtcpOverhead: Int { Self.tagByteCount + 4 }

    var bytesAfterRTCPIndex: Int { 0 }

    func protectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        guard headerLength >= 0, headerLength <= count, count + Self.tagByteCount <= packet.count,
            let base = packet.bytesBase
        else { return 0 }
        let sealed = rtp.seal(
            base + headerLength, count: count - headerLength, nonce: rtp.nonce(ssrc: ssrc, index: index),
            associated: base, associatedCount: headerLength)
        return sealed ? count + Self.tagByteCount : 0
    }

    func unprotectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        let plainCount = count - Self.tagByteCount
        guard headerLength >= 0, headerLength <= plainCount, count <= packet.count,
            let base = packet.bytesBase
        else { return 0 }
        let opened = rtp.open(
            base + headerLength, count: plainCount - headerLength, nonce: rtp.nonce(ssrc: ssrc, index: index),
            tag: base + plainCount, associated: base, associatedCount: headerLength)
        return opened ? plainCount : 0
    }

    func protectRTCP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, ssrc: UInt32, index: UInt32
    ) -> Int {
        guard count >= 8, count + rtcpOverhead <= packet.count, let base = packet.bytesBase else { return 0 }
        let indexWord = index | Self.encryptedFlag
        let sealed = withAssociatedData(of: packet, indexWord: indexWord) { associated in
            rtcp.seal(
                base + 8, count: count - 8, nonce: rtcp.nonce(ssrc: ssrc, index: UInt64(index)),
                associated: associated, associatedCount: 12)
        }
        guard sealed else { return 0 }
        packet.storeBytes(of: indexWord.bigEndian, toByteOffset: count + Self.tagByteCount, as: UInt32.self)
        return count + rtcpOverhead
    }

    func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, count: Int) -> Int {
        guard count >= 8 + rtcpOverhead, count <= packet.count, let base = packet.bytesBase else { return 0 }
        let plainCount = count - rtcpOverhead
        let ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let indexWord = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        // Packets that are authenticated but not encrypted (RFC 7714 §9.3) are not used in WebRTC.
        guard indexWord & Self.encryptedFlag != 0 else { return 0 }
        let opened = withAssociatedData(of: packet, indexWord: indexWord) { associated in
            rtcp.open(
                base + 8, count: plainCount - 8,
                nonce: rtcp.nonce(ssrc: ssrc, index: UInt64(indexWord & ~Self.encryptedFlag)),
                tag: base + plainCount, associated: associated, associatedCount: 12)
        }
        return opened ? plainCount : 0
    }

    /// The first eight bytes of the packet and the index word (RFC 7714 §9.2), which are not adjacent.
    private func withAssociatedData(
        of packet: UnsafeMutableRawBufferPointer, indexWord: UInt32, _ body: (UnsafePointer<UInt8>) -> Bool
    ) -> Bool {
        let associated = (packet.loadUnaligned(as: UInt64.self), indexWord.bigEndian)
        return withUnsafeBytes(of: associated) { bytes in
            guard let base = bytes.baseAddress else { return false }
            return body(base.assumingMemoryBound(to: UInt8.self))
        }
    }
}
