public import RTC

extension CipherPair {
    /// Ciphers from exported keying material: client key, server key, client salt, server salt (RFC 5764 §4.2).
    ///
    /// Nil if the material has the wrong size.
    public init?(profile: SRTPProfile, keyingMaterial material: [UInt8], role: DTLSRole) {
        let keyCount = profile.keyByteCount
        let saltCount = profile.saltByteCount
        guard material.count == 2 * (keyCount + saltCount) else { return nil }
        let salts = material[(2 * keyCount)...]
        let client = Self.cipher(
            profile: profile, masterKey: Array(material[..<keyCount]),
            masterSalt: Array(salts.prefix(saltCount)))
        let server = Self.cipher(
            profile: profile, masterKey: Array(material[keyCount..<2 * keyCount]),
            masterSalt: Array(salts.suffix(saltCount)))
        guard let client, let server else { return nil }
        switch role {
        case .client: self.init(inbound: server, outbound: client)
        case .server: self.init(inbound: client, outbound: server)
        }
    }

    /// The cipher of one direction; nil if key or salt have the wrong size.
    public static func cipher(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8]
    ) -> (any PacketCipher)? {
        guard masterKey.count == profile.keyByteCount, masterSalt.count == profile.saltByteCount,
            let derivation = KeyDerivation(masterKey: masterKey, masterSalt: masterSalt)
        else { return nil }
        switch profile {
        case .aeadAES128GCM: return GaloisCounterCipher(derivation)
        case .aes128CMHMACSHA1_80: return CounterModeCipher(derivation)
        }
    }
}
