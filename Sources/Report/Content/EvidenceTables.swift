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
