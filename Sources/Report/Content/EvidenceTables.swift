import Probe
import Results
import Scenario
import Statistics

/// The tables of the report that belong to no figure.
enum EvidenceTables {
    /// A row per cohort.
    static func cohorts(_ content: RunContent, _ standings: [Standing]) -> DataTable {
        let metrics: [(metric: Metric, statistic: Statistic, name: String)] = [
            (.joinFirstVideo, .p95, "first picture p95"), (.audioMOS, .p10, "sound p10, MOS"),
            (.audioLoss, .p95, "sound lost p95"), (.videoFreezeRatio, .p95, "frozen p95"),
            (.videoFrameRate, .p10, "frame rate p10"), (.videoHeight, .p50, "lines p50"),
            (.roundTrip, .p95, "round trip p95"),
        ]
        let rows = content.cohorts.indices.map { cohort in
            let people = content.participants.filter { $0.cohort == cohort }
            let members = standings.filter { $0.participant.cohort == cohort }
            let cells = metrics.map { entry in
                let values = content.values.values(of: entry.metric, cohort: content.cohorts[cohort])
                return OrderStatistics.quantile(entry.statistic.quantile ?? 0.5, ofSorted: values)
                    .map { NumberText.value($0, entry.metric.unit) } ?? "–"
            }
            return [
                content.cohortName(cohort), NumberText.whole(people.count),
                NumberText.whole(people.count { $0.ending == .failed }),
                NumberText.whole(members.count { $0.isWellServed }),
            ] + cells
        }
        return DataTable(
            header: ["cohort", "participants", "failed", "well served"] + metrics.map(\.name), rows: rows,
            wordColumns: 1)
    }

    /// The circumstances of the run.
    static func facts(_ content: RunContent) -> DataTable {
        var rows = [
            ["target", target(content.plan.target)], ["seed", String(content.plan.seed)],
            ["probe depth", content.plan.depth.rawValue], ["run file", PlainText.line(content.path)],
        ]
        if let shard = content.plan.shard { rows.append(["shard", "\(shard.number) of \(shard.count)"]) }
        let hidden: Set = [RunFact.plan, RunFact.scenario]
        for (key, value) in content.facts.sorted(by: { $0.key < $1.key }) where !hidden.contains(key) {
            rows.append([PlainText.line(key, limit: 40).replacing("_", with: " "), PlainText.line(value)])
        }
        return DataTable(header: [], rows: rows, wordColumns: 2)
    }

    /// Rooms, participants and phases as planned.
    static func plan(_ content: RunContent) -> DataTable {
        var rows = [
            ["participants", VerdictSentence.crowd(content)],
            ["duration", NumberText.length(content.phases.last?.end ?? 0)],
        ]
        for phase in content.phases {
            rows.append([
                "phase \(PlainText.line(phase.name, limit: 40))",
                "\(phase.kind), \(NumberText.moment(phase.start)) to \(NumberText.moment(phase.end))",
            ])
        }
        var groups: [String: [Int]] = [:]
        for room in content.rooms { groups[room.group, default: []].append(room.size) }
        for (group, sizes) in groups.sorted(by: { $0.key < $1.key }) {
            let range =
                sizes.min() == sizes.max()
                ? NumberText.whole(sizes.max() ?? 0)
                : "\(NumberText.whole(sizes.min() ?? 0)) to \(NumberText.whole(sizes.max() ?? 0))"
            rows.append([
                "rooms \(PlainText.line(group, limit: 40))", "\(sizes.count), of \(range) participants",
            ])
        }
        for cohort in content.cohorts.indices {
            let count = content.participants.count { $0.cohort == cohort }
            rows.append(["cohort \(content.cohortName(cohort))", NumberText.count(count, "participant")])
        }
        return DataTable(header: [], rows: rows, wordColumns: 2)
    }

    /// What people did, what became of it, and when others noticed; empty when nobody did anything.
    static func deeds(_ content: RunContent) -> DataTable {
        let rows = Interaction.allCases.compactMap { kind -> [String]? in
            let deeds = content.deeds.filter { $0.kind == kind }
            guard !deeds.isEmpty else { return nil }
            func sum(_ path: KeyPath<RunFile.Deed, Int>) -> Int { deeds.reduce(0) { $0 + $1[keyPath: path] } }
            let expected = sum(\.expected)
            let unseen =
                expected == 0
                ? "–" : NumberText.percent(Double(max(0, expected - sum(\.seen))) / Double(expected))
            return [kind.rawValue] + [sum(\.due), sum(\.done), sum(\.refused)].map { NumberText.whole($0) }
                + [unseen]
                + quantiles(PhaseDelays.Quantity(rawValue: "\(kind.rawValue).delay"), content)
        }
        return DataTable(
            header: ["what", "due", "done", "refused", "never noticed", "noticed p50", "p95", "longest"],
            rows: rows, wordColumns: 1)
    }

    /// How long Meet took to answer, question by question; empty when it was not asked.
    static func answers(_ content: RunContent) -> DataTable {
        let rows = PhaseDelays.Quantity.allCases.filter {
            $0.rawValue.hasPrefix("meet.") || $0.rawValue.hasPrefix("livekit.")
        }
        .compactMap { quantity -> [String]? in
            let count = merged(quantity, content).count
            guard count > 0 else { return nil }
            return [quantity.rawValue, NumberText.whole(count)] + quantiles(quantity, content)
        }
        let throttled = content.participants.reduce(0) { $0 + $1.throttled }
        let repeated = content.participants.reduce(0) { $0 + $1.repeatedRequests }
        let notes = [("told to wait (429)", throttled), ("failed and asked again", repeated)]
            .filter { $0.1 > 0 }.map { [$0.0, NumberText.whole($0.1), "", "", ""] }
        return DataTable(
            header: ["question", "answers", "p50", "p95", "longest"], rows: rows + notes, wordColumns: 1)
    }

    private static func merged(_ quantity: PhaseDelays.Quantity, _ content: RunContent) -> DelayHistogram {
        var histogram = DelayHistogram()
        guard let index = PhaseDelays.Quantity.allCases.firstIndex(of: quantity) else { return histogram }
        for cohort in content.cohorts.indices { histogram.add(content.delays[index][cohort].cells) }
        return histogram
    }

    private static func quantiles(_ quantity: PhaseDelays.Quantity?, _ content: RunContent) -> [String] {
        let histogram = quantity.map { merged($0, content) }
        return [50.0, 95, 100].map { share in
            histogram?.percentile(share).map { NumberText.time(Double($0) / 1e6) } ?? "–"
        }
    }

    /// Which ways media took, by access network.
    static func paths(_ content: RunContent) -> DataTable {
        struct Way: Hashable {
            var network: String
            var path: String
        }
        var people: [Way: [RunFile.Participant]] = [:]
        for person in content.participants where person.ending != nil {
            let path = person.path.map { $0 + (person.isIPv6 == true ? " over IPv6" : "") } ?? "none"
            people[Way(network: person.network ?? "–", path: path), default: []].append(person)
        }
        let ways = people.sorted { ($0.key.network, $0.key.path) < ($1.key.network, $1.key.path) }
        let rows = ways.map { way, people in
            let times = people.compactMap { $0.join[.ice] }.sorted()
            let time = OrderStatistics.quantile(0.95, ofSorted: times)
            return [
                PlainText.line(way.network, limit: 40), PlainText.line(way.path, limit: 40),
                NumberText.whole(people.count), NumberText.whole(people.count { $0.ending == .failed }),
                time.map { NumberText.value($0 / 1000, .time) } ?? "–",
            ]
        }
        return DataTable(
            header: ["network", "way", "participants", "failed", "way found p95"], rows: rows, wordColumns: 2)
    }

    /// What the target sent that could not be read.
    static func malformed(_ content: RunContent) -> DataTable {
        DataTable(
            header: ["kind", "count"],
            rows: content.malformed.map { [PlainText.line($0.kind, limit: 60), NumberText.whole($0.count)] },
            wordColumns: 1)
    }

    private static func target(_ target: Target) -> String {
        switch target {
        case .embedded: "the embedded Visio"
        case .visio(let url): "Visio at \(PlainText.line("\(url)"))"
        case .livekit(let url, _, _): "LiveKit at \(PlainText.line("\(url)"))"
        }
    }
}
