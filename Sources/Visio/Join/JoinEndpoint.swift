/// Where and how a client opens its signalling WebSocket.
public struct JoinEndpoint: Hashable, Sendable {
    /// How the token travels.
    public enum TokenTransport: Hashable, Sendable {
        /// In the query, as browsers must: they cannot set headers.
        case query
        /// In `Authorization: Bearer`, as native clients do.
        case header
    }

    /// The WebSocket URL; holds the token if it travels in the query, so it is not for logs.
    public var url: String
    /// Headers of the handshake.
    public var headers: [HTTPMessageHeader]

    /// Composes `<server>/rtc/v1?access_token=…&join_request=…`; nil if `server` is no URL.
    ///
    /// - Parameters:
    ///   - server: The LiveKit URL as Meet's configuration gives it, `http` or `ws`, possibly with a path prefix.
    ///   - token: The access token.
    ///   - transport: How the token travels.
    ///   - request: Everything else.
    public init?(
        server: String, token: String, transport: TokenTransport, request: LiveKitJoinRequest
    ) {
        guard let base = CarrierURL(server)?.asWebSocket else { return nil }
        var target = RequestTarget(path: "")
        switch transport {
        case .query:
            target.items.append(RequestTarget.Item(name: "access_token", value: token))
            headers = []
        case .header:
            headers = [HTTPMessageHeader(name: "Authorization", value: "Bearer \(token)")]
        }
        target.items.append(RequestTarget.Item(name: "join_request", value: request.parameter()))
        url = base.appending(path: Self.path).text + target.text
    }

    /// Path of the single peer connection's signalling.
    public static let path = "/rtc/v1"

    /// Path that answers like `path` would, without opening anything.
    public static let validationPath = "/rtc/v1/validate"
}
