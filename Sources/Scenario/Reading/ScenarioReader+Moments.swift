import Primitives

extension ScenarioReader {
    /// Reads `at 20s`, or a list of such; ascending.
    mutating func readInstants(_ element: Element, title: String) -> [Interval] {
        let items = element.items ?? [element]
        var moments: [Interval] = []
        for item in items {
            guard let moment = item.scalar.flatMap(Quantity.moment), moment <= Self.longestRun else {
                report(
                    item.place, "\(item.found) as \(title)",
                    expected: "a moment since the start of the run such as at 20s")
                continue
            }
            moments.append(moment)
        }
        return Array(Set(moments)).sorted()
    }

    /// Reads moments at which something happens to each participant: `at 20s`, a list of such, or a rate.
    mutating func readMoments(_ element: Element, title: String) -> Moments? {
        if let rate = element.scalar.flatMap(Quantity.rate) {
            guard rate > 0, rate <= 1 else {
                report(
                    element.place, "\(element.found) as \(title)",
                    expected: "a moment such as at 20s, a list of such, or a rate of at most 1/s such as 6/h")
                return nil
            }
            return .rate(rate)
        }
        guard element.items != nil || element.scalar.flatMap(Quantity.moment) != nil else {
            report(
                element.place, "\(element.found) as \(title)",
                expected: "a moment such as at 20s, a list of such, or a rate such as 6/h")
            return nil
        }
        return .at(readInstants(element, title: title))
    }

    /// Reads `resume at 20s`, or a list of such.
    mutating func readLeaves(_ element: Element, title: String) -> [ServerLeave] {
        let items = element.items ?? [element]
        var leaves: [ServerLeave] = []
        for item in items {
            let words = (item.scalar ?? "").split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2, let action = LeaveAction(rawValue: words[0]),
                let moment = Quantity.moment(words[1]), moment <= Self.longestRun
            else {
                let actions = LeaveAction.allCases.map(\.rawValue)
                report(
                    item.place, "\(item.found) as \(title)",
                    expected: "\(actions.joined(separator: ", ")) and a moment, such as resume at 20s",
                    hint: words.first.flatMap { NearestWord.to($0, in: actions) })
                continue
            }
            leaves.append(ServerLeave(at: moment, action: action))
        }
        return leaves.sorted { $0.at < $1.at }
    }
}
