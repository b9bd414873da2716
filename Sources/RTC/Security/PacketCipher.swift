/// Protects or unprotects the packets of one direction under one master key (RFC 3711, RFC 7714).
///
/// A cipher keeps no state between packets but its keys: the packet index comes from `SRTPSession`. All work is
/// done in place and allocates nothing.
public protocol PacketCipher: AnyObject {
    /// How many bytes an RTP packet grows.
    var rtpOverhead: Int { get }

    /// How many bytes an RTCP packet grows: the index word and the tag.
    var rtcpOverhead: Int { get }

    /// How many bytes of a protected RTCP packet follow its index word: zero for AEAD profiles (RFC 7714 §17),
    /// the tag for others (RFC 3711 §3.4).
    var bytesAfterRTCPIndex: Int { get }

    /// Protects `packet[0..<count]`, whose header, CSRCs and extension take `headerLength` bytes.
    ///
    /// `packet` has room for `rtpOverhead` more bytes. `index` is 2^16 · rollover counter + sequence number.
    /// Returns the new count, or zero if it cannot be done.
    func protectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int

    /// Authenticates and decrypts `packet[0..<count]`; returns the new count, or zero if it is not authentic.
    func unprotectRTP(
        _ packet: UnsafeMutableRawBufferPointer, count: Int, headerLength: Int, ssrc: UInt32, index: UInt64
    ) -> Int

    /// Protects the compound RTCP packet `packet[0..<count]` under the 31-bit `index`; returns the new count, or
    /// zero if it cannot be done.
    func protectRTCP(_ packet: UnsafeMutableRawBufferPointer, count: Int, ssrc: UInt32, index: UInt32) -> Int

    /// Authenticates and decrypts `packet[0..<count]`, whose index stands in the packet; returns the new count, or
    /// zero if it is not authentic.
    func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, count: Int) -> Int
}

/// The ciphers of one connection.
public struct CipherPair {
    /// Unprotects what the peer sends.
    public let inbound: any PacketCipher
    /// Protects what we send.
    public let outbound: any PacketCipher

    /// Pairs two ciphers.
    public init(inbound: any PacketCipher, outbound: any PacketCipher) {
        self.inbound = inbound
        self.outbound = outbound
    }
}
