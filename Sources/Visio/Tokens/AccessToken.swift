import FoundationEssentials
public import Primitives

/// A LiveKit access token: a JSON Web Token (RFC 7519) signed with HS256 (RFC 7518 section 3.2).
public struct AccessToken: Hashable, Sendable {
    /// The API key that signed it (`iss`).
    public var issuer: String
    /// Who holds it (`sub`): the participant's identity, unique in a room.
    public var identity: String
    /// Display name.
    public var name: String?
    /// Participant metadata.
    public var metadata: String?
    /// Participant attributes; Meet sends `null` for "no role", which arrives as an empty text.
    public var attributes: [String: String]
    /// What the holder may do.
    public var video: VideoGrant?
    /// Seconds since the Unix epoch from which the token holds (`nbf`).
    public var notBefore: Int64?
    /// Seconds since the Unix epoch until which the token holds (`exp`); a token without it never expires.
    public var expiresAt: Int64?

    /// The API key and the secret that sign and check tokens.
    public struct Credentials: Hashable, Sendable {
        /// The API key, public.
        public var key: String
        /// The secret.
        public var secret: String

        /// Makes a pair.
        public init(key: String, secret: String) {
            self.key = key
            self.secret = secret
        }
    }

    /// Lifetime of the tokens that LiveKit's libraries and Meet give out.
    public static let lifetime = Interval.seconds(21_600)

    /// How far clocks may differ, for `exp` and for `nbf`.
    public static let leeway = Interval.seconds(60)

    /// Longest identity in bytes.
    public static let maximumIdentityLength = 256

    /// Makes a token that holds from `unixSeconds` for the usual six hours.
    public init(
        issuer: String, identity: String, name: String? = nil, attributes: [String: String] = [:],
        video: VideoGrant?, unixSeconds: Int64
    ) {
        self.issuer = issuer
        self.identity = identity
        self.name = name
        self.attributes = attributes
        self.video = video
        notBefore = unixSeconds
        expiresAt = unixSeconds + Self.lifetime.nanoseconds / 1_000_000_000
    }

    /// The compact form, signed with `secret`; equal tokens give equal bytes.
    public func signed(secret: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let claims = Claims(
            iss: issuer, sub: identity, nbf: notBefore.map(Double.init), exp: expiresAt.map(Double.init),
            name: name,
            metadata: metadata, attributes: attributes.isEmpty ? nil : attributes, video: video)
        // Encoding fails only for numbers that are not finite: there are none.
        let payload = (try? encoder.encode(claims)).map(Array.init) ?? []
        let head = Self.segment(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "." + Self.segment(payload)
        return head + "." + Self.segment(HMAC.sha256(Array(head.utf8), key: Array(secret.utf8)))
    }

    /// Checks a token's signature and times and reads its claims.
    ///
    /// - Parameters:
    ///   - text: The compact form.
    ///   - credentials: The key that must have signed it.
    ///   - unixSeconds: What time it is.
    public static func verify(
        _ text: some StringProtocol, credentials: Credentials, unixSeconds: Int64
    ) throws(AccessTokenError) -> AccessToken {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header: Header = read(parts[0]), let claims: Claims = read(parts[1]),
            let signature = Base64.decode(parts[2])
        else { throw .malformed }
        guard claims.iss == credentials.key else { throw .unknownKey(claims.iss ?? "") }
        guard header.alg == "HS256" else { throw .wrongAlgorithm(header.alg) }
        let signed = Array((parts[0] + "." + parts[1]).utf8)
        guard isEqual(signature, HMAC.sha256(signed, key: Array(credentials.secret.utf8))) else {
            throw .wrongSignature
        }
        let now = Double(unixSeconds)
        let leeway = leeway.seconds
        if let expiry = claims.exp, now > expiry + leeway { throw .expired }
        if let start = claims.nbf, now < start - leeway { throw .notYetValid }
        var token = AccessToken(
            issuer: credentials.key, identity: claims.sub ?? claims.jti ?? "", name: claims.name,
            attributes: claims.attributes?.mapValues { $0 ?? "" } ?? [:], video: claims.video, unixSeconds: 0)
        token.metadata = claims.metadata
        token.notBefore = claims.nbf.flatMap { Int64(exactly: $0.rounded(.down)) }
        token.expiresAt = claims.exp.flatMap { Int64(exactly: $0.rounded(.down)) }
        return token
    }

    /// Checks that the token lets its holder into a room, and returns the room's name.
    public func authorizeJoin() throws(AccessTokenError) -> String {
        guard let video else { throw .noPermission }
        guard video.roomJoin ?? false else { throw .joinDenied }
        guard !identity.isEmpty else { throw .noIdentity }
        guard identity.utf8.count <= Self.maximumIdentityLength else { throw .identityTooLong }
        guard let room = video.room, !room.isEmpty else { throw .noRoom }
        return room
    }

    private static func segment(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes, alphabet: .urlSafe, padded: false)
    }

    private static func read<Value: Decodable>(_ segment: some StringProtocol) -> Value? {
        guard let bytes = Base64.decode(segment) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }

    /// Compares without leaving early, so that time tells nothing about how much of a guess was right.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}

private struct Header: Decodable {
    var alg: String
}

/// The claims by their names on the wire; times may have fractions (RFC 7519 section 2, NumericDate).
private struct Claims: Codable {
    var iss: String?
    var sub: String?
    var jti: String?
    var nbf: Double?
    var exp: Double?
    var name: String?
    var metadata: String?
    var attributes: [String: String?]?
    var video: VideoGrant?

    init(
        iss: String, sub: String, nbf: Double?, exp: Double?, name: String?, metadata: String?,
        attributes: [String: String?]?, video: VideoGrant?
    ) {
        self.iss = iss
        self.sub = sub
        self.nbf = nbf
        self.exp = exp
        self.name = name
        self.metadata = metadata
        self.attributes = attributes
        self.video = video
    }
}
