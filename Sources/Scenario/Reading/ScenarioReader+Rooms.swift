import Primitives

/// A room group with the places that later checks speak of.
struct ReadRoomGroup {
    /// What was read.
    var group: RoomGroup
    /// Whether the size could be read, so that the mix can be held against it.
    var hasSize: Bool
    /// Where each part of the mix stands.
    var partPlaces: [Place]
    /// Where the mix stands; nil when the group has none of its own.
    var mixPlace: Place?
    /// Where the word about access stands.
    var accessPlace: Place?
    /// Where the group starts.
    var place: Place
}

extension ScenarioReader {
    /// Reads the room groups.
    mutating func readRooms(_ element: Element) -> [ReadRoomGroup] {
        guard let items = element.items, !items.isEmpty else {
            report(
                element.place, "\(element.found) as \"rooms\"", expected: "a list of one or more room groups")
            return []
        }
        var names: Set<String> = []
        return items.compactMap { item in
            guard let fields = readFields(item, Vocabulary.room, title: "room group") else { return nil }
            let name = fields["name"].flatMap { readName($0, title: "\"name\" of a room group") }
            if let name, !names.insert(name).inserted {
                report(
                    fields["name"]?.place ?? item.place, "room group \"\(name)\" a second time",
                    expected: "another name")
            }
            return readRoom(fields, name: name ?? "room")
        }
    }

    private mutating func readRoom(_ fields: Fields, name: String) -> ReadRoomGroup {
        let title = "room group \"\(name)\""
        let count =
            fields["count"].flatMap { readWholeNumber($0, in: 1...100_000, title: "\"count\" of \(title)") }
            ?? 1
        let (mix, partPlaces) = fields["mix"].map { readMix($0, title: title) } ?? (Mix(parts: []), [])
        let fixedPart = mix.parts.reduce(0) { sum, part in
            if case .number(let number) = part.part { sum + number } else { sum }
        }
        let size = fields["participants"].flatMap {
            readSize($0, leastUseful: max(1, fixedPart), title: title)
        }
        let slugs = fields["slugs"].map { readSlugs($0, count: count, title: title) } ?? []
        let access = fields["access"].flatMap {
            readChoice($0, Vocabulary.access, title: "\"access\" of \(title)")
        }
        let group = RoomGroup(
            name: name, count: count, size: size ?? .fixed(1), mix: mix, slugs: slugs,
            access: access.flatMap(RoomAccess.init(rawValue:)))
        return ReadRoomGroup(
            group: group, hasSize: size != nil, partPlaces: partPlaces, mixPlace: fields["mix"]?.place,
            accessPlace: fields["access"]?.place, place: fields.place)
    }

    private mutating func readSize(_ element: Element, leastUseful: Int, title: String) -> RoomSize? {
        guard element.entries != nil else {
            return readWholeNumber(element, in: 1...Self.largestRoom, title: "\"participants\" of \(title)")
                .map { .fixed($0) }
        }
        let name = "\"participants\" of \(title)"
        guard let fields = readFields(element, Vocabulary.size, title: name),
            let word = fields["distribution"]
        else {
            return nil
        }
        guard let distribution = readChoice(word, Vocabulary.distribution, title: "\"distribution\"") else {
            return nil
        }
        let needed = ["fixed": ["size"], "uniform": ["min", "max"], "lognormal": ["median", "p95", "max"]]
        let optional = distribution == "lognormal" ? ["min"] : []
        var numbers: [String: Int] = [:]
        var isComplete = true
        for word in Vocabulary.size.words.map(\.name) where word != "distribution" {
            let isNeeded = needed[distribution]?.contains(word) ?? false
            switch fields[word] {
            case let value? where isNeeded || optional.contains(word):
                numbers[word] = readWholeNumber(value, in: 1...Self.largestRoom, title: "\"\(word)\"")
                isComplete = isComplete && numbers[word] != nil
            case _?:
                report(
                    fields.places[word] ?? element.place, "\"\(word)\" for distribution \"\(distribution)\"",
                    expected: Self.oneOf((needed[distribution] ?? []) + optional))
            case nil where isNeeded:
                report(
                    element.place, "distribution \"\(distribution)\" without \"\(word)\"",
                    expected: "\"\(word)\"")
                isComplete = false
            case nil: break
            }
        }
        guard isComplete else { return nil }
        return Self.size(distribution, numbers, leastUseful: leastUseful)
            ?? reportOrder(element, distribution)
    }

    private static func size(_ distribution: String, _ numbers: [String: Int], leastUseful: Int) -> RoomSize?
    {
        let low = numbers["min"] ?? leastUseful
        switch (distribution, numbers["size"], numbers["max"]) {
        case ("fixed", let size?, _): return .fixed(size)
        case ("uniform", _, let high?) where low <= high: return .uniform(min: low, max: high)
        case ("lognormal", _, let high?):
            guard let median = numbers["median"], let p95 = numbers["p95"] else { return nil }
            guard low <= median, median <= p95, p95 <= high else { return nil }
            return .lognormal(median: Double(median), p95: Double(p95), min: low, max: high)
        default: return nil
        }
    }

    private mutating func reportOrder(_ element: Element, _ distribution: String) -> RoomSize? {
        report(
            element.place, "sizes out of order",
            expected: distribution == "uniform" ? "min <= max" : "min <= median <= p95 <= max")
        return nil
    }

    private mutating func readMix(_ element: Element, title: String) -> (Mix, [Place]) {
        guard let entries = element.entries, !entries.isEmpty else {
            report(
                element.place, "\(element.found) as \"mix\" of \(title)", expected: "roles with their numbers"
            )
            return (Mix(parts: []), [])
        }
        var parts: [(role: String, part: Mix.Part)] = []
        var places: [Place] = []
        for entry in entries {
            guard
                let part = readPart(
                    entry.value, title: "\"\(Element.shortened(entry.key))\" in the mix of \(title)")
            else {
                continue
            }
            if part == .rest, parts.contains(where: { $0.part == .rest }) {
                report(
                    entry.value.place, "\"rest\" a second time in the mix of \(title)", expected: "one rest")
            }
            parts.append((role: entry.key, part: part))
            places.append(entry.place)
        }
        return (Mix(parts: parts), places)
    }

    private mutating func readPart(_ element: Element, title: String) -> Mix.Part? {
        if element.scalar == "rest" { return .rest }
        if let number = element.scalar.flatMap(Quantity.wholeNumber), number <= Self.largestRoom {
            return .number(number)
        }
        if let share = element.scalar.flatMap(Quantity.share), share <= 1 { return .share(share) }
        report(
            element.place, "\(element.found) as \(title)",
            expected: "a whole number, a share such as 40%, or rest",
            hint: element.scalar.flatMap { NearestWord.to($0, in: ["rest"]) })
        return nil
    }

    private mutating func readSlugs(_ element: Element, count: Int, title: String) -> [String] {
        guard let items = element.items, items.count == count else {
            report(
                element.place,
                "\(element.items.map { "\($0.count) names" } ?? element.found) as \"slugs\" of \(title)",
                expected: "a list of \(count), one for each room")
            return []
        }
        var known: Set<String> = []
        return items.compactMap { item in
            guard let slug = item.scalar, RoomSlug.isValid(slug) else {
                report(item.place, "\(item.found) in \"slugs\"", expected: "a room name such as abc-defg-hij")
                return nil
            }
            if !known.insert(slug).inserted {
                report(item.place, "room \"\(slug)\" a second time", expected: "each room once")
            }
            return slug
        }
    }

    /// More participants than any room may have.
    static let largestRoom = 100_000
}
