/// As whom a participant comes.
public enum Login: String, CaseIterable, Codable, Hashable, Sendable {
    /// Without an account.
    case guest
    /// With an account.
    case account
    /// With the account that owns the room, and makes it if the scenario names none.
    case owner
}

/// Who may enter a room without waiting in its lobby.
public enum RoomAccess: String, CaseIterable, Codable, Hashable, Sendable {
    /// Everybody.
    case `public`
    /// Whoever is logged in.
    case trusted
    /// Nobody but the owner.
    case restricted
}

/// How a room of the plan comes to be.
public enum RoomMaking: String, Codable, Hashable, Sendable {
    /// It is there, or the deployment opens rooms that nobody registered.
    case none
    /// Its owner makes it before the run.
    case owner
    /// An application makes it before the run.
    case application
}

/// How a Visio's participants get their accounts and rooms; never a secret, only where secrets are found.
public struct SignIn: Codable, Hashable, Sendable {
    /// Where something secret is found.
    public enum Source: Codable, Hashable, Sendable {
        /// In a file.
        case file(String)
        /// In an environment variable.
        case environment(String)
    }

    /// The application that makes rooms through the external API.
    public struct Application: Codable, Hashable, Sendable {
        /// Its id.
        public var client: Credential
        /// Its secret.
        public var secret: Credential
        /// The e-mail address of whoever owns rooms that have no owner among their participants.
        public var owner: String?

        /// Names an application.
        public init(client: Credential, secret: Credential, owner: String? = nil) {
            self.client = client
            self.secret = secret
            self.owner = owner
        }
    }

    /// Where names and passwords for the identity provider are found.
    public var accounts: Source?
    /// Where cookies of sessions are found that the operator has opened.
    public var sessions: Source?
    /// The application that makes rooms.
    public var application: Application?
    /// Whether guests' pages look for a session at the identity provider, where the deployment wants that.
    public var isSilent = false

    /// Nobody logs in.
    public init() {}

    /// Whether anybody can log in.
    public var hasAccounts: Bool { accounts != nil || sessions != nil }
}
