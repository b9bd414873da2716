import Foundation
import Probe
import Results
import Scenario
import Statistics

/// Figures of how participants differed: distributions, never only an average.
extension FigureBuilder {
    /// The join stages that a person would call by a name, with their words.
    static let stages: [(stage: JoinTimeline.Stage, metric: Metric, name: String)] = [
        (.api, .joinAPI, "token"), (.webSocket, .joinWebSocket, "signalling open"),
        (.signalling, .joinSignalling, "room joined"), (.ice, .joinICE, "path found"),
        (.dtls, .joinDTLS, "media connected"), (.firstPacket, .joinFirstPacket, "first packet"),
        (.firstAudio, .joinFirstAudio, "first sound"),
        (.firstKeyFrame, .joinFirstKeyFrame, "first key frame"),
        (.firstVideo, .joinFirstVideo, "first picture"),
    ]

    func joinStages() -> Figure {
        let rows = Self.stages.compactMap { entry -> (name: String, metric: Metric, values: [Double])? in
            let values = content.values.values(of: entry.metric)
            return values.isEmpty ? nil : (entry.name, entry.metric, values)
        }
        var spans = Series(label: "", ink: .sky, style: .span, isLabelled: false, points: [])
        var medians = Series(label: "", ink: .blue, style: .dots, isLabelled: false, points: [])
        var ends = Series(label: "", ink: .orange, style: .dots, isLabelled: false, points: [])
        var ticks: [Axis.Tick] = []
        var margin: [Axis.Tick] = []
        var table: [[String]] = []
        var csv = "stage,participants,p50_s,p95_s,max_s\n"
        let quantiles = rows.flatMap { row in
            [0.5, 0.95].map { OrderStatistics.quantile($0, ofSorted: row.values) ?? 0 }
        }
        let highest = quantiles.filter(\.isFinite).max() ?? 0
        var x = Scale.axis(upTo: highest * (highest < 1 ? 1000 : 1), fallback: 1, marks: 6)
        x.label = "time since the intended join, \(highest < 1 ? "ms" : "s")"
        let scale = highest < 1 ? 1000.0 : 1
        for (index, row) in rows.enumerated() {
            let y = Double(rows.count - index)
            ticks.append(Axis.Tick(value: y, text: row.name))
            let p50 = OrderStatistics.quantile(0.5, ofSorted: row.values) ?? 0
            let p95 = OrderStatistics.quantile(0.95, ofSorted: row.values) ?? 0
            let most = row.values.last ?? 0
            let cells = [p50, p95, most]
            table.append([row.name, NumberText.whole(row.values.count)] + cells.map(NumberText.time))
            csv +=
                "\(row.name),\(row.values.count),"
                + cells.map { $0.isFinite ? NumberText.plain($0) : "never" }.joined(separator: ",") + "\n"
            margin.append(Axis.Tick(value: y, text: "\(NumberText.time(p50)) · \(NumberText.time(p95))"))
            guard p50.isFinite else { continue }
            // A bar to the edge: the end lies beyond every figure.
            spans.points.append(
                Series.Point(x: p50 * scale, y: y, other: p95.isFinite ? p95 * scale : x.upper))
            medians.points.append(Series.Point(x: p50 * scale, y: y))
            if p95.isFinite { ends.points.append(Series.Point(x: p95 * scale, y: y)) }
        }
        return Figure(
            name: "join", title: joinTitle(rows.last?.values ?? [], rows.last?.name ?? ""),
            quantity:
                "stages of a join, from the half (p50, blue) to all but one in twenty (p95, orange) of the participants",
            alternative: table.map { "\($0[0]): p50 \($0[2]), p95 \($0[3])" }.joined(separator: "; ") + ".",
            x: x,
            y: Axis(lower: 0.4, upper: Double(rows.count) + 0.6, ticks: ticks),
            series: [spans, medians, ends],
            marginTexts: margin, marginHeader: "p50 · p95", height: 110 + 24 * max(1, rows.count), left: 130,
            table: DataTable(
                header: ["stage", "participants", "p50", "p95", "longest"], rows: table, wordColumns: 1),
            csv: csv,
            query: """
                SELECT participant, \(JoinTimeline.Stage.allCases.map(Self.column).joined(separator: ", "))
                FROM outcome ORDER BY participant
                """)
    }

    private func joinTitle(_ values: [Double], _ name: String) -> String {
        guard let p50 = OrderStatistics.quantile(0.5, ofSorted: values),
            let p95 = OrderStatistics.quantile(0.95, ofSorted: values)
        else { return "Nobody joined" }
        guard p95.isFinite else {
            let never = values.count { $0.isInfinite }
            return
                "\(NumberText.whole(never)) of \(NumberText.count(values.count, "participant")) never had the \(name)"
        }
        return
            "Half of the participants had the \(name) within \(NumberText.time(p50)), 95 % within \(NumberText.time(p95))"
    }

    func firstPicture() -> Figure {
        distribution(
            "first-picture", of: .joinFirstVideo, title: waitTitle,
            quantity: "participants who had a picture by then, %",
            x: "time since the intended join, s", base: 0, query: "join_first_video_ms")
    }

    func soundAcrossPeople() -> Figure {
        distribution(
            "sound-people", of: .audioMOS, title: soundTitle,
            quantity: "participants whose sound was at most this good, %",
            x: "sound quality over the call, MOS", base: soundBase, query: nil)
    }

    private var waitTitle: String {
        let values = content.values.values(of: .joinFirstVideo)
        guard let longest = values.last(where: \.isFinite) else { return "Nobody had a first picture" }
        let never = values.count { $0.isInfinite }
        return "The longest wait for a first picture was \(NumberText.time(longest))"
            + (never == 0 ? "" : "; \(NumberText.count(never, "participant")) never had one")
    }

    private var soundTitle: String {
        let values = content.values.values(of: .audioMOS)
        guard let worst = values.first, let median = OrderStatistics.quantile(0.5, ofSorted: values) else {
            return "Nobody heard anything"
        }
        return "The worst sound anybody had over the call was MOS \(NumberText.decimal(worst, 2)), "
            + "half had at least \(NumberText.decimal(median, 2))"
    }

    /// A round score below the worst one and every promise.
    private var soundBase: Double {
        let limits = content.plan.thresholds.filter { $0.metric == .audioMOS }.map(\.limit)
        let lowest = (content.values.values(of: .audioMOS).prefix(1) + limits).min() ?? 1
        return max(1, ((lowest - 0.1) * 2).rounded(.down) / 2)
    }

    /// One step per participant, a line per cohort.
    private func distribution(
        _ name: String, of metric: Metric, title: String, quantity: String, x label: String, base: Double,
        query column: String?
    ) -> Figure {
        var series: [Series] = []
        var table: [[String]] = []
        var csv = "cohort,\(metric.rawValue),share_percent\n"
        for line in lines {
            let ids = Set(content.participants.filter { line.cohorts.contains($0.cohort) }.map(\.id))
            let values = content.values.participantValues(of: metric).filter { ids.contains($0.participant) }
                .map(\.value).sorted()
            guard !values.isEmpty else { continue }
            let name = hasCohorts ? line.name : "participants"
            var points = [Series.Point(x: base, y: 0)]
            for (index, value) in values.enumerated() where value.isFinite {
                let before = 100 * Double(index) / Double(values.count)
                let share = 100 * Double(index + 1) / Double(values.count)
                points.append(Series.Point(x: value, y: before))
                points.append(Series.Point(x: value, y: share))
                csv += "\(Self.field(name)),\(NumberText.plain(value)),\(NumberText.plain(share))\n"
            }
            series.append(Series(label: name, ink: line.ink, points: points))
            let shares = [0.05, 0.5, 0.95, 1]
            table.append(
                [name, NumberText.whole(values.count)]
                    + shares.map { share in
                        OrderStatistics.quantile(share, ofSorted: values).map {
                            NumberText.value($0, metric.unit)
                        } ?? "–"
                    })
        }
        let xs = series.flatMap(\.points).map(\.x)
        let highest = xs.max() ?? base
        let limits = limits([metric], highest: highest, scale: 1, isVertical: true)
        var x = Scale.axis(
            upTo: metric == .audioMOS ? 4.5 : max(highest, limits.map(\.value).max() ?? 0), from: base,
            marks: 7)
        x.label = label
        for index in series.indices {
            // The line goes on to the right: from its last step on nothing changes.
            if let last = series[index].points.last {
                series[index].points.append(.init(x: x.upper, y: last.y))
            }
        }
        let alternative = table.map { "\($0[0]): half at most \($0[3]), 95 % at most \($0[4])" }.joined(
            separator: "; ")
        return Figure(
            name: name, title: title, quantity: quantity, alternative: alternative + ".", x: x,
            y: Scale.axis(upTo: 100, marks: 4), series: series, limits: limits, height: 240,
            table: DataTable(
                header: ["cohort", "participants", "p5", "p50", "p95", "highest"], rows: table, wordColumns: 1
            ),
            csv: csv,
            query: column.map {
                "SELECT p.cohort, o.\($0) FROM participant p JOIN outcome o ON o.participant = p.id ORDER BY 1, 2"
            } ?? """
                SELECT participant, SUM(rating * (end_ms - start_ms)) / SUM(end_ms - start_ms) AS rating
                FROM participant_sample WHERE rating NOT NULL GROUP BY participant ORDER BY rating
                """)
    }

    func delays() -> Figure {
        let kinds: [(quantity: PhaseDelays.Quantity, name: String, ink: Ink, packets: String)] = [
            (.audioNetwork, "sound arrived", .sky, "packets"),
            (.audioPlayout, "sound played", .blue, "packets"),
            (.video, "picture whole", .green, "frames"),
        ]
        var series: [Series] = []
        var table: [[String]] = []
        var csv = "quantity,delay_ms,share_percent\n"
        for (index, kind) in kinds.enumerated() {
            var histogram = DelayHistogram()
            for cohort in content.cohorts.indices { histogram.add(content.delays[index][cohort].cells) }
            let cells = histogram.cells
            let total = Double(cells.reduce(0) { $0 + $1.count })
            guard total > 0 else { continue }
            var points = [Series.Point(x: 0, y: 0)]
            var seen: UInt64 = 0
            for cell in cells {
                seen += cell.count
                points.append(
                    Series.Point(x: Double(cell.microseconds) / 1000, y: 100 * Double(seen) / total))
            }
            let thinned = Self.thinned(points)
            series.append(Series(label: kind.name, ink: kind.ink, points: thinned))
            for point in thinned {
                csv += "\(kind.name),\(NumberText.plain(point.x)),\(NumberText.plain(point.y ?? 0))\n"
            }
            let shares = [50.0, 95, 99, 100]
            table.append(
                [kind.name, NumberText.whole(UInt64(total))]
                    + shares.map { share in
                        histogram.percentile(share).map { NumberText.time(Double($0) / 1e6) } ?? "–"
                    })
        }
        // The last thousandth would squeeze all others to the left.
        let highest = series.compactMap { $0.points.first { ($0.y ?? 0) >= 99.9 }?.x }.max() ?? 0
        var x = Scale.axis(upTo: highest, fallback: 100, marks: 7)
        x.label = "delay since capture, ms; up to the 99.9 % point"
        for index in series.indices {
            series[index].points.removeAll { $0.x > x.upper }
            if let last = series[index].points.last {
                series[index].points.append(.init(x: x.upper, y: last.y))
            }
        }
        let picture = table.first { $0[0] == "picture whole" }
        return Figure(
            name: "delays",
            title: picture.map { "95 % of all pictures were whole \($0[3]) after they were taken" }
                ?? "Delays of every packet and frame",
            quantity: "packets or frames that were there by then, %",
            alternative: table.map { "\($0[0]): p50 \($0[2]), p95 \($0[3]), p99 \($0[4])" }.joined(
                separator: "; ") + ".",
            x: x, y: Scale.axis(upTo: 100, marks: 4), series: series,
            limits: x.upper >= 150
                ? [Limit(isVertical: true, value: 150, label: "G.114: good below 150 ms")] : [],
            height: 250,
            table: DataTable(
                header: ["delay", "packets or frames", "p50", "p95", "p99", "longest"], rows: table,
                wordColumns: 1),
            csv: csv, query: "SELECT phase, cohort, quantity, count, cells FROM delay_histogram")
    }

    /// At most three hundred points, the first of each step of a third of a percent.
    private static func thinned(_ points: [Series.Point]) -> [Series.Point] {
        guard points.count > 300 else { return points }
        var kept: [Series.Point] = []
        for point in points {
            let isTail = (point.y ?? 0) > 99
            if kept.isEmpty || isTail || (point.y ?? 0) - (kept.last?.y ?? 0) >= 0.33 { kept.append(point) }
        }
        return kept
    }

    private static func column(of stage: JoinTimeline.Stage) -> String {
        "join_" + stage.rawValue.replacing("-", with: "_") + "_ms"
    }
}
