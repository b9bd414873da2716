/// Why a token does not open the door, in LiveKit's order and with LiveKit's words.
///
/// LiveKit repeats the whole token in some of its answers. These texts never do: they end up in logs and results.
public enum AccessTokenError: Error, Hashable, Sendable {
    /// There is no token, or it grants nothing.
    case noPermission
    /// The `Authorization` header holds something else than a bearer token.
    case notBearer
    /// The token is no JSON Web Token, or a claim has the wrong type.
    case malformed
    /// Nobody knows the token's issuer.
    case unknownKey(String)
    /// The token is signed in a way that is not accepted; only HS256 is.
    case wrongAlgorithm(String)
    /// The signature does not match.
    case wrongSignature
    /// The token is too old.
    case expired
    /// The token is from the future.
    case notYetValid
    /// The grant does not allow joining.
    case joinDenied
    /// The token names nobody.
    case noIdentity
    /// The identity is longer than 256 bytes.
    case identityTooLong
    /// The grant names no room.
    case noRoom

    /// The HTTP status LiveKit answers with.
    public var status: Int {
        switch self {
        case .noIdentity, .identityTooLong, .noRoom: 400
        default: 401
        }
    }

    /// LiveKit's text, without the token.
    public var text: String {
        switch self {
        case .noPermission: "no permissions to access the room"
        case .notBearer: "invalid authorization header. Must start with Bearer "
        case .malformed: "invalid authorization token"
        case .unknownKey(let key): "invalid API key: \(key)"
        case .wrongAlgorithm(let name):
            "invalid token, error: token signature is invalid: signing method \(name) is invalid"
        case .wrongSignature: "invalid token, error: token signature is invalid: signature is invalid"
        case .expired: "invalid token, error: token has invalid claims: token is expired"
        case .notYetValid: "invalid token, error: token has invalid claims: token is not valid yet"
        case .joinDenied: "permissions denied"
        case .noIdentity: "identity cannot be empty"
        case .identityTooLong: "participant identity length exceeds limits: max length 256"
        case .noRoom: "no room name"
        }
    }
}
