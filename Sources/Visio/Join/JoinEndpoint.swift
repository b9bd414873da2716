/// Where and how a client opens its signalling WebSocket.
public struct JoinEndpoint: Hashable, Sendable {
    /// How the token travels.
    public enum TokenTransport: Hashable, Sendable {
        /// In the query, as browsers must: they cannot set headers.
        case query
        /// In `Authorization: Bearer`, as native clients do.
        case header
    }

    /// What a client asks for beside its room, which the token names.
    public struct Options: Hashable, Sendable {
        /// How the token travels.
        public var transport: TokenTransport
        /// The `User-Agent` header, where there is one.
        public var userAgent: String?

        /// Chooses.
        public init(transport: TokenTransport, userAgent: String? = nil) {
            self.transport = transport
            self.userAgent = userAgent
        }
    }

    /// The WebSocket URL; holds the token if it travels in the query, so it is not for logs.
    public var url: String
    /// Headers of the handshake.
    public var headers: [HTTPMessageHeader]

    /// A GET of this URL answers as the handshake would, without opening anything: how a browser, which is not shown
    /// the answer to a failed handshake, learns the reason.
    public var validationURL: String

    /// Composes `<server>/rtc/v1?access_token=…&join_request=…`; nil if `server` is no URL.
    ///
    /// - Parameters:
    ///   - server: The LiveKit URL as Meet's configuration gives it, `http` or `ws`, possibly with a path prefix.
    ///   - token: The access token.
    ///   - options: How the token travels, and who asks.
    ///   - request: Everything else.
    public init?(server: String, token: String, options: Options, request: LiveKitJoinRequest) {
        self.init(
            server: server, path: Self.path, token: token, options: options,
            items: [RequestTarget.Item(name: "join_request", value: request.parameter())])
    }

    /// Composes `<server>/rtc?access_token=…&auto_subscribe=…` for two peer connections, with the same wishes as a
    /// join request; nil if `server` is no URL.
    public init?(dual server: String, token: String, options: Options, request: LiveKitJoinRequest) {
        self.init(
            server: server, path: Self.dualPath, token: token, options: options,
            items: request.queryItems.map { RequestTarget.Item(name: $0.name, value: $0.value) })
    }

    private init?(
        server: String, path: String, token: String, options: Options, items: [RequestTarget.Item]
    ) {
        guard let base = CarrierURL(server)?.asWebSocket else { return nil }
        var target = RequestTarget(path: "")
        headers = []
        switch options.transport {
        case .query: target.items.append(RequestTarget.Item(name: "access_token", value: token))
        case .header: headers.append(HTTPMessageHeader(name: "Authorization", value: "Bearer \(token)"))
        }
        if let userAgent = options.userAgent {
            headers.append(HTTPMessageHeader(name: "User-Agent", value: userAgent))
        }
        target.items += items
        url = base.appending(path: path).text + target.text
        validationURL = base.asHTTP.appending(path: path + "/validate").text + target.text
    }

    /// Path of the single peer connection's signalling.
    public static let path = "/rtc/v1"

    /// Path of the signalling of two peer connections.
    public static let dualPath = "/rtc"

    /// Paths that answer as `path` and `dualPath` would, without opening anything.
    public static let validationPaths = ["/rtc/v1/validate", "/rtc/validate"]
}
