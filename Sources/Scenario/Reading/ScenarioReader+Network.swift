import Primitives

extension ScenarioReader {
    /// Reads the access networks; none when the scenario names none.
    ///
    /// - Parameter roles: Those that name a network are given it whatever the shares say.
    mutating func readNetworks(_ element: Element, roles: [ReadRole]) -> [NetworkShare] {
        guard let entries = element.entries, !entries.isEmpty else {
            report(
                element.place, "\(element.found) as \"network\"",
                expected: "one or more networks by name, such as fibre: {share: 60%}")
            return []
        }
        let named = Set(roles.compactMap(\.role.network))
        let isDrawn = roles.isEmpty || roles.contains { $0.role.network == nil }
        let before = diagnostics.count
        var shares: [NetworkShare] = []
        var rest: Int?
        for entry in entries {
            guard Self.isName(entry.key) else {
                report(
                    entry.place, "\"\(Element.shortened(entry.key))\" as the name of a network",
                    expected: Self.nameRule)
                continue
            }
            let title = "network \"\(entry.key)\""
            guard let fields = readFields(entry.value, Vocabulary.network, title: title) else { continue }
            var share: Double? = 0
            let isOnly = entries.count == 1
            if fields["share"] != nil || !named.contains(entry.key) || isOnly && isDrawn {
                share = readShare(fields, isOnly: isOnly, takesRest: rest == nil)
            }
            if share == nil, rest == nil { rest = shares.count }
            shares.append(NetworkShare(network: readNetwork(fields, name: entry.key), share: share ?? 0))
        }
        guard diagnostics.count == before else { return shares }
        let sum = shares.reduce(0) { $0 + $1.share }
        if let rest, sum <= 1 + 1e-9 {
            shares[rest].share = max(0, 1 - sum)
        } else if abs(sum - 1) > 1e-9, isDrawn || sum > 0 {
            report(
                element.place, "shares of \(Self.percent(sum)) in \"network\"",
                expected: "shares that add up to 100%, or a rest")
        }
        return shares
    }

    /// Checks that the networks that roles name are there.
    mutating func checkNetworks(of roles: [ReadRole], among networks: [String]) {
        for read in roles {
            guard let network = read.role.network, !networks.contains(network), let place = read.networkPlace
            else { continue }
            report(
                place, "unknown network \"\(network)\" in role \"\(read.role.name)\"",
                expected: networks.isEmpty ? "a \"network\" block that names it" : Self.oneOf(networks),
                hint: NearestWord.to(network, in: networks))
        }
    }

    /// Reads everything about a network but its share.
    private mutating func readNetwork(_ fields: Fields, name: String) -> AccessNetwork {
        var network = AccessNetwork(name: name)
        if let value = fields["path"] {
            let word = readChoice(value, Vocabulary.path, title: "\"path\" of \(fields.title)")
            network.path = word.flatMap(NetworkPath.init(rawValue:)) ?? .any
        }
        if let value = fields["firewall"] {
            let word = readChoice(value, Vocabulary.firewall, title: "\"firewall\" of \(fields.title)")
            network.firewall = word.flatMap(Firewall.init(rawValue:)) ?? .open
        }
        if let value = fields["ip"] {
            let word = readChoice(value, Vocabulary.ip, title: "\"ip\" of \(fields.title)")
            network.ip = word.flatMap(IPVersions.init(rawValue:)) ?? .any
        }
        (network.up, network.down) = readDirections(fields)
        return network
    }

    /// Networks that no participant could get out of, because an embedded Visio has no door there.
    mutating func check(_ networks: Element?, of target: Target) {
        guard case .embedded(let options) = target, let entries = networks?.entries else { return }
        for entry in entries {
            func word(_ name: String) -> Element? {
                entry.value.entries?.first { $0.key == name }?.value
            }
            let path = word("path")?.scalar.flatMap(NetworkPath.init(rawValue:))
            var missing: EmbeddedWay?
            var found = word("path")
            switch path {
            case .udp? where !options.ways.contains(.udp): missing = .udp
            case .tcp? where !options.ways.contains(.tcp): missing = .tcp
            case let path? where path.needsRelay && !options.ways.contains(.turn): missing = .turn
            default: break
            }
            if missing == nil, word("ip")?.scalar == "v6", !options.ways.contains(.ipv6) {
                missing = .ipv6
                found = word("ip")
            }
            guard let missing, let found else { continue }
            let ways = EmbeddedWay.allCases.filter { $0 == missing || options.ways.contains($0) }
            report(
                found.place, "\(found.found) in network \"\(entry.key)\", where the target does not offer it",
                expected: "embedded: {ways: [\(ways.map(\.rawValue).joined(separator: ", "))]}")
        }
    }

    /// Reads the share of a network; nil for the rest.
    private mutating func readShare(_ fields: Fields, isOnly: Bool, takesRest: Bool) -> Double? {
        let value = fields["share"]
        if value == nil, isOnly { return 1 }
        if value?.scalar == "rest", takesRest { return nil }
        if let share = value?.scalar.flatMap(Quantity.share), share <= 1 { return share }
        report(
            value?.place ?? fields.place,
            value.map { "\($0.found) as \"share\" of \(fields.title)" }
                ?? "\(fields.title) without \"share\"",
            expected: "a share such as 40%, or one rest")
        return 0
    }
}
