/// The server's side of the door: who may open a signalling WebSocket, and what they asked for.
public struct JoinAdmission: Sendable {
    /// The verified token.
    public var token: AccessToken
    /// Name of the room, which comes from the token alone.
    public var room: String
    /// What the token grants.
    public var grant: VideoGrant
    /// What the client asked for.
    public var request: LiveKitJoinRequest
    /// Whether the client wants two peer connections: it does unless it brings a join request, whatever the path.
    public var isDual: Bool

    /// Checks a request for `/rtc/v1`, `/rtc` or their validation paths in LiveKit's order: token, grant, wishes.
    ///
    /// - Parameters:
    ///   - message: The HTTP request.
    ///   - credentials: The key that must have signed the token.
    ///   - unixSeconds: What time it is.
    public init(
        _ message: HTTPRequestMessage, credentials: AccessToken.Credentials, unixSeconds: Int64
    ) throws(JoinRefusal) {
        let target = RequestTarget(parsing: message.url)
        do throws(AccessTokenError) {
            let text = try Self.tokenText(message, target: target)
            token = try AccessToken.verify(text, credentials: credentials, unixSeconds: unixSeconds)
            room = try token.authorizeJoin()
        } catch {
            throw JoinRefusal(status: error.status, text: error.text)
        }
        grant = token.video ?? VideoGrant()
        let parameter = target.value(of: "join_request") ?? ""
        isDual = parameter.isEmpty && !target.path.hasPrefix(JoinEndpoint.path)
        if isDual {
            request = LiveKitJoinRequest(query: target)
        } else {
            do throws(JoinRequestError) {
                request = try LiveKitJoinRequest(parameter: parameter)
            } catch {
                throw JoinRefusal(status: 400, text: error.text)
            }
        }
        let changesItself = !request.metadata.isEmpty || !request.participantAttributes.isEmpty
        guard !changesItself || grant.mayUpdateOwnMetadata else {
            throw JoinRefusal(status: 401, text: AccessTokenError.noPermission.text)
        }
    }

    private static func tokenText(
        _ message: HTTPRequestMessage, target: RequestTarget
    ) throws(AccessTokenError) -> String {
        if let header = message.header("Authorization") {
            guard header.hasPrefix("Bearer ") else { throw .notBearer }
            return String(header.dropFirst("Bearer ".count))
        }
        guard let token = target.value(of: "access_token"), !token.isEmpty else { throw .noPermission }
        return token
    }
}

/// How LiveKit refuses before the WebSocket opens: a status and a plain text.
public struct JoinRefusal: Error, Hashable, Sendable {
    /// The HTTP status.
    ///
    /// Clients give up on 401 and 403 and try again on 500 and 503.
    public var status: Int
    /// The body.
    public var text: String

    /// Makes a refusal.
    public init(status: Int, text: String) {
        self.status = status
        self.text = text
    }

    /// The room has as many participants as it may.
    public static let roomFull = JoinRefusal(status: 500, text: "connection closed by media")

    /// The node takes no more load.
    public static let nodeLimit = JoinRefusal(status: 503, text: "node has exceeded its configured limit")

    /// The refusal as HTTP, readable for scripts of any origin as LiveKit's are.
    public var response: HTTPResponseMessage {
        var response = HTTPResponseMessage(status: status, text: text)
        response.headers.append(HTTPMessageHeader(name: "Access-Control-Allow-Origin", value: "*"))
        return response
    }
}
