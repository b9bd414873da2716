public import Primitives

/// Which end of the DTLS handshake this peer plays (RFC 8842 §5.3: `setup:active` is the client).
public enum DTLSRole: Sendable {
    /// Sends the first ClientHello.
    case client
    /// Waits for a ClientHello.
    case server
}

/// SRTP protection profiles as registered for `use_srtp` (RFC 5764 §4.1.2, RFC 7714 §14.2).
public enum SRTPProfile: UInt16, Sendable {
    /// AES-128 in counter mode with an 80-bit HMAC-SHA1 tag: the one every WebRTC peer must know.
    case aes128CMHMACSHA1_80 = 0x0001
    /// AES-128 in Galois/counter mode with a 128-bit tag: the one we prefer, eight times cheaper.
    case aeadAES128GCM = 0x0007

    /// Bytes of one master key.
    public var keyByteCount: Int { 16 }

    /// Bytes of one master salt.
    public var saltByteCount: Int { self == .aeadAES128GCM ? 12 : 14 }
}

/// How far a handshake has come.
public enum HandshakeState: Sendable, Equatable {
    /// `start` has not been called.
    case idle
    /// Messages are being exchanged.
    case handshaking
    /// Keys are agreed and the peer's certificate is the announced one.
    case connected
    /// It ended without keys, or the connection broke; the text says why.
    case failed(String)
    /// Either side closed it in good order.
    case closed
}

/// DTLS 1.2 with `use_srtp` as a machine: datagrams in, datagrams out, one deadline.
///
/// `Cryptography` implements it with BoringSSL for the real network; `SimulatedHandshake` implements it without
/// cryptography for virtual time. After every call, take what `pollTransmit` and `pollApplicationData` hand out
/// until both return zero.
public protocol SecureHandshake: AnyObject {
    /// The SHA-256 digest of our certificate, 32 bytes, for the SDP `a=fingerprint` line (RFC 8122).
    var localFingerprint: [UInt8] { get }

    /// How far the handshake has come.
    var state: HandshakeState { get }

    /// The negotiated SRTP profile, once connected.
    var profile: SRTPProfile? { get }

    /// When `tick` must be called next, if ever.
    var deadline: Instant? { get }

    /// Begins the handshake; it fails if the peer's certificate does not have the SHA-256 `remoteFingerprint`.
    ///
    /// A ClientHello that arrived earlier is answered now. A second call changes nothing.
    func start(role: DTLSRole, remoteFingerprint: [UInt8], now: Instant)

    /// Takes one datagram whose first byte is 20...63 (RFC 7983 §7).
    func receive(_ datagram: UnsafeRawBufferPointer, now: Instant)

    /// Retransmits or gives up, if the deadline has come.
    func tick(now: Instant)

    /// Writes the next datagram to send and returns its size; zero if there is none.
    ///
    /// A datagram that does not fit is lost, as the network might have lost it; 1200 bytes always suffice.
    func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Queues application data, one SCTP packet, as one datagram; it is dropped unless connected.
    func send(_ applicationData: UnsafeRawBufferPointer)

    /// Writes the next piece of received application data and returns its size; zero if there is none.
    func pollApplicationData(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Ciphers for both directions of media, keyed by this handshake (RFC 5764 §4.2); nil unless connected.
    func makeCiphers() -> CipherPair?

    /// Ends the connection in good order: the peer is told by a close_notify alert.
    func close()
}
