import Primitives

/// A role with the places that later checks speak of.
struct ReadRole {
    /// What was read.
    var role: Role
    /// Where the role's name stands.
    var place: Place
    /// Where each muted span stands.
    var mutePlaces: [Place]
    /// Where the word about logging in stands, or else the first word that needs Meet.
    var loginPlace: Place?
    /// Where the first word stands that is an owner's.
    var hostPlace: Place?
    /// Where the role's network stands.
    var networkPlace: Place?
    /// Where each span of a shared screen stands.
    var screenPlaces: [Place] = []
}

extension ScenarioReader {
    /// Reads the roles.
    mutating func readRoles(_ element: Element) -> [ReadRole] {
        guard let entries = element.entries, !entries.isEmpty else {
            report(element.place, "\(element.found) as \"roles\"", expected: "one or more roles by name")
            return []
        }
        return entries.compactMap { entry in
            guard Self.isName(entry.key) else {
                report(
                    entry.place, "\"\(Element.shortened(entry.key))\" as the name of a role",
                    expected: Self.nameRule)
                return nil
            }
            return readRole(entry)
        }
    }

    private mutating func readRole(_ entry: Element.Entry) -> ReadRole? {
        let title = "role \"\(entry.key)\""
        guard let fields = readFields(entry.value, Vocabulary.role, title: title) else { return nil }
        var role = Role(
            name: entry.key, microphone: .off, cameras: [CameraShare(camera: .off, share: 1)], layout: .grid,
            login: .guest, behaviour: readBehaviour(fields), mutes: [])
        var isComplete = true
        if let value = fields["microphone"] {
            let word = readChoice(value, Vocabulary.microphone, title: "\"microphone\" of \(title)")
            role.microphone = word.flatMap(Microphone.init(rawValue:)) ?? .off
            isComplete = word != nil
        }
        if let value = fields["camera"] { role.cameras = readCameras(value, title: "\"camera\" of \(title)") }
        if let value = fields["layout"] {
            let word = readChoice(value, Vocabulary.layout, title: "\"layout\" of \(title)")
            role.layout = word.flatMap(Layout.init(rawValue:)) ?? .grid
        }
        if let value = fields["login"] {
            let word = readChoice(value, Vocabulary.loginKind, title: "\"login\" of \(title)")
            role.login = word.flatMap(Login.init(rawValue:)) ?? .guest
        }
        var mutePlaces: [Place] = []
        if let value = fields["mute"] {
            let spans = readSpans(value, title: "\"mute\" of \(title)")
            role.mutes = spans.map(\.span)
            mutePlaces = spans.map(\.place)
            if isComplete, !role.microphone.speaks {
                report(
                    fields.places["mute"] ?? value.place,
                    "\"mute\" in \(title), whose microphone is \(role.microphone.rawValue) all the time",
                    expected: "a microphone that speaks: conversation or monologue")
            }
        }
        role.network = fields["network"].flatMap { readName($0, title: "\"network\" of \(title)") }
        role.reload = fields["reload"].flatMap { readMoments($0, title: "\"reload\" of \(title)") }
        role.networkChange = fields["network-change"].flatMap {
            readMoments($0, title: "\"network-change\" of \(title)")
        }
        role.closeTab = fields["close-tab"].flatMap { readMoments($0, title: "\"close-tab\" of \(title)") }
        if let value = fields["client"] {
            role.browsers = readBrowsers(value, title: "\"client\" of \(title)")
        }
        let screens = fields["screen"].map { readSpans($0, title: "\"screen\" of \(title)") } ?? []
        role.screens = screens.map(\.span)
        role.page = readPage(fields)
        func place(_ words: String...) -> Place? { words.compactMap { fields.places[$0] }.first }
        return ReadRole(
            role: role, place: entry.place, mutePlaces: mutePlaces,
            loginPlace: place("login", "hand", "rename", "lobby", "moderates"),
            hostPlace: place("lobby", "moderates"), networkPlace: fields["network"]?.place,
            screenPlaces: screens.map(\.place))
    }

    private mutating func readCameras(_ element: Element, title: String) -> [CameraShare] {
        readChoiceShares(element, Vocabulary.camera, title: title).compactMap { word, share in
            Camera(rawValue: word).map { CameraShare(camera: $0, share: share) }
        }
    }

    /// Reads browsers: one for all, or a share for each.
    mutating func readBrowsers(_ element: Element, title: String) -> [BrowserShare] {
        readChoiceShares(element, Vocabulary.client, title: title).compactMap { word, share in
            Browser(rawValue: word).map { BrowserShare(browser: $0, share: share) }
        }
    }

    /// Reads one of the values of `group`, or a share for each of several; empty after a mistake.
    private mutating func readChoiceShares(
        _ element: Element, _ group: ChoiceGroup, title: String
    ) -> [(word: String, share: Double)] {
        guard let entries = element.entries else {
            return readChoice(element, group, title: title).map { [($0, 1)] } ?? []
        }
        let before = diagnostics.count
        var shares: [(word: String, share: Double)] = []
        var rest: Int?
        for entry in entries {
            let key = Element(place: entry.place, content: .scalar(entry.key, isPlain: false))
            let word = readChoice(key, group, title: title) ?? ""
            if entry.value.scalar == "rest", rest == nil {
                rest = shares.count
                shares.append((word, 0))
            } else if let share = entry.value.scalar.flatMap(Quantity.share), share <= 1 {
                shares.append((word, share))
            } else {
                report(
                    entry.value.place, "\(entry.value.found) in \(title)",
                    expected: "a share such as 40%, or one rest")
            }
        }
        guard diagnostics.count == before else { return [] }
        let sum = shares.reduce(0) { $0 + $1.share }
        if let rest, sum <= 1 + 1e-9 {
            shares[rest].share = max(0, 1 - sum)
        } else if abs(sum - 1) > 1e-9 {
            report(
                element.place, "shares of \(Self.percent(sum)) in \(title)",
                expected: "shares that add up to 100%, or a rest")
        }
        return shares
    }

    /// Reads a span or a list of spans, and returns them in order.
    mutating func readSpans(_ element: Element, title: String) -> [(span: TimeSpan, place: Place)] {
        let items = element.items ?? [element]
        var spans: [(span: TimeSpan, place: Place)] = []
        for item in items {
            guard let span = readSpan(item, title: title) else { continue }
            if spans.contains(where: { $0.span.start < span.end && span.start < $0.span.end }) {
                report(item.place, "spans that overlap in \(title)", expected: "spans apart from each other")
            }
            spans.append((span, item.place))
        }
        return spans.sorted { $0.span.start < $1.span.start }
    }

    private mutating func readPage(_ fields: Fields) -> PageUse {
        var page = PageUse()
        if let value = fields["window"] {
            if let window = value.scalar.flatMap(Quantity.pixels), 320...7680 ~= window.width,
                240...4320 ~= window.height
            {
                page.geometry = PageGeometry(width: window.width, height: window.height)
            } else {
                report(
                    value.place, "\(value.found) as \"window\" of \(fields.title)",
                    expected: "a width and a height of 320x240 to 7680x4320, such as 1920x1080")
            }
        }
        if let value = fields["page-turns"] {
            let rate = readRate(value, maximum: 1, title: "\"page-turns\" of \(fields.title)")
            page.pageTurnInterval = rate.map { .microseconds(Int64((1e6 / $0).rounded())) }
        }
        if let value = fields["receive"] {
            let word = readChoice(value, Vocabulary.receive, title: "\"receive\" of \(fields.title)")
            page.receiveQuality = word.flatMap(ReceiveQuality.init(rawValue:)) ?? .high
        }
        return page
    }

    /// A share as text, such as `87.5%`.
    static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
    }
}
