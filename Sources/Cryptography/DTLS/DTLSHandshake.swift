import CNIOBoringSSL
import Primitives
import RTC

/// One DTLS 1.2 association over BoringSSL (RFC 6347, RFC 5764), driven from outside.
///
/// Time is what the caller says: BoringSSL's own clock stands still and its timeouts are zero, so that its
/// retransmission is due exactly when `HandshakeTimer` asks for it.
final class DTLSHandshake: SecureHandshake {
    /// How far the handshake has come.
    private(set) var state = HandshakeState.idle
    /// The negotiated profile.
    private(set) var profile: SRTPProfile?

    /// The shared configuration; it must outlive `ssl`.
    private let context: DTLSContext
    /// `SSL *`; nil before the start and after the end.
    private var ssl: OpaquePointer?
    /// Whether we began as the client.
    private var role = DTLSRole.client
    /// The digest that the peer's certificate must have.
    private var remoteFingerprint: [UInt8] = []
    /// When to repeat a flight.
    private var timer = HandshakeTimer()
    /// A datagram that came before `start`, normally the peer's ClientHello.
    private var earlyDatagram: [UInt8] = []
    /// The datagram that BoringSSL may read, valid during `receive` alone.
    private var inbound = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What BoringSSL wrote.
    private var transmitQueue = DatagramQueue()
    /// How many datagrams BoringSSL wrote.
    private var writtenCount = 0
    /// What the peer's application sent.
    private var applicationQueue = DatagramQueue()
    /// Whether the peer's certificate was refused by us.
    private var hasRefusedCertificate = false

    /// The largest datagram: what fits every path WebRTC meets, tunnels included.
    private static let maximumTransmissionUnit: UInt32 = 1200

    init(context: DTLSContext) { self.context = context }

    deinit { SSL_free(ssl) }

    var localFingerprint: [UInt8] { context.fingerprint }

    var deadline: Instant? { timer.deadline }

    func start(role: DTLSRole, remoteFingerprint: [UInt8], now: Instant) {
        guard state == .idle else { return }
        self.role = role
        self.remoteFingerprint = remoteFingerprint
        state = .handshaking
        guard let ssl = SSL_new(context.configuration) else { return fail(DTLSError.takeReason()) }
        self.ssl = ssl
        guard let bio = DatagramBIO.make(for: self, method: context.queueMethod) else {
            return fail(DTLSError.takeReason())
        }
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        SSL_set_mtu(ssl, Self.maximumTransmissionUnit)
        DTLSv1_set_initial_timeout_duration(ssl, 0)
        SSL_set_shed_handshake_config(ssl, 1)
        timer.start(now: now)
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
        let early = earlyDatagram
        earlyDatagram = []
        early.withUnsafeBytes { inbound in
            self.inbound = inbound
            advance(ssl, now: now)
        }
    }

    func receive(_ datagram: UnsafeRawBufferPointer, now: Instant) {
        guard let ssl else {
            if state == .idle, datagram.count <= Outbox.maximumDatagramSize {
                earlyDatagram = Array(datagram)
            }
            return
        }
        inbound = datagram
        advance(ssl, now: now)
        inbound = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    func tick(now: Instant) {
        guard let ssl else { return }
        switch timer.expire(now: now) {
        case .none: break
        case .retransmit:
            ERR_clear_error()
            if DTLSv1_handle_timeout(ssl) < 0 { fail(DTLSError.takeReason()) }
        case .giveUp: fail("the handshake timed out")
        }
    }

    func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int { transmitQueue.take(into: buffer) }

    func pollApplicationData(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        applicationQueue.take(into: buffer)
    }

    func send(_ applicationData: UnsafeRawBufferPointer) {
        guard state == .connected, let ssl, !applicationData.isEmpty else { return }
        ERR_clear_error()
        let result = SSL_write(ssl, applicationData.baseAddress, CInt(applicationData.count))
        if result <= 0 { fail(DTLSError.takeReason()) }
    }

    func makeCiphers() -> CipherPair? {
        guard state == .connected, let ssl, let profile else { return nil }
        let label = "EXTRACTOR-dtls_srtp"  // RFC 5764 §4.2
        var material = [UInt8](repeating: 0, count: 2 * (profile.keyByteCount + profile.saltByteCount))
        let done = SSL_export_keying_material(
            ssl, &material, material.count, label, label.utf8.count, nil, 0, 0)
        return done == 1 ? CipherPair(profile: profile, keyingMaterial: material, role: role) : nil
    }

    func close() {
        switch state {
        case .failed, .closed: return
        case .idle, .handshaking, .connected:
            if state == .connected { SSL_shutdown(ssl) }
            end(.closed)
        }
    }

    // MARK: BoringSSL's callbacks

    /// The handshake that `ssl` belongs to.
    static func owner(of ssl: OpaquePointer) -> DTLSHandshake? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<DTLSHandshake>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Compares the peer's certificate with the announced fingerprint.
    func acceptsPeerCertificate() -> Bool {
        guard let ssl, let certificate = SSL_get_peer_certificate(ssl) else { return false }
        defer { X509_free(certificate) }
        hasRefusedCertificate = DTLSCertificate.fingerprint(of: certificate) != remoteFingerprint
        return !hasRefusedCertificate
    }

    /// Moves the datagram at hand into `buffer`; zero if there is none left.
    func takeInbound(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(inbound.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: inbound[..<count]))
        inbound = UnsafeRawBufferPointer(start: nil, count: 0)
        return count
    }

    /// Queues a datagram to send.
    func queueOutbound(_ datagram: UnsafeRawBufferPointer) {
        transmitQueue.append(datagram)
        writtenCount += 1
    }

    // MARK: Progress

    private func advance(_ ssl: OpaquePointer, now: Instant) {
        let roomForPlaintext = inbound.count
        if state == .handshaking { handshake(ssl, now: now) }
        if state == .connected { readApplicationData(ssl, atMost: roomForPlaintext) }
    }

    private func handshake(_ ssl: OpaquePointer, now: Instant) {
        let writtenBefore = writtenCount
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        guard result != 1 else { return connected(ssl) }
        guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else {
            let reason = DTLSError.takeReason()
            return fail(
                hasRefusedCertificate ? "the peer's certificate does not match its fingerprint" : reason)
        }
        var remaining = timeval()
        if DTLSv1_get_timeout(ssl, &remaining) == 0 {
            timer.flightAnswered()
        } else if writtenCount != writtenBefore {
            timer.flightSent(now: now)
        }
    }

    private func connected(_ ssl: OpaquePointer) {
        guard let selected = SSL_get_selected_srtp_profile(ssl),
            let profile = SRTPProfile(rawValue: UInt16(truncatingIfNeeded: selected.pointee.id))
        else { return fail("the peer does not support our SRTP profiles") }
        self.profile = profile
        remoteFingerprint = []
        timer.stop()
        state = .connected
    }

    private func readApplicationData(_ ssl: OpaquePointer, atMost count: Int) {
        var result: CInt = 1
        while result > 0, count > 0 {
            ERR_clear_error()
            applicationQueue.append(atMost: count) { buffer in
                result = SSL_read(ssl, buffer.baseAddress, CInt(buffer.count))
                return max(Int(result), 0)
            }
        }
        guard result <= 0 else { return }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: break
        case SSL_ERROR_ZERO_RETURN: end(.closed)
        default: fail(DTLSError.takeReason())
        }
    }

    private func fail(_ reason: String) { end(.failed(reason)) }

    private func end(_ state: HandshakeState) {
        self.state = state
        timer.stop()
        SSL_free(ssl)
        ssl = nil
    }
}
