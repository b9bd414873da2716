import CNIOBoringSSL

/// A self-signed ECDSA P-256 certificate and its key (RFC 8827 §6.5).
///
/// Peers compare only its fingerprint, so that it says nothing but its key, and its validity never ends.
struct DTLSCertificate: ~Copyable {
    /// The private key, `EVP_PKEY *`.
    let key: OpaquePointer
    /// The certificate, `X509 *`.
    let certificate: OpaquePointer
    /// The SHA-256 digest of the certificate's DER form.
    let fingerprint: [UInt8]

    /// 1 January 2000, 00:00 UTC.
    private static let notBefore: Int64 = 946_684_800
    /// 31 December 9999, 23:59:59 UTC: no expiration (RFC 5280 §4.1.2.5).
    private static let notAfter: Int64 = 253_402_300_799

    /// Draws a key and signs a certificate with it.
    init() throws(DTLSError) {
        guard let key = Self.generateKey() else { throw DTLSError(call: "EC_KEY_generate_key") }
        guard let certificate = Self.sign(key) else {
            EVP_PKEY_free(key)
            throw DTLSError(call: "X509_sign")
        }
        self.key = key
        self.certificate = certificate
        fingerprint = Self.fingerprint(of: certificate)
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// The SHA-256 digest of an `X509 *`; empty if it cannot be taken.
    static func fingerprint(of certificate: OpaquePointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            var size: UInt32 = 0
            let done = X509_digest(certificate, EVP_sha256(), buffer.baseAddress, &size)
            count = done == 1 ? Int(size) : 0
        }
    }

    private static func generateKey() -> OpaquePointer? {
        guard let curveKey = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) else { return nil }
        defer { EC_KEY_free(curveKey) }
        guard EC_KEY_generate_key(curveKey) == 1, let key = EVP_PKEY_new() else { return nil }
        guard EVP_PKEY_set1_EC_KEY(key, curveKey) == 1 else {
            EVP_PKEY_free(key)
            return nil
        }
        return key
    }

    private static func sign(_ key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        let name = X509_get_subject_name(certificate)
        var serial: UInt64 = 0
        let done =
            withUnsafeMutableBytes(of: &serial) { RAND_bytes($0.baseAddress, $0.count) } == 1
            && X509_set_version(certificate, 2) == 1  // version 3 is written as 2
            && ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1
            && ASN1_TIME_set_posix(X509_getm_notBefore(certificate), notBefore) != nil
            && ASN1_TIME_set_posix(X509_getm_notAfter(certificate), notAfter) != nil
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, "WebRTC", -1, -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
            && X509_set_pubkey(certificate, key) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
        guard done else {
            X509_free(certificate)
            return nil
        }
        return certificate
    }
}
