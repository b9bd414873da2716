public import Scenario
public import Visio

/// The secrets of a run: accounts, open sessions, and the application that makes rooms.
public struct SignInMaterial: Sendable {
    /// One cookie of a session.
    public struct Cookie: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The value; not for logs.
        public var value: String

        /// Makes a cookie.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Who can log in.
    public var accounts: [Account] = []
    /// Sessions that the operator has opened.
    public var sessions: [[Cookie]] = []
    /// The application that makes rooms.
    public var application: ExternalAPIClient.Application?
    /// The e-mail address of whoever owns rooms without an owner among their participants.
    public var applicationOwner: String?

    /// Nobody logs in.
    public init() {}

    /// The secrets of a deployment that the run itself has started.
    public init(
        accounts: [Account], application: ExternalAPIClient.Application?, applicationOwner: String?
    ) {
        self.accounts = accounts
        self.application = application
        self.applicationOwner = applicationOwner
    }

    /// Reads sessions from a text: one to a line, as `name=value; name=value`, or a value alone for Django's cookie.
    public static func sessions(_ text: String) -> [[Cookie]] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let trimmed = line.drop { $0 == " " }
            guard !trimmed.isEmpty, !trimmed.hasPrefix("#") else { return nil }
            let cookies = trimmed.split(separator: ";").compactMap { pair -> Cookie? in
                let text = pair.drop { $0 == " " }
                guard let equals = text.firstIndex(of: "=") else {
                    return text.isEmpty ? nil : Cookie(name: "sessionid", value: String(text))
                }
                return Cookie(
                    name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
            }
            return cookies.isEmpty ? nil : cookies
        }
    }

    /// Why there are too few accounts for a plan; nil when there are enough.
    ///
    /// An account may sit in several rooms, as a person with several pages may, but only once in each: LiveKit sends
    /// the first one away when the second comes.
    public func shortage(for plan: Plan) -> String? {
        let count = max(accounts.count, sessions.count)
        var inRoom: [Int: Int] = [:]
        for participant in plan.participants where participant.account != nil {
            inRoom[participant.room, default: 0] += 1
        }
        let most = inRoom.values.max() ?? 0
        guard count < most else { return nil }
        return "\(count) accounts for \(most) participants of one room who log in"
    }

    /// As whom a participant comes, and with which cookies.
    func visitor(
        for participant: PlannedParticipant, at url: CarrierURL?
    ) -> (visitor: MeetClient.Visitor, cookies: CookieJar) {
        var jar = CookieJar()
        guard let number = participant.account else { return (.guest, jar) }
        if !sessions.isEmpty, let url {
            for cookie in sessions[number % sessions.count] {
                jar.insert(name: cookie.name, value: cookie.value, for: url)
            }
            return (.session, jar)
        }
        guard !accounts.isEmpty else { return (.session, jar) }
        return (.account(accounts[number % accounts.count]), jar)
    }

    /// Everything that must not appear in a text.
    var secrets: [String] {
        accounts.map(\.password) + sessions.flatMap { $0.map(\.value) }
            + [application?.secret].compactMap { $0 }
    }
}

/// Rooms that were made before the run, and what their owners' browsers hold since then.
public struct PreparedRooms: Sendable {
    /// Slugs that the server chose, by room.
    public var slugs: [Int: String] = [:]
    /// Cookies of owners, by participant.
    public var cookies: [Int: CookieJar] = [:]

    /// No room was made.
    public init() {}
}
