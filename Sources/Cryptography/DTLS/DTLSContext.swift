import CNIOBoringSSL
public import RTC

/// What many DTLS handshakes share: one certificate, one configuration, one set of BoringSSL tables.
///
/// Sharing saves a quarter of a handshake's time and most of its memory. Peers only compare fingerprints, so that
/// clients with one certificate are still clients of their own.
public final class DTLSContext: Sendable {
    /// The configuration, `SSL_CTX *`, which BoringSSL guards itself; nothing here changes it after `init`.
    nonisolated(unsafe) let configuration: OpaquePointer
    /// `BIO_METHOD *` of the datagram queue at either end; constant after `init`.
    nonisolated(unsafe) let queueMethod: OpaquePointer
    /// The SHA-256 digest of our certificate.
    public let fingerprint: [UInt8]

    /// We offer and accept these only, the cheapest first; any browser and any SFU knows both.
    private static let profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
    /// For peers with the customary ECDSA certificate, and for the rare ones with RSA.
    private static let cipherSuites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"

    /// Makes a certificate and the configuration around it.
    public init() throws(DTLSError) {
        let certificate = try DTLSCertificate()
        guard let method = DatagramBIO.makeMethod() else { throw DTLSError(call: "BIO_meth_new") }
        guard let configuration = SSL_CTX_new(DTLS_method()) else {
            BIO_meth_free(method)
            throw DTLSError(call: "SSL_CTX_new")
        }
        if let error = Self.configure(configuration, certificate: certificate) {
            SSL_CTX_free(configuration)
            BIO_meth_free(method)
            throw error
        }
        self.configuration = configuration
        queueMethod = method
        fingerprint = certificate.fingerprint
    }

    deinit {
        SSL_CTX_free(configuration)
        BIO_meth_free(queueMethod)
    }

    /// A new handshake, idle until started; it keeps this context alive.
    public func makeHandshake() -> any SecureHandshake { DTLSHandshake(context: self) }

    private static func configure(
        _ configuration: OpaquePointer, certificate: borrowing DTLSCertificate
    ) -> DTLSError? {
        let groups: [UInt16] = [UInt16(SSL_GROUP_X25519), UInt16(SSL_GROUP_SECP256R1)]
        guard
            SSL_CTX_set_min_proto_version(configuration, UInt16(DTLS1_2_VERSION)) == 1,
            SSL_CTX_set_max_proto_version(configuration, UInt16(DTLS1_2_VERSION)) == 1,
            SSL_CTX_set_strict_cipher_list(configuration, cipherSuites) == 1,
            SSL_CTX_set1_group_ids(configuration, groups, groups.count) == 1
        else { return DTLSError(call: "SSL_CTX_set_strict_cipher_list") }
        guard
            SSL_CTX_use_certificate(configuration, certificate.certificate) == 1,
            SSL_CTX_use_PrivateKey(configuration, certificate.key) == 1
        else { return DTLSError(call: "SSL_CTX_use_certificate") }
        guard SSL_CTX_set_srtp_profiles(configuration, profiles) == 1 else {
            return DTLSError(call: "SSL_CTX_set_srtp_profiles")
        }
        SSL_CTX_set_options(configuration, UInt32(SSL_OP_NO_TICKET | SSL_OP_NO_QUERY_MTU))
        SSL_CTX_set_session_cache_mode(configuration, SSL_SESS_CACHE_OFF)
        SSL_CTX_set_custom_verify(configuration, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) {
            ssl, alert in
            guard let ssl, let handshake = DTLSHandshake.owner(of: ssl), handshake.acceptsPeerCertificate()
            else {
                alert?.pointee = UInt8(SSL_AD_BAD_CERTIFICATE)
                return ssl_verify_invalid
            }
            return ssl_verify_ok
        }
        // Its clock stands still: `DTLSHandshake` keeps the timers, in the time that it is told.
        SSL_CTX_set_current_time_cb(configuration) { _, time in time?.pointee = timeval(tv_sec: 0, tv_usec: 0)
        }
        return nil
    }
}
