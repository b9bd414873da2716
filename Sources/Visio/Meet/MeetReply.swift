import FoundationEssentials
public import Primitives

/// The answers of Meet's API, as a genuine backend words them.
public enum MeetReply {
    /// Where the API lives (BE/core/urls.py).
    public static let basePath = "/api/v1.0"

    /// 200 with the deployment's configuration.
    public static func configuration(_ configuration: MeetConfiguration) -> HTTPResponseMessage {
        json(status: 200, configuration)
    }

    /// 200 with a room, or 201 for one that was just created.
    public static func room(_ room: MeetRoom, isNew: Bool = false) -> HTTPResponseMessage {
        json(status: isNew ? 201 : 200, room)
    }

    /// 200 with the caller's account.
    public static func user(_ user: MeetUser) -> HTTPResponseMessage { json(status: 200, user) }

    /// 200 with how somebody in the lobby stands.
    public static func lobbyEntry(_ entry: LobbyEntry) -> HTTPResponseMessage { json(status: 200, entry) }

    /// 200 with everybody in the lobby.
    public static func lobbyList(_ waiting: [LobbyEntry]) -> HTTPResponseMessage {
        struct Row: Encodable {
            var id: String
            var status: LobbyEntry.Status
            var username: String
            var color: String
        }
        let rows = waiting.map { Row(id: $0.id, status: $0.status, username: $0.username, color: $0.color) }
        return json(status: 200, ["participants": rows])
    }

    /// 200 for something that was done in a room.
    public static var success: HTTPResponseMessage { json(status: 200, ["status": "success"]) }

    /// 404 for somebody who is not in the room.
    public static var participantNotFound: HTTPResponseMessage {
        json(status: 404, ["error": "Participant not found"])
    }

    /// A text of the lobby.
    public static func message(status: Int, _ text: String) -> HTTPResponseMessage {
        json(status: status, ["message": text])
    }

    /// 400 for a body whose fields are wrong.
    public static func fieldErrors(_ texts: [String: String]) -> HTTPResponseMessage {
        json(status: 400, texts.mapValues { [$0] })
    }

    /// A redirect, without a body.
    public static func redirect(to location: String, status: Int = 302) -> HTTPResponseMessage {
        HTTPResponseMessage(status: status, headers: [HTTPMessageHeader(name: "Location", value: location)])
    }

    /// 200 with a token for the external API.
    public static func applicationToken(_ token: String) -> HTTPResponseMessage {
        struct Grant: Encodable {
            var access_token: String
            var token_type = "Bearer"
            var expires_in = 3600
            var scope = "rooms:list rooms:create"
        }
        return json(status: 200, Grant(access_token: token))
    }

    /// What Meet writes into the metadata of a LiveKit room when its rules change.
    public static func metadata(of room: MeetRoom) -> String {
        struct Metadata: Encodable {
            var configuration: MeetRoom.Rules
            var accessLevel: MeetRoom.AccessLevel

            enum CodingKeys: String, CodingKey {
                case configuration
                case accessLevel = "access_level"
            }
        }
        return String(
            decoding: JSON.encode(Metadata(configuration: room.rules, accessLevel: room.accessLevel)),
            as: UTF8.self)
    }

    /// A moment as Meet writes it into `handRaisedAt`: ISO 8601 in UTC, to the microsecond.
    public static func time(_ unixNanoseconds: Int64) -> String {
        let microseconds = unixNanoseconds / 1000
        let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000)
        var days = seconds / 86_400 + 719_468
        let era = days / 146_097
        days -= era * 146_097
        let year = (days - days / 1460 + days / 36_524 - days / 146_096) / 365
        let day = days - (365 * year + year / 4 - year / 100)
        let month = (5 * day + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date =
            "\(year + era * 400 + (calendarMonth <= 2 ? 1 : 0))-\(two(calendarMonth))"
            + "-\(two(day - (153 * month + 2) / 5 + 1))"
        let clock = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return "\(date)T\(clock).\(String(1_000_000 + fraction).dropFirst())+00:00"
    }

    /// 404 for a room nobody knows.
    public static var roomNotFound: HTTPResponseMessage {
        error(status: 404, detail: "No Room matches the given query.")
    }

    /// 400 for a room that is already there.
    public static var slugTaken: HTTPResponseMessage {
        json(status: 400, ["slug": ["Room with this Slug already exists."]])
    }

    /// 401 for an anonymous caller of a call that needs a session.
    public static var unauthenticated: HTTPResponseMessage {
        var response = error(status: 401, detail: "Authentication credentials were not provided.")
        response.headers.append(HTTPMessageHeader(name: "WWW-Authenticate", value: "Session"))
        return response
    }

    /// 403 for a caller who may not.
    public static var forbidden: HTTPResponseMessage {
        error(status: 403, detail: "You do not have permission to perform this action.")
    }

    /// 405 for a method the path does not know.
    public static func methodNotAllowed(_ method: String) -> HTTPResponseMessage {
        error(status: 405, detail: "Method \"\(method)\" not allowed.")
    }

    /// 429 for a caller who asks too often.
    public static func throttled(retryAfter: Interval) -> HTTPResponseMessage {
        let seconds = Int64(retryAfter.seconds.rounded(.up))
        let detail =
            "Request was throttled. Expected available in \(seconds) second\(seconds == 1 ? "" : "s")."
        var response = error(status: 429, detail: detail)
        response.headers.append(HTTPMessageHeader(name: "Retry-After", value: String(seconds)))
        return response
    }

    /// An error in the form of the Django REST framework.
    public static func error(status: Int, detail: String) -> HTTPResponseMessage {
        json(status: status, ["detail": detail])
    }

    /// An HTML page, as a proxy or an unhandled exception gives it.
    public static func html(status: Int, title: String) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: status,
            headers: [HTTPMessageHeader(name: "Content-Type", value: "text/html; charset=utf-8")],
            body: Array("<!doctype html><html><head><title>\(title)</title></head></html>".utf8))
    }

    private static func json(status: Int, _ value: some Encodable) -> HTTPResponseMessage {
        HTTPResponseMessage(
            status: status, headers: [HTTPMessageHeader(name: "Content-Type", value: "application/json")],
            body: JSON.encode(value))
    }
}

/// JSON with keys in a fixed order, so that equal runs write equal bytes.
enum JSON {
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding fails only for numbers that are not finite: our values have none.
        return (try? encoder.encode(value)).map(Array.init) ?? []
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
