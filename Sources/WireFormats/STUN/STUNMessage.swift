public import Primitives

/// A STUN message that was read in place: nothing is copied and nothing allocated.
///
/// Reading checks the structure and the FINGERPRINT; whether the sender knew the password is asked separately,
/// by `isAuthentic`, because the key depends on what the message says. Of attributes that occur twice the first
/// counts, and what follows MESSAGE-INTEGRITY is ignored, except FINGERPRINT (RFC 8489 section 14.5).
public struct STUNMessage: ~Escapable {
    /// Length of the header in bytes.
    public static let headerSize = 20
    /// The fixed value of bytes 4 to 7 (RFC 8489 section 5).
    public static let magicCookie: UInt32 = 0x2112_a442
    /// Value XORed into the CRC of FINGERPRINT (RFC 8489 section 14.7).
    static let fingerprintMask: UInt32 = 0x5354_554e
    /// Length of the HMAC-SHA1 in MESSAGE-INTEGRITY.
    static let integritySize = 20

    /// The whole message.
    public let bytes: RawSpan
    /// What the message is to its transaction.
    public let messageClass: STUNClass
    /// What the message asks for.
    public let method: STUNMethod
    /// Ties a response to its request.
    public let transactionID: STUNTransactionID
    /// PRIORITY: what the sender's candidate would be worth if it were peer-reflexive.
    public private(set) var priority: UInt32?
    /// USE-CANDIDATE: the controlling agent nominates the pair.
    public private(set) var usesCandidate = false
    /// ICE-CONTROLLED: the sender's tie-breaker, if it thinks it is controlled.
    public private(set) var controlledTieBreaker: UInt64?
    /// ICE-CONTROLLING: the sender's tie-breaker, if it thinks it is controlling.
    public private(set) var controllingTieBreaker: UInt64?
    /// ERROR-CODE: 300 to 699.
    public private(set) var errorCode: Int?
    /// XOR-MAPPED-ADDRESS: where the request seemed to come from.
    public private(set) var mappedAddress: SocketAddress?
    /// Whether a FINGERPRINT was there; it was right if so.
    public private(set) var hasFingerprint = false
    /// Whether an attribute that must be understood is none of those above.
    public private(set) var hasUnknownRequiredAttribute = false
    private var username: STUNAttribute?
    private var integrity: STUNAttribute?

    /// Reads `bytes`, which must hold one message and nothing else.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(STUNParseError) {
        var reader = ByteReader(bytes)
        let type = reader.readUInt16()
        let length = Int(reader.readUInt16())
        let cookie = reader.readUInt32()
        let high = reader.readUInt32()
        let low = reader.readUInt64()
        guard !reader.failed else { throw .truncated }
        guard type & 0xc000 == 0, cookie == Self.magicCookie else { throw .notSTUN }
        guard length % 4 == 0, length == reader.remaining else { throw .truncated }
        self.bytes = bytes
        transactionID = STUNTransactionID(high: high, low: low)
        // The class bits lie between the method bits: RFC 8489 figure 3.
        messageClass =
            STUNClass(rawValue: UInt8(truncatingIfNeeded: type >> 7 & 2 | type >> 4 & 1)) ?? .request
        method = Self.method(ofType: type)
        try readAttributes()
    }

    /// The method of a message, of which only the first two bytes are looked at.
    static func method(of message: RawSpan) -> STUNMethod {
        var reader = ByteReader(message)
        return method(ofType: reader.readUInt16())
    }

    /// The method's bits, which lie around those of the class (RFC 8489 figure 3).
    private static func method(ofType type: UInt16) -> STUNMethod {
        STUNMethod(rawValue: type & 0xf | type >> 1 & 0x70 | type >> 2 & 0xf80)
    }

    private mutating func readAttributes() throws(STUNParseError) {
        var attributes = STUNAttributes(bytes)
        while let attribute = attributes.next() {
            if integrity == nil {
                try read(attribute)
            } else if attribute.type == .fingerprint {
                try checkFingerprint(attribute)
            }
            if hasFingerprint { return }  // It is the last one by definition.
        }
        if attributes.isMalformed { throw .malformedAttribute }
    }

    private mutating func read(_ attribute: STUNAttribute) throws(STUNParseError) {
        switch attribute.type {
        case .username:
            username = username ?? attribute
        case .messageIntegrity:
            guard attribute.count == Self.integritySize else { throw .malformedAttribute }
            integrity = attribute
        case .fingerprint:
            try checkFingerprint(attribute)
        case .priority:
            let value = try readInteger(attribute, UInt32.self)
            priority = priority ?? value
        case .useCandidate:
            usesCandidate = true
        case .iceControlled:
            let value = try readInteger(attribute, UInt64.self)
            controlledTieBreaker = controlledTieBreaker ?? value
        case .iceControlling:
            let value = try readInteger(attribute, UInt64.self)
            controllingTieBreaker = controllingTieBreaker ?? value
        case .errorCode:
            let value = try readErrorCode(attribute)
            errorCode = errorCode ?? value
        case .xorMappedAddress:
            let value = try readXORAddress(attribute)
            mappedAddress = mappedAddress ?? value
        default:
            if !Self.understands(attribute.type, in: method) { hasUnknownRequiredAttribute = true }
        }
    }

    private func readInteger<Value: FixedWidthInteger & BitwiseCopyable>(
        _ attribute: STUNAttribute, _ type: Value.Type
    ) throws(STUNParseError) -> Value {
        guard attribute.count == MemoryLayout<Value>.size else { throw .malformedAttribute }
        return Value(
            bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: attribute.valueOffset, as: Value.self))
    }

    /// Class and number of an ERROR-CODE: the hundreds in three bits, the rest in a byte.
    private func readErrorCode(_ attribute: STUNAttribute) throws(STUNParseError) -> Int {
        guard attribute.count >= 4 else { throw .malformedAttribute }
        var reader = ByteReader(bytes)
        reader.offset = attribute.valueOffset + 2
        return Int(reader.readUInt8() & 7) * 100 + Int(reader.readUInt8())
    }

    func readXORAddress(_ attribute: STUNAttribute) throws(STUNParseError) -> SocketAddress {
        var reader = ByteReader(bytes)
        reader.offset = attribute.valueOffset
        guard attribute.count == 8 || attribute.count == 20 else { throw .malformedAttribute }
        reader.skip(1)
        let family = reader.readUInt8()
        let port = reader.readUInt16() ^ UInt16(Self.magicCookie >> 16)
        switch (family, attribute.count) {
        case (1, 8):
            return SocketAddress(v4: reader.readUInt32() ^ Self.magicCookie, port: port)
        case (2, 20):
            let high = reader.readUInt64() ^ (UInt64(Self.magicCookie) << 32 | UInt64(transactionID.high))
            return SocketAddress(v6High: high, low: reader.readUInt64() ^ transactionID.low, port: port)
        default:
            throw .malformedAttribute
        }
    }

    private mutating func checkFingerprint(_ attribute: STUNAttribute) throws(STUNParseError) {
        let given = try readInteger(attribute, UInt32.self)
        // A fingerprint covers a header whose length counts it as the last attribute, so it must be the last.
        guard attribute.valueOffset + attribute.count == bytes.byteCount else { throw .malformedAttribute }
        let computed = CRC32.checksum(bytes.extracting(0..<attribute.offset)) ^ Self.fingerprintMask
        guard given == computed else { throw .wrongFingerprint }
        hasFingerprint = true
    }
}

extension STUNMessage {
    /// Whether an attribute of this type is understood in messages of `method`, or may be skipped there.
    public static func understands(_ type: STUNAttributeType, in method: STUNMethod) -> Bool {
        switch type {
        case .mappedAddress, .username, .messageIntegrity, .errorCode, .unknownAttributes,
            .messageIntegritySHA256, .xorMappedAddress, .priority, .useCandidate:
            true
        case .channelNumber, .lifetime, .xorPeerAddress, .data, .realm, .nonce, .xorRelayedAddress,
            .requestedAddressFamily, .requestedTransport, .dontFragment:
            method != .binding
        default: !type.isComprehensionRequired
        }
    }

    /// USERNAME as it came; in ICE "fragment of the receiver:fragment of the sender" (RFC 8445 section 7.2.2).
    public var usernameBytes: RawSpan? {
        @_lifetime(copy self)
        get {
            guard let username else { return nil }
            return bytes.extracting(username.valueOffset..<username.valueOffset + username.count)
        }
    }

    /// Whether the message carries a MESSAGE-INTEGRITY at all.
    public var hasIntegrity: Bool { integrity != nil }

    /// Whether MESSAGE-INTEGRITY proves that the sender knew `key` (the password's bytes, RFC 8489 section 9.1).
    public func isAuthentic(key: [UInt8]) -> Bool {
        guard let integrity else { return false }
        var covered = bytes.extracting(0..<integrity.offset).withUnsafeBytes { Array($0) }
        let length = UInt16(truncatingIfNeeded: integrity.offset + 4 + Self.integritySize - Self.headerSize)
        covered[2] = UInt8(length >> 8)
        covered[3] = UInt8(length & 0xff)
        let expected = HMAC.sha1(covered, key: key)
        var difference: UInt8 = 0  // Compared in constant time.
        for index in expected.indices {
            difference |=
                expected[index]
                ^ bytes.unsafeLoad(fromByteOffset: integrity.valueOffset + index, as: UInt8.self)
        }
        return difference == 0
    }

    /// The receiver's username fragment in a request, for a server that shares one socket among many agents.
    ///
    /// Nothing is verified here: the agent that the fragment leads to does that. Nil for anything but a
    /// well-formed Binding request with a USERNAME.
    public static func localUsernameFragment(of datagram: UnsafeRawBufferPointer) -> String? {
        guard let message = try? STUNMessage(datagram.bytes), message.messageClass == .request,
            let username = message.usernameBytes
        else { return nil }
        return username.withUnsafeBytes { bytes in
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return String(validating: bytes[..<colon], as: UTF8.self)
        }
    }
}
