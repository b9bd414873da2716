import Primitives

/// What people do, in words.
extension ScenarioReader {
    /// Reads a role's behaviour from its fields.
    mutating func readBehaviour(_ fields: Fields) -> Behaviour {
        var behaviour = Behaviour()
        behaviour.chat = readTiming("chat", of: fields)
        behaviour.reactions = readTiming("reactions", of: fields, maximum: 10)
        behaviour.hand = readTiming("hand", of: fields, isLasting: true)
        behaviour.rename = readTiming("rename", of: fields)
        behaviour.lobby = fields["lobby"].flatMap { readLobby($0, of: fields) }
        behaviour.moderation = fields["moderates"].flatMap { readModeration($0, of: fields) }
        return behaviour
    }

    /// A rate, or moments; for what lasts, a rate or spans.
    ///
    /// - Parameter maximum: The most often that people do it, per second; reactions are limited by Visio's page.
    private mutating func readTiming(
        _ word: String, of fields: Fields, isLasting: Bool = false, maximum: Double = 10
    ) -> Timing? {
        guard let element = fields[word] else { return nil }
        let title = "\"\(word)\" of \(fields.title)"
        let items = element.items ?? [element]
        let first = element.items == nil ? element.scalar : nil
        if let first, first.contains("/") {
            return readRate(element, maximum: maximum, title: title)
                .map { .poisson(every: .microseconds(Int64((1e6 / $0).rounded()))) }
        }
        if isLasting {
            let spans = readSpans(items, title: title)
            return spans.isEmpty ? nil : .spans(spans)
        }
        var moments: [Interval] = []
        for item in items {
            guard let moment = item.scalar.flatMap(Quantity.moment), moment <= Self.longestRun else {
                report(
                    item.place, "\(item.found) as \(title)",
                    expected: "a rate such as 2/min, a moment such as at 30s, or a list of moments")
                continue
            }
            moments.append(moment)
        }
        return moments.isEmpty ? nil : .moments(moments.sorted())
    }

    private mutating func readSpans(_ items: [Element], title: String) -> [TimeSpan] {
        var spans: [TimeSpan] = []
        for item in items {
            guard let span = readSpan(item, title: title) else { continue }
            if spans.contains(where: { $0.start < span.end && span.start < $0.end }) {
                report(
                    item.place, "spans of \(title) that overlap", expected: "spans apart from each other")
            }
            spans.append(span)
        }
        return spans.sorted { $0.start < $1.start }
    }

    private mutating func readLobby(_ element: Element, of role: Fields) -> LobbyPolicy? {
        let title = "\"lobby\" of \(role.title)"
        if element.scalar != nil {
            switch readChoice(element, Vocabulary.opening, title: title) {
            case "accept": return LobbyPolicy()
            case "deny": return LobbyPolicy(acceptedPerMillion: 0)
            default: return nil
            }
        }
        guard let fields = readFields(element, Vocabulary.lobby, title: title) else { return nil }
        var policy = LobbyPolicy()
        if let value = fields["accept"] {
            if let share = value.scalar.flatMap(Quantity.share), share <= 1 {
                policy.acceptedPerMillion = Int((share * 1e6).rounded())
            } else {
                report(
                    value.place, "\(value.found) as \"accept\" of \(title)", expected: "a share such as 90%")
            }
        }
        if let value = fields["after"] {
            let range = Interval.zero...Interval.seconds(Int64(600))
            policy.after = readDuration(value, in: range, title: "\"after\" of \(title)") ?? policy.after
        }
        return policy
    }

    private mutating func readModeration(_ element: Element, of role: Fields) -> Moderation? {
        let title = "\"moderates\" of \(role.title)"
        guard let fields = readFields(element, Vocabulary.moderation, title: title) else { return nil }
        var moderation = Moderation()
        moderation.mute = readTiming("mute", of: fields, maximum: 1)
        moderation.muteAll = readTiming("mute-all", of: fields, maximum: 1)
        moderation.remove = readTiming("remove", of: fields, maximum: 1)
        if let value = fields["restrict"] {
            let name = "\"restrict\" of \(title)"
            guard let sources = readFields(value, Vocabulary.restriction, title: name) else { return nil }
            for source in Restriction.Source.allCases {
                guard let spans = sources[source.rawValue] else { continue }
                moderation.restrictions.append(
                    Restriction(
                        source: source,
                        spans: readSpans(spans.items ?? [spans], title: "\"\(source.rawValue)\" of \(name)")))
            }
        }
        return moderation
    }

    // MARK: What only the whole scenario shows

    /// Checks that whoever logs in can, that rooms can be made, and that hands have a Meet to be raised at.
    mutating func checkSignIn(of scenario: Scenario, roles: [ReadRole], rooms: [ReadRoomGroup]) {
        var isVisio = false
        var isLiveKit = false
        switch scenario.target {
        case .embedded: break
        case .visio: isVisio = true
        case .livekit: isLiveKit = true
        }
        for read in roles {
            let role = read.role
            let wish = read.loginPlace ?? read.place
            if isLiveKit, role.login != .guest || role.behaviour.needsRegisteredRoom {
                report(
                    wish,
                    "role \"\(role.name)\" with words that need Meet, where the target is LiveKit alone",
                    expected: "chat and reactions alone, or a target with Meet")
            } else if isVisio, role.login != .guest, !scenario.signIn.hasAccounts {
                report(
                    wish, "\"login\" in role \"\(role.name)\", for which the target has no accounts",
                    expected: "login: {accounts: FILE} or login: {sessions: FILE} in the target")
            }
            if role.login != .owner, let place = read.hostPlace {
                report(
                    place, "a host's word in role \"\(role.name)\", whose login is \(role.login.rawValue)",
                    expected: "login: owner")
            }
        }
        for (read, group) in zip(rooms, scenario.rooms) {
            check(
                group, at: read, of: scenario,
                canMakeRooms: !isLiveKit && (!isVisio || scenario.signIn.application != nil))
        }
    }

    private mutating func check(
        _ group: RoomGroup, at read: ReadRoomGroup, of scenario: Scenario, canMakeRooms: Bool
    ) {
        let players = scenario.roles.filter { role in group.mix.parts.contains { $0.role == role.name } }
        let hasOwner = players.contains { $0.login == .owner }
        if let place = read.accessPlace, !group.slugs.isEmpty {
            report(
                place, "\"access\" of room group \"\(group.name)\", whose rooms exist",
                expected: "\"access\" without \"slugs\"")
        } else if let place = read.accessPlace, !hasOwner, !canMakeRooms {
            report(
                place, "\"access\" of room group \"\(group.name)\", whose rooms nobody can make",
                expected: "a role with login: owner in its mix, or external-api in the target's login")
        }
        let isRegistered = hasOwner || canMakeRooms || !group.slugs.isEmpty
        guard !isRegistered, let needy = players.first(where: { $0.behaviour.needsRegisteredRoom }) else {
            return
        }
        report(
            read.place,
            "role \"\(needy.name)\" in room group \"\(group.name)\", whose rooms Meet does not know",
            expected:
                "slugs of existing rooms, a role with login: owner, or external-api in the target's login")
    }
}
