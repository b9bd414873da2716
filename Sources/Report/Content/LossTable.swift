import Results

/// Where packets were lost, by cohort.
enum LossTable {
    /// A row for each cohort that misses anything, and one for everybody.
    static func table(_ content: RunContent) -> DataTable {
        var rows: [[String]] = []
        for cohort in content.cohorts.indices {
            let sum = sum(of: cohort, content)
            if sum.missing > 0, content.cohorts.count > 1 {
                rows.append(row(content.cohortName(cohort), sum))
            }
        }
        rows.append(row("all", content.lossPlaces.total))
        return DataTable(
            header: [
                "received by", "packets sent to them", "missing on the way", "lost before the server",
                "not sent on by it", "lost after it", "by our own sockets", "not assigned",
            ], rows: rows, wordColumns: 1)
    }

    /// What a cohort misses.
    static func sum(of cohort: Int, _ content: RunContent) -> LossPlaces.Sum {
        var sum = LossPlaces.Sum()
        for person in content.participants where person.cohort == cohort {
            if let own = content.lossPlaces.byParticipant[person.id] { sum += own }
        }
        return sum
    }

    private static func row(_ name: String, _ sum: LossPlaces.Sum) -> [String] {
        [name, NumberText.whole(sum.expected)]
            + [sum.missing, sum.uplink, sum.server, sum.downlink, sum.generator, sum.unassigned].map {
                count in
                guard count > 0, sum.expected > 0 else { return NumberText.whole(count) }
                return NumberText.whole(count)
                    + " (\(NumberText.percent(Double(count) / Double(sum.expected))))"
            }
    }
}
