/// A stand-in for AES-GCM in virtual time: packets grow as they would, and a modified packet is rejected.
///
/// The payload stays readable; the tag is a keyed checksum that costs a few nanoseconds. It finds corruption, wrong
/// keys and wrong packet indices, but no adversary.
public final class SimulatedCipher: PacketCipher {
    /// The two words of the shared secret.
    private let key: (UInt64, UInt64)

    /// Bytes of the tag, as in RFC 7714.
    static let tagByteCount = 16

    /// A cipher for one direction, named by the two words of its key.
    public init(key: (UInt64, UInt64)) { self.key = key }

    /// The size of an AEAD_AES_128_GCM tag (RFC 7714 §12).
    public var rtpOverhead: Int { Self.tagByteCount }

    /// The tag and the SRTCP index word.
    public var rtcpOverhead: Int { Self.tagByteCount + 4 }

    /// As for every AEAD profile, the index word comes last.
    public var bytesAfterRTCPIndex: Int { 0 }

    /// Appends the tag.
    public func protectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        guard headerLength <= count else { return 0 }
        return seal(packet, count: count, nonce: Self.nonce(ssrc: ssrc, index: index))
    }

    /// Checks and removes the tag.
    public func unprotectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int {
        guard count <= packet.count, headerLength + Self.tagByteCount <= count else { return 0 }
        let payload = UnsafeRawBufferPointer(rebasing: packet[..<count])
        return open(payload, nonce: Self.nonce(ssrc: ssrc, index: index))
    }

    /// Appends the tag and the index word.
    public func protectRTCP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, ssrc: UInt32, index: UInt32
    ) -> Int {
        guard count >= 8, count + rtcpOverhead <= packet.count else { return 0 }
        let sealed = seal(packet, count: count, nonce: Self.nonce(ssrc: ssrc, index: UInt64(index) | 1 << 63))
        packet.storeBytes(of: (index | 1 << 31).bigEndian, toByteOffset: sealed, as: UInt32.self)
        return sealed + 4
    }

    /// Checks and removes the tag and the index word.
    public func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, count: Int) -> Int {
        guard count >= 8 + rtcpOverhead, count <= packet.count else { return 0 }
        let ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let word = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        guard word >> 31 == 1 else { return 0 }
        let payload = UnsafeRawBufferPointer(rebasing: packet[..<(count - 4)])
        return open(payload, nonce: Self.nonce(ssrc: ssrc, index: UInt64(word & 0x7fff_ffff) | 1 << 63))
    }

    /// Appends the tag to `packet[0..<count]`; returns the new count, zero if there is no room.
    func seal(_ packet: UnsafeMutableRawBufferPointer, count: Int, nonce: UInt64) -> Int {
        guard count + Self.tagByteCount <= packet.count else { return 0 }
        let tag = checksum(UnsafeRawBufferPointer(rebasing: packet[..<count]), nonce: nonce)
        packet.storeBytes(of: tag, toByteOffset: count, as: UInt64.self)
        packet.storeBytes(of: ~tag, toByteOffset: count + 8, as: UInt64.self)
        return count + Self.tagByteCount
    }

    /// Compares the tag that ends `packet`; returns the count without it, zero if it differs.
    func open(_ packet: UnsafeRawBufferPointer, nonce: UInt64) -> Int {
        let count = packet.count - Self.tagByteCount
        guard count > 0 else { return 0 }
        let tag = checksum(UnsafeRawBufferPointer(rebasing: packet[..<count]), nonce: nonce)
        let matches =
            packet.loadUnaligned(fromByteOffset: count, as: UInt64.self) == tag
            && packet.loadUnaligned(fromByteOffset: count + 8, as: UInt64.self) == ~tag
        return matches ? count : 0
    }

    /// Four independent multiply-xor lanes of eight bytes each, so that the multiplications overlap.
    private func checksum(_ bytes: UnsafeRawBufferPointer, nonce: UInt64) -> UInt64 {
        var lane0 = key.0 ^ nonce
        var lane1 = key.1 &+ nonce
        var lane2 = key.0 &+ UInt64(truncatingIfNeeded: bytes.count)
        var lane3 = key.1 ^ 0x243f_6a88_85a3_08d3  // fraction of pi: any odd-looking constant does
        var offset = 0
        while offset + 32 <= bytes.count {
            lane0 = Self.mix(lane0, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            lane1 = Self.mix(lane1, bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            lane2 = Self.mix(lane2, bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
            lane3 = Self.mix(lane3, bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
            offset += 32
        }
        while offset < bytes.count {
            lane0 = Self.mix(lane0, UInt64(bytes[offset]) &+ 1)
            offset += 1
        }
        return Self.mix(Self.mix(lane0, lane1), Self.mix(lane2, lane3))
    }

    /// One step: every input bit reaches the high half, and the rotation brings it back down.
    private static func mix(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let product = (lane ^ word) &* 0x9e37_79b9_7f4a_7c15
        return product ^ product >> 29
    }

    private static func nonce(ssrc: UInt32, index: UInt64) -> UInt64 {
        (UInt64(ssrc) &* 0xff51_afd7_ed55_8ccd) ^ index
    }
}
