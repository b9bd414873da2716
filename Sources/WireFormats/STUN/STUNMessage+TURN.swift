public import Primitives

// What TURN and the long-term credentials add to STUN (RFC 8656, RFC 8489 section 9.2), read when asked for.
extension STUNMessage {
    /// The first attribute of this type that MESSAGE-INTEGRITY covers; nil if there is none.
    public func attribute(_ type: STUNAttributeType) -> STUNAttribute? {
        var attributes = STUNAttributes(bytes)
        while let attribute = attributes.next(), attribute.type != .messageIntegrity {
            if attribute.type == type { return attribute }
        }
        return nil
    }

    /// The value of an attribute as it came, such as REALM and NONCE.
    public func value(of type: STUNAttributeType) -> [UInt8]? {
        guard let attribute = attribute(type) else { return nil }
        let value = bytes.extracting(attribute.valueOffset..<attribute.valueOffset + attribute.count)
        return value.withUnsafeBytes { Array($0) }
    }

    /// The first four bytes of an attribute, such as LIFETIME and REQUESTED-TRANSPORT.
    public func word(of type: STUNAttributeType) -> UInt32? {
        guard let attribute = attribute(type), attribute.count >= 4 else { return nil }
        var reader = ByteReader(bytes)
        reader.offset = attribute.valueOffset
        return reader.readUInt32()
    }

    /// An address that is masked with cookie and transaction, such as XOR-RELAYED-ADDRESS.
    public func xorAddress(of type: STUNAttributeType) -> SocketAddress? {
        guard let attribute = attribute(type) else { return nil }
        return try? readXORAddress(attribute)
    }

    /// An address in the clear, such as ALTERNATE-SERVER.
    public func address(of type: STUNAttributeType) -> SocketAddress? {
        guard let attribute = attribute(type), attribute.count == 8 || attribute.count == 20 else {
            return nil
        }
        var reader = ByteReader(bytes)
        reader.offset = attribute.valueOffset + 1
        let family = reader.readUInt8()
        let port = reader.readUInt16()
        switch (family, attribute.count) {
        case (1, 8): return SocketAddress(v4: reader.readUInt32(), port: port)
        case (2, 20):
            let high = reader.readUInt64()
            return SocketAddress(v6High: high, low: reader.readUInt64(), port: port)
        default: return nil
        }
    }

    /// The channel of CHANNEL-NUMBER.
    public var channelNumber: UInt16? {
        word(of: .channelNumber).map { UInt16(truncatingIfNeeded: $0 >> 16) }
    }

    /// The phrase of ERROR-CODE, without control characters and at most 64 bytes of it: it is shown to people.
    public var errorReason: String? {
        guard let value = value(of: .errorCode), value.count > 4 else { return nil }
        let text = String(decoding: value[4...].prefix(64), as: UTF8.self)
        return String(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.map(Character.init))
    }
}

/// Long-term credentials of STUN (RFC 8489 section 9.2), which TURN servers ask for.
public enum STUNLongTermKey {
    /// The key of MESSAGE-INTEGRITY: MD5 over name, realm and password (RFC 8489 section 9.2.2).
    ///
    /// Names and passwords are taken as they are; OpaqueString profiles (RFC 8265) change none that servers give out.
    public static func make(username: String, realm: [UInt8], password: String) -> [UInt8] {
        MD5.digest(
            Array(username.utf8) + [UInt8(ascii: ":")] + realm + [UInt8(ascii: ":")] + Array(password.utf8))
    }
}
