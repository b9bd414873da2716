import Primitives

/// Reads a scenario: text in, a scenario or every mistake in it out.
public enum ScenarioParser {
    /// Every mistake of one text, in the order of the text.
    public struct Mistakes: Error, Equatable, Sendable {
        /// The mistakes; never empty.
        public var diagnostics: [Diagnostic]
    }

    /// Reads the YAML `text` of `file`, with the command line's `path=value` overrides laid over it.
    ///
    /// Nothing but these texts has an influence: no clock, no environment, no other file. Either the scenario
    /// has no mistake, or all of its mistakes come back at once.
    public static func parse(text: String, file: String, overrides: [String] = []) -> Result<
        Scenario, Mistakes
    > {
        var diagnostics: [Diagnostic] = []
        var reader = DocumentReader(file: file)
        switch reader.read(text) {
        case .failure(let diagnostic): diagnostics.append(diagnostic)
        case .success(var root):
            for text in overrides {
                switch Override.parse(text).flatMap({ $0.apply(to: root) }) {
                case .success(let changed): root = changed
                case .failure(let diagnostic): diagnostics.append(diagnostic)
                }
            }
            var understanding = ScenarioReader()
            let scenario = understanding.readScenario(root)
            diagnostics += understanding.diagnostics
            if diagnostics.isEmpty, let scenario { return .success(scenario) }
        }
        return .failure(Mistakes(diagnostics: diagnostics.sorted()))
    }
}

extension ScenarioReader {
    /// Reads the outermost mapping; nil when the scenario cannot be planned.
    mutating func readScenario(_ root: Element) -> Scenario? {
        guard let fields = readFields(root, Vocabulary.scenario, title: "the scenario") else { return nil }
        let title = fields["scenario"].flatMap { readText($0, title: "the title of the scenario") }
        let seed = fields["seed"].flatMap { readWholeNumber($0, in: 0...Self.largestSeed, title: "\"seed\"") }
        let target = fields["target"].flatMap { readTarget($0) }
        let rooms = fields["rooms"].map { readRooms($0) } ?? []
        let roles = fields["roles"].map { readRoles($0) } ?? []
        let browsers = fields["client"].map { readBrowsers($0, title: "\"client\"") }
        let phases = fields["phases"].map { readPhases($0) } ?? []
        let networks = fields["network"].map { readNetworks($0, roles: roles) } ?? []
        checkNetworks(of: roles, among: fields["network"]?.entries?.map(\.key) ?? [])
        if let target { check(fields["network"], of: target.target) }
        let depth = fields["probes"].flatMap { readProbes($0) } ?? .verify
        let media = fields["media"].flatMap { readMedia($0) } ?? MediaOptions()
        let groups = complete(rooms, with: roles, named: Self.names(in: fields["roles"]))
        let thresholds = fields["thresholds"].map { list in
            readThresholds(list, phases: phases.map(\.phase.name), roles: Self.names(in: fields["roles"]))
        }
        guard diagnostics.isEmpty, let title, let target else { return nil }
        var scenario = Scenario(
            title: title, seed: seed.map(UInt64.init), target: target.target, signIn: target.signIn,
            allow: target.allow, observation: target.observation, rooms: groups,
            roles: roles.map(\.role), phases: phases.map(\.phase), networks: networks, depth: depth,
            media: media, thresholds: thresholds ?? [])
        scenario.signalling = target.signalling
        if let browsers { scenario.browsers = browsers }
        checkSignIn(of: scenario, roles: roles, rooms: rooms)
        checkOutline(
            of: scenario, roles: roles, phases: phases, allowPlace: target.allowPlace, at: root.place)
        return scenario
    }

    /// The largest seed: beyond it, programs that read JSON numbers as doubles would lose digits.
    static let largestSeed = 1 << 53 - 1

    private mutating func readProbes(_ element: Element) -> ProbeDepth? {
        guard let value = readFields(element, Vocabulary.probes, title: "\"probes\"")?["depth"] else {
            return nil
        }
        return readChoice(value, Vocabulary.depth, title: "\"depth\"").flatMap(ProbeDepth.init(rawValue:))
    }

    private mutating func readMedia(_ element: Element) -> MediaOptions? {
        guard let fields = readFields(element, Vocabulary.media, title: "\"media\"") else { return nil }
        var options = MediaOptions()
        if let value = fields["bitrate"] {
            let name = readChoice(value, Vocabulary.bitrate, title: "\"bitrate\"")
            options.bitrate = name.flatMap(SendingRate.init(rawValue:)) ?? options.bitrate
        }
        if let value = fields["fec"] { options.fec = readFlag(value, title: "\"fec\"") ?? options.fec }
        if let value = fields["red"] { options.red = readFlag(value, title: "\"red\"") ?? options.red }
        return options
    }

    private mutating func readThresholds(_ element: Element, phases: [String], roles: [String]) -> [Threshold]
    {
        guard let items = element.items else {
            report(element.place, "\(element.found) as \"thresholds\"", expected: "a list of thresholds")
            return []
        }
        return items.compactMap { item in
            if item.entries?.first?.key == "profile" {
                report(
                    item.place, "\"profile\" in \"thresholds\", not supported by this version",
                    expected: "a threshold such as join.first-video p95 < 3s")
                return nil
            }
            guard let text = item.scalar, case .scalar(_, let isPlain) = item.content else {
                report(
                    item.place, "\(item.found) in \"thresholds\"",
                    expected: "a threshold such as join.first-video p95 < 3s")
                return nil
            }
            let start = item.place.advanced(by: isPlain ? 0 : 1)
            switch Threshold.parse(text) {
            case .success(let threshold):
                check(threshold, at: start, phases: phases, roles: roles)
                return threshold
            case .failure(let mistake):
                report(
                    start.advanced(by: mistake.offset), mistake.found, expected: mistake.expected,
                    hint: mistake.hint)
                return nil
            }
        }
    }

    private mutating func check(_ threshold: Threshold, at place: Place, phases: [String], roles: [String]) {
        if let phase = threshold.phase, !phases.isEmpty, !phases.contains(phase) {
            report(
                place, "unknown phase \"\(phase)\" in threshold \"\(threshold.text)\"",
                expected: Self.oneOf(phases),
                hint: NearestWord.to(phase, in: phases))
        }
        if let phase = threshold.phase, threshold.metric.isAboutWholeCall {
            report(
                place,
                "\"during \(phase)\" in threshold \"\(threshold.text)\", whose metric is about whole calls",
                expected: "the threshold without \"during\"")
        }
        if let cohort = threshold.cohort, !roles.isEmpty, !roles.contains(cohort) {
            report(
                place, "unknown role \"\(cohort)\" in threshold \"\(threshold.text)\"",
                expected: Self.oneOf(roles),
                hint: NearestWord.to(cohort, in: roles))
        }
    }

    /// The names that are written, also of roles that could not be read, so that one mistake is told once.
    private static func names(in roles: Element?) -> [String] { roles?.entries?.map(\.key) ?? [] }
}
