import CNIOBoringSSL
import Primitives

/// One end of TLS 1.2 or 1.3 over BoringSSL, between two memory buffers.
final class TLSStream: StreamSecurity {
    /// Which end it is.
    enum Role {
        /// Opens, and looks at the certificate unless told not to.
        case client(name: String, isVerified: Bool)
        /// Answers.
        case server
    }

    /// How far it is.
    private(set) var state = StreamSecurityState.handshaking

    /// The shared configuration; it must outlive `ssl`.
    private let context: TLSContext
    /// `SSL *`; nil if it could not be made.
    private var ssl: OpaquePointer?
    /// What came from the wire, owned by `ssl`.
    private var inbound: OpaquePointer?
    /// What goes to the wire, owned by `ssl`.
    private var outbound: OpaquePointer?

    init(context: TLSContext, role: Role) {
        self.context = context
        guard let ssl = SSL_new(context.configuration), let inbound = BIO_new(BIO_s_mem()),
            let outbound = BIO_new(BIO_s_mem())
        else {
            state = .failed(DTLSError.takeReason())
            return
        }
        self.ssl = ssl
        self.inbound = inbound
        self.outbound = outbound
        SSL_set_bio(ssl, inbound, outbound)
        switch role {
        case .server: SSL_set_accept_state(ssl)
        case .client(let name, let isVerified):
            SSL_set_connect_state(ssl)
            let parameters = SSL_get0_param(ssl)
            // A literal address is no server name (RFC 6066 section 3) and is looked for elsewhere.
            if X509_VERIFY_PARAM_set1_ip_asc(parameters, name) != 1 {
                SSL_set_tlsext_host_name(ssl, name)
                X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count)
            }
            ERR_clear_error()
            SSL_set_verify(ssl, isVerified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        }
    }

    deinit { SSL_free(ssl) }

    func receive(_ ciphertext: UnsafeRawBufferPointer) {
        guard let ssl else { return }
        if !ciphertext.isEmpty {
            BIO_write(inbound, ciphertext.baseAddress, CInt(ciphertext.count))
        }
        guard state == .handshaking else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            state = .open
        } else if SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ {
            state = .failed(failure(of: ssl))
        }
    }

    func pollTransmit(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let outbound, BIO_pending(outbound) > 0 else { return 0 }
        return Int(max(0, BIO_read(outbound, buffer.baseAddress, CInt(clamping: buffer.count))))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let ssl, state == .open else { return 0 }
        ERR_clear_error()
        let result = SSL_read(ssl, buffer.baseAddress, CInt(clamping: buffer.count))
        guard result <= 0 else { return Int(result) }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: break
        case SSL_ERROR_ZERO_RETURN: state = .closed
        default: state = .failed(failure(of: ssl))
        }
        return 0
    }

    func write(_ plaintext: UnsafeRawBufferPointer) {
        guard let ssl, state == .open, !plaintext.isEmpty else { return }
        ERR_clear_error()
        // A memory buffer takes everything, so nothing is ever written in part.
        let result = SSL_write(ssl, plaintext.baseAddress, CInt(plaintext.count))
        if result <= 0 { state = .failed(failure(of: ssl)) }
    }

    func close() {
        guard let ssl, state == .open else { return }
        SSL_shutdown(ssl)
        ERR_clear_error()
        state = .closed
    }

    /// Why it failed: the verdict on the certificate, if there was one, or what BoringSSL says.
    private func failure(of ssl: OpaquePointer) -> String {
        let reason = DTLSError.takeReason()
        let verdict = SSL_get_verify_result(ssl)
        guard verdict != Int(X509_V_OK), let text = X509_verify_cert_error_string(verdict) else {
            return reason
        }
        return String(cString: text)
    }
}
