public import Primitives
public import Visio

/// How the embedded deployment's Meet is set up: what an administrator would write into its settings.
public struct MeetOptions: Sendable {
    /// The forms that identity providers show.
    public enum ProviderStyle: Sendable, Hashable, CaseIterable {
        /// Name and password in Keycloak's form, whose address carries the session.
        case keycloak
        /// Name and password in a form that goes to its own page and carries a token.
        case plain
        /// The name first, then the password, then a page that asks for consent.
        case stepwise
    }

    /// An answer that some request gets instead of its own.
    public struct Fault: Sendable, Hashable {
        /// What a broken deployment answers.
        public enum Answer: Sendable, Hashable {
            /// An HTML page with this status, as a proxy or a crash gives it.
            case html(status: Int)
            /// 429, to be asked again after this long.
            case throttled(retryAfter: Interval)
            /// An error of the API with this status.
            case error(status: Int, detail: String)
        }

        /// The end of the request's path, such as `/config/`.
        public var path: String
        /// How many such requests get the answer, counted from the first.
        public var count: Int
        /// What they get.
        public var answer: Answer

        /// Describes a fault.
        public init(path: String, count: Int, answer: Answer) {
            self.path = path
            self.count = count
            self.answer = answer
        }
    }

    /// Whether a room that nobody registered is open to everybody (`ALLOW_UNREGISTERED_ROOMS`).
    public var allowsUnregisteredRooms = true
    /// Who can log in.
    public var accounts: [Account] = []
    /// What the identity provider's pages look like.
    public var providerStyle = ProviderStyle.keycloak
    /// Where the identity provider is; the deployment itself unless given.
    public var providerURL: String?
    /// Whether Meet asks the provider for proof of possession (`OIDC_USE_PKCE`, RFC 7636).
    public var usesPKCE = true
    /// Whether pages of guests look for a session at the provider (`FRONTEND_IS_SILENT_LOGIN_ENABLED`).
    public var isSilentLoginEnabled = false
    /// Who may enter new rooms without the lobby (`RESOURCE_DEFAULT_ACCESS_LEVEL`).
    public var defaultAccessLevel = MeetRoom.AccessLevel.public
    /// Most questions of one participant of the lobby in a minute (`REQUEST_ENTRY_THROTTLE_RATES`).
    public var lobbyQuestionsPerMinute = 150
    /// The application that may use the external API; nil for none.
    public var application: ExternalAPIClient.Application?
    /// Deliberate faults.
    public var faults: [Fault] = []

    /// A deployment like Meet's defaults, open to everybody.
    public init() {}

    /// Accounts that need no list: as many as a plan asks for, with passwords from its seed.
    public static func accounts(count: Int, seed: UInt64) -> [Account] {
        let generator = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            var own = generator.fork("account", number)
            return Account(
                username: "person-\(number)", password: own.text(16), email: "person-\(number)@visio.test")
        }
    }
}
