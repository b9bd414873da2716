import Primitives

/// The target with the place that later checks speak of.
struct ReadTarget {
    /// What is tested.
    var target: Target
    /// Which signalling mode participants use.
    var signalling: SignallingMode
    /// How participants get accounts and rooms.
    var signIn: SignIn
    /// What may be done to it.
    var allow: AllowList
    /// Where that is said.
    var allowPlace: Place
    /// What is looked at beside the run.
    var observation = Observation()
}

extension ScenarioReader {
    /// Reads the target and what may be done to it.
    mutating func readTarget(_ element: Element) -> ReadTarget? {
        guard let fields = readFields(element, Vocabulary.target, title: "\"target\"") else { return nil }
        let signalling = fields["signalling"].map {
            readSignalling($0, title: "\"signalling\" of \"target\"")
        }
        let allow = fields["allow"].flatMap { readAllowList($0) }
        var target: Target?
        if let value = fields["embedded"] {
            target = readEmbedded(value).map { .embedded($0) }
        } else if let value = fields["visio"] {
            target = readUrl(value, title: "\"visio\"", schemes: ["http", "https"]).map { .visio($0) }
        } else if let value = fields["livekit"] {
            target = readLivekit(value, title: "\"livekit\"").map {
                .livekit($0.url, key: $0.key, secret: $0.secret)
            }
        }
        let observation = readObservation(fields)
        let signIn = fields["login"].map { readSignIn($0, of: fields) } ?? SignIn()
        guard let target else { return nil }
        let list = allow ?? AllowList()
        if allow != nil || fields["allow"] == nil {
            if let url = target.url, !AllowList.isLoopback(url.host) {
                let word = fields["visio"] == nil ? "livekit" : "visio"
                checkReach(url, list, at: fields.values[word]?.place ?? fields.place, fields)
            }
            checkReach(of: observation, list, fields)
        }
        return ReadTarget(
            target: target, signalling: signalling ?? .auto, signIn: signIn, allow: list,
            allowPlace: fields["allow"]?.place ?? fields.place, observation: observation)
    }

    private mutating func readSignalling(_ element: Element, title: String) -> SignallingMode {
        readChoice(element, Vocabulary.signalling, title: title).flatMap(SignallingMode.init(rawValue:))
            ?? .auto
    }

    /// A host that is not this machine must be named, and the size of the load on it be bounded.
    private mutating func checkReach(_ url: TargetURL, _ allow: AllowList, at place: Place, _ fields: Fields)
    {
        if !allow.permits(host: url.host) {
            report(
                place, "host \"\(url.host)\", which \"allow\" does not name",
                expected: "permission in the target: allow: {hosts: [\(url.host)], participants: N}",
                hint: NearestWord.to(url.host, in: allow.hosts))
        } else if allow.participants == nil {
            report(
                fields["allow"]?.place ?? place, "\"allow\" without \"participants\"",
                expected: "the most participants that \(url.host) may be tested with")
        }
    }

    private mutating func readAllowList(_ element: Element) -> AllowList? {
        guard let fields = readFields(element, Vocabulary.allow, title: "\"allow\"") else { return nil }
        var hosts: [String] = []
        if let list = fields["hosts"] {
            guard let items = list.items else {
                report(
                    list.place, "\(list.found) as \"hosts\"", expected: "a list such as [visio.example.fr]")
                return nil
            }
            for item in items {
                if let host = item.scalar, Self.isHostPattern(host) {
                    hosts.append(host)
                } else {
                    report(
                        item.place, "\(item.found) in \"hosts\"",
                        expected: "a host without scheme and port, or *. and a domain of two or more labels")
                }
            }
        }
        let participants = fields["participants"].flatMap {
            readWholeNumber($0, in: 1...Self.mostParticipants, title: "\"participants\" of \"allow\"")
        }
        let selfSigned = fields["self-signed"].map { readSelfSigned($0) }
        return AllowList(hosts: hosts, participants: participants, selfSigned: selfSigned)
    }

    private mutating func readSelfSigned(_ element: Element) -> [String] {
        guard let items = element.items else {
            report(
                element.place, "\(element.found) as \"self-signed\"",
                expected: "a list such as [turn.example.fr]")
            return []
        }
        return items.compactMap { item in
            if let host = item.scalar, Self.isHostPattern(host), !host.hasPrefix("*") { return host }
            report(
                item.place, "\(item.found) in \"self-signed\"",
                expected: "a host without scheme, port and wildcard")
            return nil
        }
    }

    private mutating func readEmbedded(_ element: Element) -> EmbeddedOptions? {
        if element.isNull { return EmbeddedOptions() }
        guard let fields = readFields(element, Vocabulary.embedded, title: "\"embedded\"") else { return nil }
        var options = EmbeddedOptions()
        if let value = fields["delay"] {
            options.delay =
                readDuration(value, in: .zero...Interval.seconds(Int64(10)), title: "\"delay\"") ?? .zero
        }
        if let value = fields["loss"] { options.loss = readLoss(value) ?? .none }
        options.freeze = fields["freeze"].flatMap { readSpan($0, title: "\"freeze\"") }
        options.capacity = fields["capacity"].flatMap {
            readWholeNumber($0, in: 1...100_000, title: "\"capacity\"")
        }
        if let value = fields["signalling"] {
            options.signalling = readSignalling(value, title: "\"signalling\" of \"embedded\"")
        }
        if let value = fields["cut"] { options.cuts = readInstants(value, title: "\"cut\"") }
        if let value = fields["leave"] {
            options.leaves = readLeaves(value, title: "\"leave\" of \"embedded\"")
        }
        options.restart = fields["restart"].flatMap { readSpan($0, title: "\"restart\"") }
        options.deaf = fields["deaf"].flatMap { readSpan($0, title: "\"deaf\"") }
        options.blackout = fields["blackout"].flatMap { readSpan($0, title: "\"blackout\"") }
        if let value = fields["ways"] { options.ways = readWays(value) }
        options.blocked = fields["blocked"].flatMap {
            readChoice($0, Vocabulary.blocked, title: "\"blocked\"").flatMap(BlockedWay.init(rawValue:))
        }
        if let value = fields["ice-lite"] {
            options.isICELite = readFlag(value, title: "\"ice-lite\"") ?? false
        }
        return options
    }

    private mutating func readWays(_ element: Element) -> [EmbeddedWay] {
        guard let items = element.items, !items.isEmpty else {
            report(element.place, "\(element.found) as \"ways\"", expected: "a list such as [udp, tcp, turn]")
            return EmbeddedOptions().ways
        }
        let ways = items.compactMap { item in
            readChoice(item, Vocabulary.way, title: "a way of \"ways\"").flatMap(EmbeddedWay.init(rawValue:))
        }
        if ways.count == items.count, !ways.contains(.udp), !ways.contains(.tcp) {
            report(
                element.place, "\"ways\" without udp and tcp",
                expected: "one of the two: the others are more of it")
        }
        return EmbeddedWay.allCases.filter { ways.contains($0) }
    }

    private mutating func readLoss(_ element: Element) -> EmbeddedOptions.Loss? {
        if let items = element.items {
            let numbers = items.map {
                readWholeNumber($0, in: 1...1_000_000_000, title: "a packet of \"loss\"")
            }
            return .numbers(Array(Set(numbers.compactMap { $0 })).sorted())
        }
        guard let share = element.scalar.flatMap(Quantity.share), share <= 1 else {
            report(
                element.place, "\(element.found) as \"loss\"",
                expected: "a share of 0% to 100%, or a list of packet numbers such as [100, 101]")
            return nil
        }
        return share == 0 ? EmbeddedOptions.Loss.none : .rate(partsPerMillion: Int((share * 1e6).rounded()))
    }

    mutating func readLivekit(_ element: Element, title: String) -> ServerAPI? {
        guard let fields = readFields(element, Vocabulary.livekit, title: title) else { return nil }
        let url = fields["url"].flatMap { readUrl($0, title: "\"url\"", schemes: TargetURL.schemes) }
        let key = fields["key"].flatMap { readCredential($0, word: "key", example: "LIVEKIT_API_KEY") }
        let secret = fields["secret"].flatMap {
            readCredential($0, word: "secret", example: "LIVEKIT_API_SECRET")
        }
        guard let url, let key, let secret else { return nil }
        return ServerAPI(url: url, key: key, secret: secret)
    }

    private mutating func readSignIn(_ element: Element, of target: Fields) -> SignIn {
        var signIn = SignIn()
        guard let fields = readFields(element, Vocabulary.login, title: "\"login\"") else { return signIn }
        if target["visio"] == nil {
            report(
                target.places["login"] ?? element.place, "\"login\" beside a target that is no Visio",
                expected: "\"login\" beside visio: the embedded one makes its own accounts")
        }
        signIn.accounts = fields["accounts"].flatMap {
            readSource($0, word: "accounts", example: "VISIO_ACCOUNTS")
        }
        signIn.sessions = fields["sessions"].flatMap {
            readSource($0, word: "sessions", example: "VISIO_SESSIONS")
        }
        if fields["accounts"] != nil, let place = fields.places["sessions"] {
            report(place, "\"sessions\" beside \"accounts\" in \"login\"", expected: "only one of them")
        }
        if let value = fields["silent"] { signIn.isSilent = readFlag(value, title: "\"silent\"") ?? false }
        if let value = fields["external-api"] { signIn.application = readApplication(value) }
        return signIn
    }

    private mutating func readApplication(_ element: Element) -> SignIn.Application? {
        guard let fields = readFields(element, Vocabulary.application, title: "\"external-api\"") else {
            return nil
        }
        let client = fields["client"].flatMap {
            readCredential($0, word: "client", example: "VISIO_CLIENT_ID")
        }
        let secret = fields["secret"].flatMap {
            readCredential($0, word: "secret", example: "VISIO_CLIENT_SECRET")
        }
        let owner = fields["owner"].flatMap { readText($0, title: "\"owner\"") }
        if let owner, !owner.contains("@"), let place = fields["owner"]?.place {
            report(place, "\"\(Element.shortened(owner))\" as \"owner\"", expected: "an e-mail address")
        }
        guard let client, let secret else { return nil }
        return SignIn.Application(client: client, secret: secret, owner: owner)
    }

    /// A file by its path, or a variable; what looks like anything else may be the secret and is not repeated.
    private mutating func readSource(_ element: Element, word: String, example: String) -> SignIn.Source? {
        if let variable = element.scalar.flatMap(EnvironmentReference.variable) {
            return .environment(variable)
        }
        guard let path = element.scalar, !path.isEmpty, path.utf8.count <= 1000,
            !path.contains(where: { $0.isNewline || "$;=\"".contains($0) }), !path.hasSuffix("/")
        else {
            report(
                element.place, "something other than a file or a variable as \"\(word)\"",
                expected: "the path of a file, or ${\(example)}: secrets never stand in a scenario")
            return nil
        }
        return .file(path)
    }

    mutating func readCredential(_ element: Element, word: String, example: String) -> Credential? {
        guard let variable = element.scalar.flatMap(EnvironmentReference.variable) else {
            // What stands here may be the secret itself, so it is not repeated.
            report(
                element.place, "something other than a variable as \"\(word)\"",
                expected: "${\(example)}: keys and secrets come from the environment, never from a file")
            return nil
        }
        return Credential(environmentVariable: variable)
    }

    mutating func readUrl(_ element: Element, title: String, schemes: [String]) -> TargetURL? {
        guard let url = element.scalar.flatMap({ TargetURL($0) }), schemes.contains(url.scheme) else {
            report(
                element.place, "\(element.found) as \(title)",
                expected:
                    "an address such as \(schemes.last ?? "https")://host, without user and query"
            )
            return nil
        }
        return url
    }

    /// More participants than any plan may have.
    static let mostParticipants = 1_000_000

    private static func isHostPattern(_ text: String) -> Bool {
        var name = Substring(text)
        if name.hasPrefix("*.") {
            name = name.dropFirst(2)
            guard name.contains("."), SocketAddress(host: name, port: 0) == nil else { return false }
        }
        if SocketAddress(host: name, port: 0) != nil { return true }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }
}
