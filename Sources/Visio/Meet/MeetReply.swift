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
