/// What a STUN message is to its transaction (RFC 8489 section 5).
public enum STUNClass: UInt8, Sendable, Hashable {
    /// Asks for a response.
    case request = 0
    /// Expects no response.
    case indication = 1
    /// Answers a request that was accepted.
    case success = 2
    /// Answers a request that was refused, with an ERROR-CODE.
    case failure = 3
}

/// What a STUN message asks for: a number of 12 bits (RFC 8489 section 5).
public struct STUNMethod: RawRepresentable, Sendable, Hashable {
    /// The number.
    public var rawValue: UInt16

    /// Names the method with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Binding, the only method that ICE uses.
    public static let binding = STUNMethod(rawValue: 0x001)
    /// Allocate, RFC 8656 section 7.
    public static let allocate = STUNMethod(rawValue: 0x003)
    /// Refresh, RFC 8656 section 8.
    public static let refresh = STUNMethod(rawValue: 0x004)
    /// Send, an indication to the server: RFC 8656 section 11.1.
    public static let send = STUNMethod(rawValue: 0x006)
    /// Data, an indication to the client: RFC 8656 section 11.4.
    public static let data = STUNMethod(rawValue: 0x007)
    /// CreatePermission, RFC 8656 section 10.
    public static let createPermission = STUNMethod(rawValue: 0x008)
    /// ChannelBind, RFC 8656 section 12.
    public static let channelBind = STUNMethod(rawValue: 0x009)
}

/// The 96 bits that tie a response to its request.
public struct STUNTransactionID: Sendable, Hashable {
    /// The first four bytes.
    public var high: UInt32
    /// The last eight bytes.
    public var low: UInt64

    /// Makes an identifier from its two parts.
    public init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Draws an identifier (RFC 8489 section 5 wants it uniformly random).
    public init(using generator: inout some RandomNumberGenerator) {
        high = UInt32(truncatingIfNeeded: generator.next() >> 32)
        low = generator.next()
    }
}

/// The type of a STUN attribute: a number of 16 bits.
public struct STUNAttributeType: RawRepresentable, Sendable, Hashable {
    /// The number.
    public var rawValue: UInt16

    /// Names the attribute with this number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Whether a receiver that does not know the attribute must refuse the message (RFC 8489 section 14).
    public var isComprehensionRequired: Bool { rawValue < 0x8000 }

    /// MAPPED-ADDRESS, RFC 8489 section 14.1.
    public static let mappedAddress = STUNAttributeType(rawValue: 0x0001)
    /// USERNAME, RFC 8489 section 14.3.
    public static let username = STUNAttributeType(rawValue: 0x0006)
    /// MESSAGE-INTEGRITY, RFC 8489 section 14.5.
    public static let messageIntegrity = STUNAttributeType(rawValue: 0x0008)
    /// ERROR-CODE, RFC 8489 section 14.8.
    public static let errorCode = STUNAttributeType(rawValue: 0x0009)
    /// UNKNOWN-ATTRIBUTES, RFC 8489 section 14.13.
    public static let unknownAttributes = STUNAttributeType(rawValue: 0x000a)
    /// CHANNEL-NUMBER, RFC 8656 section 18.1.
    public static let channelNumber = STUNAttributeType(rawValue: 0x000c)
    /// LIFETIME, RFC 8656 section 18.2.
    public static let lifetime = STUNAttributeType(rawValue: 0x000d)
    /// XOR-PEER-ADDRESS, RFC 8656 section 18.3.
    public static let xorPeerAddress = STUNAttributeType(rawValue: 0x0012)
    /// DATA, RFC 8656 section 18.4.
    public static let data = STUNAttributeType(rawValue: 0x0013)
    /// REALM, RFC 8489 section 14.9.
    public static let realm = STUNAttributeType(rawValue: 0x0014)
    /// NONCE, RFC 8489 section 14.10.
    public static let nonce = STUNAttributeType(rawValue: 0x0015)
    /// XOR-RELAYED-ADDRESS, RFC 8656 section 18.5.
    public static let xorRelayedAddress = STUNAttributeType(rawValue: 0x0016)
    /// REQUESTED-ADDRESS-FAMILY, RFC 8656 section 18.6.
    public static let requestedAddressFamily = STUNAttributeType(rawValue: 0x0017)
    /// REQUESTED-TRANSPORT, RFC 8656 section 18.8.
    public static let requestedTransport = STUNAttributeType(rawValue: 0x0019)
    /// DONT-FRAGMENT, RFC 8656 section 18.9.
    public static let dontFragment = STUNAttributeType(rawValue: 0x001a)
    /// MESSAGE-INTEGRITY-SHA256, RFC 8489 section 14.6.
    public static let messageIntegritySHA256 = STUNAttributeType(rawValue: 0x001c)
    /// XOR-MAPPED-ADDRESS, RFC 8489 section 14.2.
    public static let xorMappedAddress = STUNAttributeType(rawValue: 0x0020)
    /// PRIORITY, RFC 8445 section 16.1.
    public static let priority = STUNAttributeType(rawValue: 0x0024)
    /// USE-CANDIDATE, RFC 8445 section 16.1.
    public static let useCandidate = STUNAttributeType(rawValue: 0x0025)
    /// SOFTWARE, RFC 8489 section 14.14.
    public static let software = STUNAttributeType(rawValue: 0x8022)
    /// ALTERNATE-SERVER, RFC 8489 section 14.15.
    public static let alternateServer = STUNAttributeType(rawValue: 0x8023)
    /// FINGERPRINT, RFC 8489 section 14.7.
    public static let fingerprint = STUNAttributeType(rawValue: 0x8028)
    /// ICE-CONTROLLED, RFC 8445 section 16.1.
    public static let iceControlled = STUNAttributeType(rawValue: 0x8029)
    /// ICE-CONTROLLING, RFC 8445 section 16.1.
    public static let iceControlling = STUNAttributeType(rawValue: 0x802a)
}

/// The error codes that ICE and TURN give and get.
public enum STUNErrorCode {
    /// Try Alternate, RFC 8489 section 14.8.
    public static let tryAlternate = 300
    /// Bad Request, RFC 8489 section 14.8.
    public static let badRequest = 400
    /// Unauthenticated, RFC 8489 section 14.8.
    public static let unauthenticated = 401
    /// Forbidden, RFC 8656 section 19.
    public static let forbidden = 403
    /// Unknown Attribute, RFC 8489 section 14.8.
    public static let unknownAttribute = 420
    /// Allocation Mismatch, RFC 8656 section 19.
    public static let allocationMismatch = 437
    /// Stale Nonce, RFC 8489 section 14.8.
    public static let staleNonce = 438
    /// Address Family not Supported, RFC 8656 section 19.
    public static let addressFamilyNotSupported = 440
    /// Wrong Credentials, RFC 8656 section 19.
    public static let wrongCredentials = 441
    /// Unsupported Transport Protocol, RFC 8656 section 19.
    public static let unsupportedTransport = 442
    /// Allocation Quota Reached, RFC 8656 section 19.
    public static let quotaReached = 486
    /// Role Conflict, RFC 8445 section 7.3.1.1.
    public static let roleConflict = 487
    /// Insufficient Capacity, RFC 8656 section 19.
    public static let insufficientCapacity = 508
}

/// Why bytes are not a STUN message that may be used.
public enum STUNParseError: Error, Hashable, Sendable {
    /// Shorter than a header, or longer or shorter than the header says.
    case truncated
    /// The first two bits are set, or the magic cookie is missing.
    case notSTUN
    /// An attribute reaches past the end, or has a length its type does not allow.
    case malformedAttribute
    /// The FINGERPRINT does not match.
    case wrongFingerprint
}
