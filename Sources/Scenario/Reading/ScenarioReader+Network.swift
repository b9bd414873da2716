import Primitives

extension ScenarioReader {
    /// Reads the access networks; none when the scenario names none.
    mutating func readNetworks(_ element: Element) -> [NetworkShare] {
        guard let entries = element.entries, !entries.isEmpty else {
            report(
                element.place, "\(element.found) as \"network\"",
                expected: "one or more networks by name, such as fibre: {share: 60%}")
            return []
        }
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
            let share = readShare(fields, isOnly: entries.count == 1, takesRest: rest == nil)
            if share == nil, rest == nil { rest = shares.count }
            shares.append(NetworkShare(network: readNetwork(fields, name: entry.key), share: share ?? 0))
        }
        guard diagnostics.count == before else { return shares }
        let sum = shares.reduce(0) { $0 + $1.share }
        if let rest, sum <= 1 + 1e-9 {
            shares[rest].share = max(0, 1 - sum)
        } else if abs(sum - 1) > 1e-9 {
            report(
                element.place, "shares of \(Self.percent(sum)) in \"network\"",
                expected: "shares that add up to 100%, or a rest")
        }
        return shares
    }

    /// Reads everything about a network but its share.
    private mutating func readNetwork(_ fields: Fields, name: String) -> AccessNetwork {
        var network = AccessNetwork(name: name)
        if let value = fields["path"] {
            let word = readChoice(value, Vocabulary.path, title: "\"path\" of \(fields.title)")
            network.path = word.flatMap(NetworkPath.init(rawValue:)) ?? .any
        }
        return network
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
