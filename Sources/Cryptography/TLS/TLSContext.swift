import CNIOBoringSSL
public import Primitives

/// What many TLS connections of the data plane share: for clients the authorities they trust, for servers their certificate.
///
/// Signalling has TLS of its own on its network loop; this one is for TURN, whose messages live on reactor threads.
public final class TLSContext: Sendable {
    /// Whom a client believes.
    public enum Trust: Sendable, Hashable {
        /// Certificates that the system's authorities have signed.
        case system
        /// Certificates that the authorities of this PEM file have signed.
        case authorities(pemFile: String)
    }

    /// The configuration, `SSL_CTX *`, which BoringSSL guards itself; nothing here changes it after `init`.
    nonisolated(unsafe) let configuration: OpaquePointer

    /// Where systems keep the certificates of their authorities.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// Makes what clients share.
    public init(trusting trust: Trust = .system) throws(DTLSError) {
        guard let configuration = SSL_CTX_new(TLS_method()) else { throw DTLSError(call: "SSL_CTX_new") }
        self.configuration = configuration
        SSL_CTX_set_min_proto_version(configuration, UInt16(TLS1_2_VERSION))
        switch trust {
        case .system:
            // Without any authority every certificate is refused, which is told when it happens.
            for file in Self.systemFiles
            where SSL_CTX_load_verify_locations(configuration, file, nil) == 1 { break }
            ERR_clear_error()
        case .authorities(let file):
            guard SSL_CTX_load_verify_locations(configuration, file, nil) == 1 else {
                throw DTLSError(call: "SSL_CTX_load_verify_locations \(file)")
            }
        }
    }

    /// Makes what the connections of a server share: a certificate that it signed itself.
    public init(selfSignedServer: Void) throws(DTLSError) {
        let certificate = try DTLSCertificate()
        guard let configuration = SSL_CTX_new(TLS_method()) else { throw DTLSError(call: "SSL_CTX_new") }
        self.configuration = configuration
        SSL_CTX_set_min_proto_version(configuration, UInt16(TLS1_2_VERSION))
        SSL_CTX_set_session_cache_mode(configuration, SSL_SESS_CACHE_OFF)
        guard SSL_CTX_use_certificate(configuration, certificate.certificate) == 1,
            SSL_CTX_use_PrivateKey(configuration, certificate.key) == 1
        else { throw DTLSError(call: "SSL_CTX_use_certificate") }
    }

    deinit { SSL_CTX_free(configuration) }

    /// The client's end of a connection to `name`, a host name or a literal address, which the certificate must bear.
    ///
    /// - Parameter acceptsAnyCertificate: Whether the certificate is not looked at: for hosts of which the scenario
    ///   says that they sign their own.
    public func makeClient(name: String, acceptsAnyCertificate: Bool = false) -> any StreamSecurity {
        TLSStream(context: self, role: .client(name: name, isVerified: !acceptsAnyCertificate))
    }

    /// The server's end of a connection.
    public func makeServer() -> any StreamSecurity { TLSStream(context: self, role: .server) }
}
