import Primitives
import Visio

/// What the embedded deployment's Meet remembers: accounts, sessions, rooms, and who waits where.
struct MeetState {
    /// Somebody with an account.
    struct User {
        /// What the API shows of it.
        var profile: MeetUser
        /// The provider's name of it, which becomes the LiveKit identity.
        var subject: String
    }

    /// One browser's session.
    struct Session {
        /// Who is logged in; nil while a login is under way.
        var user: Int?
        /// What the provider must send back.
        var state = ""
        /// The secret whose hash the provider was shown (RFC 7636).
        var verifier = ""
        /// Where the login leads back to.
        var returnTo = "/"
    }

    /// Somebody in front of a room's door.
    struct LobbyPlace {
        var entry: LobbyEntry
        var expiresAt: Instant
    }

    /// A room that somebody registered.
    final class RegisteredRoom {
        var room: MeetRoom
        /// Position of the owner among the users.
        let owner: Int?
        /// Who waits, was let in or was refused, in order of arrival.
        var lobby: [LobbyPlace] = []

        init(room: MeetRoom, owner: Int?) {
            self.room = room
            self.owner = owner
        }
    }

    /// A waiting person is forgotten when it does not ask again (`LOBBY_WAITING_TIMEOUT`).
    static let waitingTimeout = Interval.seconds(3)
    /// Who was let in may come back for this long (`LOBBY_ACCEPTED_TIMEOUT`).
    static let acceptedTimeout = Interval.seconds(21_600)
    /// Who was refused may ask again after this long (`LOBBY_DENIED_TIMEOUT`).
    static let deniedTimeout = Interval.seconds(5)

    var users: [User] = []
    /// Sessions by the value of their cookie.
    var sessions: [String: Session] = [:]
    /// Rooms by UUID and by slug.
    var rooms: [String: RegisteredRoom] = [:]
    /// When each participant of a lobby has asked within the last minute.
    var lobbyQuestions: [String: [Instant]] = [:]
    /// Users by application token.
    var applicationTokens: [String: Int] = [:]
    /// How often each fault has struck.
    var faultCounts: [Int] = []
    var provider = IdentityProvider()
}

/// A request as Meet's code sees it.
struct MeetRequest {
    let message: HTTPRequestMessage
    let target: RequestTarget
    /// The parts of the path behind the API's prefix.
    let path: [String]

    var method: String { message.method }

    /// The value of a cookie.
    func cookie(_ name: String) -> String? { Self.cookie(name, of: message) }

    /// The value of a cookie in a message.
    static func cookie(_ name: String, of message: HTTPRequestMessage) -> String? {
        guard let header = message.header("Cookie") else { return nil }
        for pair in header.split(separator: ";") {
            let trimmed = pair.drop { $0 == " " }
            guard let equals = trimmed.firstIndex(of: "="), trimmed[..<equals] == name else { continue }
            return String(trimmed[trimmed.index(after: equals)...])
        }
        return nil
    }

    /// The values of a body in the form of a form.
    static func form(_ message: HTTPRequestMessage) -> RequestTarget {
        RequestTarget(parsing: "/?" + String(decoding: message.body, as: UTF8.self))
    }
}

/// A `Set-Cookie` header as Django writes it.
func setCookie(
    _ name: String, _ value: String, age: Int? = nil, isHTTPOnly: Bool = true, isSecure: Bool = false
) -> HTTPMessageHeader {
    var text = "\(name)=\(value); "
    if isHTTPOnly { text += "HttpOnly; " }
    if let age { text += "Max-Age=\(age); " }
    text += "Path=/; SameSite=Lax"
    if isSecure { text += "; Secure" }
    return HTTPMessageHeader(name: "Set-Cookie", value: text)
}
