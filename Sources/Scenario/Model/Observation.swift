public import Primitives

/// What is looked at beside the run: the server's own side of the story.
public struct Observation: Codable, Equatable, Sendable {
    /// The metrics pages that are read, in the order of the file.
    public var pages: [MetricsPage]
    /// LiveKit's API, if it is asked who is there.
    public var api: ServerAPI?

    /// Looks at nothing by default.
    public init(pages: [MetricsPage] = [], api: ServerAPI? = nil) {
        self.pages = pages
        self.api = api
    }

    /// Every address that is contacted.
    public var addresses: [TargetURL] { pages.map(\.url) + (api.map { [$0.url] } ?? []) }
}

/// A page of metrics in Prometheus' text format.
public struct MetricsPage: Codable, Equatable, Sendable {
    /// Who reads a page that is not for everybody (RFC 7617).
    public struct Login: Codable, Equatable, Sendable {
        /// The user's name.
        public var user: Credential
        /// The password.
        public var password: Credential

        /// Makes a login.
        public init(user: Credential, password: Credential) {
            self.user = user
            self.password = password
        }
    }

    /// What it is called in the report.
    public var name: String
    /// Where it is.
    public var url: TargetURL
    /// The time from one reading to the next.
    public var interval: Interval
    /// Who reads it; nil where everybody may.
    public var login: Login?

    /// How often pages are read that say nothing about it.
    public static let usualInterval = Interval.seconds(Int64(5))

    /// Describes a page that everybody may read.
    public init(name: String, url: TargetURL, interval: Interval = usualInterval) {
        self.name = name
        self.url = url
        self.interval = interval
    }
}

/// LiveKit's API for its operator (RoomService).
public struct ServerAPI: Codable, Equatable, Sendable {
    /// LiveKit's address.
    public var url: TargetURL
    /// The API key.
    public var key: Credential
    /// The API secret.
    public var secret: Credential

    /// Describes the way to an API.
    public init(url: TargetURL, key: Credential, secret: Credential) {
        self.url = url
        self.key = key
        self.secret = secret
    }
}
