import Primitives

/// What happens to datagrams on an access network.
extension ScenarioReader {
    /// Reads both directions of a network: common words first, then what `up` and `down` say differently.
    mutating func readDirections(_ fields: Fields) -> (up: LinkImpairment, down: LinkImpairment) {
        let common = readLink(fields, over: LinkImpairment())
        return (
            readDirection("up", of: fields, over: common), readDirection("down", of: fields, over: common)
        )
    }

    private mutating func readDirection(
        _ word: String, of fields: Fields, over common: LinkImpairment
    ) -> LinkImpairment {
        guard let value = fields[word] else { return common }
        let title = "\"\(word)\" of \(fields.title)"
        // A rate alone is what most people know of their line.
        if value.scalar != nil {
            var link = common
            link.bitsPerSecond = readLinkRate(value, title: title)
            return link
        }
        guard let own = readFields(value, Vocabulary.link, title: title) else { return common }
        return readLink(own, over: common)
    }

    private mutating func readLink(_ fields: Fields, over base: LinkImpairment) -> LinkImpairment {
        var link = base
        func title(_ word: String) -> String { "\"\(word)\" of \(fields.title)" }
        if let value = fields["rate"] { link.bitsPerSecond = readLinkRate(value, title: title("rate")) }
        if let value = fields["queue"] {
            let range = Interval.milliseconds(1)...Interval.seconds(60)
            link.queue = readDuration(value, in: range, title: title("queue")) ?? link.queue
        }
        if let value = fields["delay"] {
            link.delay = readDuration(value, in: .zero...Self.longestDelay, title: title("delay")) ?? .zero
        }
        if let value = fields["jitter"] { link.jitter = readJitter(value, title: title("jitter")) }
        if let value = fields["loss"] { link.loss = readLinkLoss(value, title: title("loss")) }
        if let value = fields["reorder"] { link.reorder = readLinkShare(value, title: title("reorder")) }
        if let value = fields["duplicate"] {
            link.duplicate = readLinkShare(value, title: title("duplicate"))
        }
        if let value = fields["outage"] {
            link.outages = readSpans(value, title: title("outage")).map(\.span)
        }
        return link
    }

    /// No path is longer; a satellite's takes 0.3 s.
    private static let longestDelay = Interval.seconds(10)

    private mutating func readLinkRate(_ element: Element, title: String) -> Int? {
        guard let rate = element.scalar.flatMap(Quantity.bitrate), rate >= 8000, rate <= 1e11 else {
            report(
                element.place, "\(element.found) as \(title)",
                expected: "a rate of 8kbit/s to 100Gbit/s, such as 4Mbit/s")
            return nil
        }
        return Int(rate.rounded())
    }

    private mutating func readLinkShare(_ element: Element, title: String) -> Double {
        guard let share = element.scalar.flatMap(Quantity.share), share <= 1 else {
            report(element.place, "\(element.found) as \(title)", expected: "a share such as 0.5%")
            return 0
        }
        return share
    }

    private mutating func readJitter(_ element: Element, title: String) -> LinkImpairment.Jitter? {
        let range = Interval.zero...Interval.seconds(1)
        guard element.entries != nil else {
            let mean = readDuration(element, in: range, title: title)
            return mean.flatMap { $0 == .zero ? nil : LinkImpairment.Jitter(mean: $0) }
        }
        guard let fields = readFields(element, Vocabulary.jitter, title: title) else { return nil }
        let spread = fields["spread"].flatMap {
            readChoice($0, Vocabulary.spread, title: "\"spread\" of \(title)")
        }
        guard
            let mean = fields["mean"].flatMap({ readDuration($0, in: range, title: "\"mean\" of \(title)") }),
            mean > .zero
        else { return nil }
        return LinkImpairment.Jitter(
            mean: mean, spread: spread.flatMap(JitterSpread.init(rawValue:)) ?? .exponential)
    }

    private mutating func readLinkLoss(_ element: Element, title: String) -> LinkImpairment.Loss {
        guard element.entries != nil else {
            let share = readLinkShare(element, title: title)
            return share == 0 ? .none : .independent(share: share)
        }
        guard let fields = readFields(element, Vocabulary.bursts, title: title) else { return .none }
        let share = fields["burst"].map { readLinkShare($0, title: "\"burst\" of \(title)") } ?? 0
        let inside = fields["inside"].map { readLinkShare($0, title: "\"inside\" of \(title)") } ?? 1
        var length = 1.0
        if let value = fields["length"] {
            if let number = value.scalar.flatMap({ Quantity.scaled($0, units: ["": 1]) }), number >= 1,
                number <= 10_000
            {
                length = number
            } else {
                report(
                    value.place, "\(value.found) as \"length\" of \(title)",
                    expected: "a number of datagrams from 1 to 10000, such as 4")
            }
        }
        if share > 0, share >= inside {
            report(
                fields.places["burst"] ?? element.place,
                "a loss of \(Self.percent(share)) in bursts that lose \(Self.percent(inside)) in \(title)",
                expected: "more lost inside of bursts than in all")
        }
        return share == 0 ? .none : .bursts(share: share, length: length, inside: inside)
    }
}
